"""From versions of objects to tracks: states, back-off, probes, readiness, endpoints."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

import pytest

from lab.attempt.moments import Probed
from lab.attempt.statuses import backoff_seconds
from lab.attempt.tracking import GONE, LEAST_MARKS, Tracker
from lab.model.tracks import ContainerTrack, ProbeMark

Json = dict[str, Any]
T = 1_767_225_600.0


def _stamp(at: float) -> str:
    return datetime.fromtimestamp(int(T + at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _pod(state: Json, restarts: int = 0, last: Json | None = None, *, ready: str = "False") -> Json:
    status = {"name": "web", "restartCount": restarts, "state": state, "lastState": last or {}}
    return {
        "metadata": {"name": "web-1", "uid": "u", "creationTimestamp": _stamp(0)},
        "spec": {"containers": [{"name": "web", "livenessProbe": {}, "readinessProbe": {}}]},
        "status": {
            "containerStatuses": [status],
            "conditions": [{"type": "Ready", "status": ready, "lastTransitionTime": _stamp(0)}],
        },
    }


def _running(at: float, instance: str) -> Json:
    return {"running": {"startedAt": _stamp(at)}, "containerID": instance}


def _ended(started: float, finished: float, instance: str, code: int = 1) -> Json:
    times = {"startedAt": _stamp(started), "finishedAt": _stamp(finished)}
    return {"terminated": {**times, "exitCode": code, "reason": "Error", "containerID": instance}}


def _waiting(seconds: str) -> Json:
    message = f"back-off {seconds} restarting failed container=web pod=web-1"
    return {"waiting": {"reason": "CrashLoopBackOff", "message": message}}


def _web(tracker: Tracker) -> ContainerTrack:
    return tracker.tracks()["u"].containers[0]


def test_a_crash_loop_as_it_is_watched() -> None:
    tracker = Tracker()
    versions = [
        (0.1, _pod({"waiting": {"reason": "ContainerCreating"}})),
        (1.25, _pod(_running(1, "c0"))),
        (4.5, _pod(_ended(1, 4, "c0"))),
        (4.75, _pod(_running(4, "c1"), 1, _ended(1, 4, "c0"))),
        (8.5, _pod(_ended(4, 8, "c1"), 1, _ended(1, 4, "c0"))),
        (9.0, _pod(_waiting("10s"), 1, _ended(4, 8, "c1"))),
        (18.5, _pod(_running(18, "c2"), 2, _ended(4, 8, "c1"))),
    ]
    for at, pod in versions:
        for status in pod["status"]["containerStatuses"]:
            status["containerID"] = status["state"].get("containerID", "")
        tracker.take(T + at, "Pod", pod)
    spans = _web(tracker).spans
    told = [(span.since - T, span.state, span.reason, span.exit_code, span.restart) for span in spans]
    assert told == [
        (pytest.approx(0.1), "waiting", "ContainerCreating", None, 0),
        (1.25, "running", "", None, 0),
        (4.5, "terminated", "Error", 1, 0),
        (4.75, "running", "", None, 1),
        (8.5, "terminated", "Error", 1, 1),
        (9.0, "waiting", "CrashLoopBackOff", None, 1),
        (18.5, "running", "", None, 2),
    ]
    assert all(one.until == other.since for one, other in itertools.pairwise(spans))
    assert spans[-1].until is None
    assert spans[5].backoff == 10
    assert spans[5].left(T + 12.5) == pytest.approx(6.0)
    assert spans[5].left(T + 19) is None


def test_a_pod_first_seen_late_tells_of_the_instance_before() -> None:
    tracker = Tracker()
    tracker.take(T + 100, "Pod", _pod(_waiting("1m20s"), 4, _ended(60, 70, "c4", 137)))
    told = [(span.since - T, span.state, span.exit_code) for span in _web(tracker).spans]
    assert told == [(60, "running", None), (70, "terminated", 137), (70, "waiting", None)]
    assert _web(tracker).spans[-1].left(T + 100) == pytest.approx(50)


def test_every_answer_where_the_cluster_keeps_them_and_failures_elsewhere() -> None:
    tracker = Tracker()
    tracker.take(T, "Pod", _pod(_running(0, "c0")))
    event = {
        "metadata": {"name": "web-1.1"},
        "involvedObject": {"uid": "u", "fieldPath": "spec.containers{web}"},
        "message": "Liveness probe failed: HTTP probe failed with statuscode: 404",
        "lastTimestamp": _stamp(5),
        "count": 3,
    }
    tracker.take(T + 6, "Event", event)
    tracker.take(T + 7, "Event", event)
    (mark,) = _web(tracker).marks
    assert (mark.kind, mark.answer, mark.times) == ("liveness", "HTTP probe failed with statuscode: 404", 3)
    assert not _web(tracker).every_probe
    answer = ProbeMark(T + 5, "liveness", "failure", "HTTP 404", 0.01, 1, 3)
    tracker.whole(T)
    tracker.probed(Probed("u", "web", answer))
    assert _web(tracker).marks == (answer,)
    assert _web(tracker).every_probe


def test_readiness_and_endpoints_flip() -> None:
    tracker = Tracker()
    address = {"ip": "10.0.0.5", "targetRef": {"uid": "u"}}
    tracker.take(T, "Pod", _pod(_running(0, "c0")))
    for at, subset in ((1, {"notReadyAddresses": [address]}), (3, {"addresses": [address]}), (9, {})):
        tracker.take(T + at, "Endpoints", {"metadata": {"name": "web"}, "subsets": [subset]})
    ((service, flips),) = tracker.tracks()["u"].services
    assert service == "web"
    assert [(flip.at - T, flip.value) for flip in flips] == [(1, "not ready"), (3, "in"), (9, "out")]
    assert [flip.value for flip in tracker.tracks()["u"].ready] == ["False"]


def test_memory_is_bounded() -> None:
    tracker = Tracker()
    for number in range(500):
        pod = _pod(_running(0, "c0"))
        pod["metadata"]["uid"] = f"u{number}"
        tracker.take(T + number, "Pod", pod)
        for beat in range(LEAST_MARKS * 3):
            tracker.probed(
                Probed(f"u{number}", "web", ProbeMark(T + beat, "liveness", "success", "HTTP 200"))
            )
        if number < 300:
            tracker.take(T + number, "Pod", pod, deleted=True)
    tracks = tracker.tracks()
    assert sum(track.until is not None for track in tracks.values()) == GONE
    last = tracks["u499"].containers[0]
    assert len(last.marks) < LEAST_MARKS * 3
    assert last.marks_since == last.marks[0].at


def test_a_track_is_replaced_and_others_stay() -> None:
    tracker = Tracker()
    other = _pod(_running(0, "c9"))
    other["metadata"]["uid"] = "v"
    tracker.take(T, "Pod", _pod(_running(0, "c0")))
    tracker.take(T, "Pod", other)
    before = tracker.tracks()
    tracker.take(T + 1, "Pod", _pod(_ended(0, 1, "c0")))
    after = tracker.tracks()
    assert after["v"] is before["v"]
    assert after["u"] is not before["u"]


@pytest.mark.parametrize(
    ("message", "seconds"),
    [
        ("back-off 10s restarting failed container=web pod=x", 10),
        ("back-off 2m40s restarting failed container=web pod=x", 160),
        ("back-off 5m0s restarting failed container=web pod=x", 300),
        ('Back-off pulling image "x"', None),
    ],
)
def test_the_back_off_is_read_as_the_kubelet_writes_it(message: str, seconds: float | None) -> None:
    assert backoff_seconds(message) == seconds


def test_an_end_that_is_told_again_as_the_pod_goes_ends_no_back_off() -> None:
    tracker = Tracker()
    waiting = _pod(_waiting("10s"), 1, _ended(4, 8, "c1"))
    tracker.take(T + 9.0, "Pod", waiting)
    tracker.take(T + 15.0, "Pod", _pod(_ended(4, 8, "c1"), 1))
    spans = _web(tracker).spans
    assert [(span.state, span.until) for span in spans][-1] == ("waiting", None)


def _instance(state: Json, restarts: int = 0, last: Json | None = None) -> Json:
    pod = _pod(state, restarts, last)
    for status in pod["status"]["containerStatuses"]:
        status["containerID"] = state.get("containerID", "")
    return pod


def test_an_end_knows_the_probe_that_brought_it_about() -> None:
    """Whatever comes first, the answers or the end; and where only events tell."""
    every, late, told = Tracker(), Tracker(), Tracker()
    born, gone = _instance(_running(1, "c0")), _instance(_running(42, "c1"), 1, _ended(1, 41, "c0", 0))
    answers = [
        Probed("u", "web", ProbeMark(T + at, "liveness", "failure", "HTTP 500", run=run, threshold=3))
        for run, at in enumerate((10.2, 20.2, 30.2), 1)
    ]
    for tracker in (every, late):
        tracker.whole(T)
        tracker.take(T + 1.5, "Pod", born)
    for answer in answers:
        every.probed(answer)
    for tracker in (every, late):
        tracker.take(T + 42.1, "Pod", gone)
    for answer in answers:
        late.probed(answer)
    told.take(T + 1.5, "Pod", born)
    about = {"uid": "u", "fieldPath": "spec.containers{web}"}
    for name, message in (
        ("one", "Liveness probe failed: HTTP 500"),
        ("two", "Container web failed liveness probe, will be restarted"),
    ):
        event = {"metadata": {"name": name}, "involvedObject": about, "message": message, "count": 1}
        told.take(T + 31, "Event", {**event, "lastTimestamp": _stamp(30)})
    told.take(T + 42.1, "Pod", gone)
    for tracker, run in ((every, 3), (late, 3), (told, 0)):
        ends = [span for span in _web(tracker).spans if span.state == "terminated"]
        assert [(span.killed.run, span.killed.answer) for span in ends if span.killed] == [(run, "HTTP 500")]


def test_an_end_of_its_own_is_nobody_elses() -> None:
    tracker = Tracker()
    tracker.whole(T)
    tracker.take(T + 1.5, "Pod", _instance(_running(1, "c0")))
    for run, at in ((1, 10.0), (2, 20.0)):
        mark = ProbeMark(T + at, "liveness", "failure", "HTTP 500", run=run, threshold=3)
        tracker.probed(Probed("u", "web", mark))
    tracker.take(T + 25.1, "Pod", _instance(_running(25, "c1"), 1, _ended(1, 25, "c0")))
    assert all(span.killed is None for span in _web(tracker).spans)
