"""Events: repeats are counted, similar ones combined, floods stemmed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lab.embedded.api.events import EventRecorder, SeriesRecorder
from tests.embedded.api.conftest import pod

if TYPE_CHECKING:
    from lab.embedded.api.verbs import ApiMachinery
    from lab.embedded.clock.agenda import Agenda

Object = dict[str, Any]


@pytest.fixture
def subject(api: ApiMachinery) -> Object:
    return api.create("pods", "default", pod()).object


def events(api: ApiMachinery) -> list[Object]:
    return list(api.list("events", "default").items)


def test_a_repeat_raises_the_count(api: ApiMachinery, agenda: Agenda, subject: Object) -> None:
    recorder = EventRecorder(api, agenda, "kubelet", "node-1")
    for _ in range(3):
        recorder.record(subject, "Warning", "BackOff", "again", "spec.containers{app}")
        agenda.advance(10)
    (event,) = events(api)
    assert event["metadata"]["name"].startswith("web.18")
    assert (event["count"], event["source"]) == (3, {"component": "kubelet", "host": "node-1"})
    assert (event["firstTimestamp"], event["lastTimestamp"]) == (
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:20Z",
    )
    assert event["involvedObject"]["fieldPath"] == "spec.containers{app}"


def test_similar_messages_are_combined_from_the_tenth_on(
    api: ApiMachinery, agenda: Agenda, subject: Object
) -> None:
    recorder = EventRecorder(api, agenda, "kubelet")
    for number in range(12):
        recorder.record(subject, "Normal", "Many", f"message {number}")
        agenda.advance(1)
    messages = [(each["message"], each["count"]) for each in events(api)]
    assert messages[-1] == ("(combined from similar events): message 11", 3)
    assert len(messages) == 10
    agenda.advance(700)
    recorder.record(subject, "Normal", "Many", "later")
    assert ("later", 1) in [(each["message"], each["count"]) for each in events(api)]


def test_a_flood_is_stemmed(api: ApiMachinery, agenda: Agenda, subject: Object) -> None:
    recorder = EventRecorder(api, agenda, "kubelet")
    for _ in range(40):
        recorder.record(subject, "Normal", "Same", "same")
    assert events(api)[0]["count"] == 25
    agenda.advance(300)
    recorder.record(subject, "Normal", "Same", "same")
    assert events(api)[0]["count"] == 26


def test_an_event_that_was_deleted_is_made_anew(api: ApiMachinery, agenda: Agenda, subject: Object) -> None:
    recorder = EventRecorder(api, agenda, "kubelet")
    recorder.record(subject, "Normal", "Same", "same")
    api.delete("events", "default", events(api)[0]["metadata"]["name"])
    recorder.record(subject, "Normal", "Same", "same")
    assert [each["count"] for each in events(api)] == [1]


def test_the_schedulers_events_have_no_count(api: ApiMachinery, agenda: Agenda, subject: Object) -> None:
    recorder = SeriesRecorder(api, agenda, "default-scheduler", "default-scheduler-node-1")
    recorder.record(subject, "Warning", "FailedScheduling", "Scheduling", "no nodes")
    (event,) = events(api)
    assert (event["eventTime"], event["firstTimestamp"]) == ("2026-01-01T00:00:00.000000Z", None)
    assert (event["action"], event["reportingComponent"]) == ("Scheduling", "default-scheduler")
    agenda.advance(60)
    recorder.record(subject, "Warning", "FailedScheduling", "Scheduling", "no nodes")
    assert events(api)[0]["series"] == {"count": 2, "lastObservedTime": "2026-01-01T00:01:00.000000Z"}


def test_events_about_what_is_gone_are_dropped(api: ApiMachinery, agenda: Agenda, subject: Object) -> None:
    elsewhere = {**subject, "metadata": {**subject["metadata"], "namespace": "gone"}}
    EventRecorder(api, agenda, "kubelet").record(elsewhere, "Normal", "Lost", "x")
    assert events(api) == []
