"""Stability and restarts: by what the kubelet did, never by what the manifest says."""

from __future__ import annotations

import pytest

from lab.checks import Ground, evaluate, expect
from lab.checks.expectations import filled
from lab.model.checks import (
    BecameUnready,
    EndpointsBecame,
    LogSays,
    NotRestarted,
    Restarted,
    Serves,
    Stable,
    StayedReady,
)
from lab.model.verdict import State
from tests.checks.building import EPOCH, Object, Story, deployment, event, healthy, pod, replicaset

WEB = "deployment/web"
STABLE = Stable(id="s", workload=WEB, window=60, budget=30)
KILLING = "Container app failed liveness probe, will be restarted"


def stable(story: Story, now: float, spec: Stable = STABLE) -> tuple[State, str]:
    found = evaluate(spec, story.at(now), EPOCH)
    return found.state, found.code


def restarted(restarts: int = 1, code: int = 137, reason: str = "Error") -> Object:
    return pod(restarts=restarts, last={"reason": reason, "exitCode": code})


def test_a_quiet_window_passes_at_its_end_and_not_before() -> None:
    assert stable(healthy(), 59) == (State.WAITING, "watching")
    assert stable(healthy(), 60) == (State.PASSED, "ok")


def test_a_restart_fails_at_once_and_is_explained() -> None:
    story = healthy().then(20, event("Killing", KILLING, at=20, type_="Normal")).then(21, restarted())
    found = evaluate(STABLE, story.at(22), EPOCH)
    assert (found.state, found.code) == (State.FAILED, "restarts")
    assert "liveness probe failed" in found.observed
    assert [item.object for item in found.evidence][:2] == ["pod/web-1-a", "event/killing-p-web-1-a"]


def test_a_restart_whose_end_is_not_told_yet_waits_a_moment_for_it() -> None:
    story = healthy().then(20, pod(restarts=1))
    assert stable(story, 22) == (State.WAITING, "restarts")
    assert stable(story, 25) == (State.FAILED, "restarts")
    assert stable(story.then(23, restarted(code=2)), 23) == (State.FAILED, "restarts")


def test_a_restart_by_a_probe_shows_what_the_probe_was_told() -> None:
    story = healthy().then(15, event("Unhealthy", "Liveness probe failed: statuscode: 404", at=15, count=3))
    story.then(20, event("Killing", KILLING, at=20, type_="Normal")).then(21, restarted())
    shown = [item.value for item in evaluate(STABLE, story.at(22), EPOCH).evidence]
    assert "Liveness probe failed: statuscode: 404" in shown


def test_a_restart_that_was_there_before_does_not_count() -> None:
    story = Story().has(deployment(), replicaset(), restarted(restarts=4))
    story.baseline["restarts"] = {"p-web-1-a/app": 4}
    assert stable(story, 60) == (State.PASSED, "ok")
    again = story.then(20, restarted(restarts=5, code=2))
    assert evaluate(STABLE, again.at(40), EPOCH).evidence[0].value == "5 (4 of them before this watch)"


def test_pods_of_before_the_cold_start_do_not_count() -> None:
    story = healthy().then(2, pod("web-1-old", deleted=True, restarts=7, uid="old"))
    story.then(3, pod("web-1-old", deleted=True, restarts=8, uid="old"), type_="DELETED")
    story.baseline["doomed"] = ["old"]
    assert stable(story, 60) == (State.PASSED, "ok")


def test_a_pod_that_is_replaced_again_and_again_is_not_stable() -> None:
    story = healthy().then(30, pod(deleted=True)).then(31, pod("web-1-b"))
    assert stable(story, 32) == (State.FAILED, "replaced")


def test_not_ready_at_the_end_waits_and_then_fails() -> None:
    story = Story().has(deployment(ready=0), replicaset(), pod(ready=False))
    assert stable(story, 61)[0] is State.WAITING
    assert stable(story, 90)[0] is State.FAILED


def test_a_probe_that_fails_at_random_is_found_out() -> None:
    story = healthy()
    for number in range(1, 6):
        story.then(30 + number * 5, event("Unhealthy", "Liveness probe failed: ", at=30, count=number))
    assert stable(story, 60) == (State.FAILED, "probe-unreliable")


def test_a_probe_that_cannot_be_carried_out_is_found_out_also_in_combined_events() -> None:
    story = healthy()
    text = "(combined from similar events): Liveness probe errored: rpc error: executable file not found"
    for number in range(1, 6):
        story.then(30 + number * 5, event("Unhealthy", text, at=30, count=number))
    assert stable(story, 60) == (State.FAILED, "probe-errored")
    assert outcome(story, 90) == (State.FAILED, "probe-errored")


def test_probe_failures_during_the_start_are_forgiven() -> None:
    story = healthy().then(20, event("Unhealthy", "Liveness probe failed: ", at=20, count=7))
    assert stable(story, 60) == (State.PASSED, "ok")


def test_a_paused_rollout_is_judged_as_paused_and_not_by_its_old_pods() -> None:
    story = Story().has(deployment(paused=True), replicaset(), pod()).then(20, restarted())
    assert stable(story, 22) == (State.WAITING, "paused")


def test_where_a_rollout_got_stuck_the_newest_version_is_judged() -> None:
    story = Story().has(deployment(ready=0), replicaset(revision=1), replicaset(revision=2))
    story.has(pod("web-2-b", owner="web@2", ready=False))
    story.then(20, pod("web-1-a", owner="web@1", restarts=1, last={"reason": "Error", "exitCode": 1}))
    story.baseline["superseded"] = ["r-web@1"]
    assert stable(story, 22) == (State.WAITING, "watching")
    assert stable(story, 90) == (State.FAILED, "not-ready")
    story.then(91, pod("web-2-b", owner="web@2", restarts=1, last={"reason": "Error", "exitCode": 1}))
    found = evaluate(STABLE, story.at(92), EPOCH)
    assert (found.code, found.cause) == ("restarts", "exit")
    assert "pod web-2-b" in found.observed


def test_a_hole_in_the_record_leaves_it_unknown_but_a_seen_restart_counts() -> None:
    story = healthy()
    story.lost, story.lost_at = "history was gone", 30
    assert stable(story, 60) == (State.UNKNOWN, "observation-lost")
    assert stable(story.then(40, restarted()), 41)[0] is State.FAILED


GROUND = Ground(EPOCH, {WEB: frozenset({"p-web-1-a"})}, {"p-web-1-a/app": 0})
BY_LIVENESS = Restarted(workload=WEB, within=90, because="liveness")


def outcome(story: Story, now: float, spec: Restarted = BY_LIVENESS) -> tuple[State, str]:
    found = expect(spec, story.at(now), GROUND)
    return found.state, found.code


def test_a_liveness_restart_in_time_is_what_was_wanted() -> None:
    story = healthy().then(20, event("Killing", KILLING, at=20, type_="Normal")).then(21, restarted())
    assert outcome(story, 22) == (State.PASSED, "ok")


def test_no_restart_fails_when_the_time_is_up() -> None:
    assert outcome(healthy(), 89) == (State.WAITING, "not-restarted")
    assert outcome(healthy(), 90) == (State.FAILED, "not-restarted")


@pytest.mark.parametrize(
    ("code", "reason"), [(143, "Error"), (0, "Completed"), (137, "Error"), (137, "OOMKilled")]
)
def test_a_restart_for_another_reason_does_not_count(code: int, reason: str) -> None:
    story = healthy().then(20, restarted(code=code, reason=reason))
    assert outcome(story, 90) == (State.FAILED, "restarted-otherwise")


def test_a_killing_of_another_container_does_not_count() -> None:
    story = healthy().then(
        20, event("Killing", "Container helper failed liveness probe, will be restarted", at=20)
    )
    assert outcome(story.then(21, restarted()), 90) == (State.FAILED, "restarted-otherwise")


def test_an_event_the_kubelet_did_not_write_does_not_count() -> None:
    story = healthy().then(20, event("Killing", KILLING, at=20, component="somebody"))
    assert outcome(story.then(21, restarted()), 90) == (State.FAILED, "restarted-otherwise")


def test_a_deleted_pod_is_no_restart() -> None:
    story = healthy().then(20, pod(deleted=True)).then(21, pod("web-1-b"))
    assert outcome(story, 22) == (State.FAILED, "replaced")


def test_a_restart_too_late_does_not_count() -> None:
    story = healthy().then(95, event("Killing", KILLING, at=95)).then(96, restarted())
    assert outcome(story, 96)[0] is State.FAILED


def test_where_the_kubelet_dropped_the_event_the_failed_probe_is_the_sign() -> None:
    story = healthy()
    for number in range(24):
        story.then(number / 100, event("Pulled", "x", name=f"e{number}", type_="Normal"))
    story.then(10, event("Unhealthy", "Liveness probe failed: timeout", at=10)).then(21, restarted())
    assert outcome(story, 22) == (State.PASSED, "ok")


def test_where_the_start_spent_all_events_a_probed_container_ended_by_a_signal_is_the_sign() -> None:
    story = healthy()
    for number in range(24):
        story.then(-1, event("Unhealthy", "Startup probe failed", name=f"e{number}"))
    probed = restarted()
    probed["spec"]["containers"][0]["livenessProbe"] = {"httpGet": {"port": 8080}}
    assert outcome(story.then(21, restarted()), 22) == (State.WAITING, "restarted-otherwise")
    assert outcome(story.then(21, probed), 22) == (State.PASSED, "ok")


def test_how_far_the_kubelet_has_got_is_told() -> None:
    story = healthy().then(10, event("Unhealthy", "Liveness probe failed: timeout", at=10, count=2))
    assert outcome(story, 90) == (State.FAILED, "too-patient")
    story.then(20, event("Killing", KILLING, at=20, type_="Normal"))
    assert outcome(story, 90) == (State.FAILED, "still-ending")


def test_a_probe_that_succeeds_now_and_then_is_told_from_a_patient_one() -> None:
    probed = pod()
    probed["spec"]["containers"][0]["livenessProbe"] = {"periodSeconds": 5, "failureThreshold": 3}
    story = Story().has(deployment(), replicaset(), probed)
    story.then(80, event("Unhealthy", "Liveness probe failed: timeout", at=80, count=2))
    assert outcome(story, 90) == (State.FAILED, "too-patient")
    assert outcome(story, 92) == (State.FAILED, "probe-unsteady")
    story.then(90, event("Unhealthy", "Liveness probe failed: timeout", at=90, count=3))
    assert outcome(story, 90) == (State.FAILED, "probe-unsteady")


def test_a_restart_without_its_event_is_told_as_what_it_is_to_have_been() -> None:
    story = healthy()
    for number in range(24):
        story.then(number / 100, event("Pulled", "x", name=f"e{number}", type_="Normal"))
    story.then(10, event("Unhealthy", "Liveness probe failed: timeout", at=10)).then(21, restarted())
    found = expect(NotRestarted(workload=WEB, seconds=60), story.at(22), GROUND)
    assert (found.code, found.cause) == ("restarted", "liveness")


def test_not_restarted_sees_new_pods_too() -> None:
    spec = NotRestarted(workload=WEB, seconds=60)
    assert expect(spec, healthy().at(60), GROUND).state is State.PASSED
    assert expect(spec, healthy().then(5, restarted()).at(6), GROUND).code == "restarted"
    replaced = healthy().then(5, pod(deleted=True))
    assert expect(spec, replaced.at(6), GROUND).code == "replaced"


def test_unready_and_stayed_ready() -> None:
    unready = healthy().then(5, pod(ready=False))
    assert expect(BecameUnready(workload=WEB), unready.at(6), GROUND).state is State.PASSED
    assert expect(BecameUnready(workload=WEB, within=5), healthy().at(6), GROUND).code == "still-ready"
    assert expect(StayedReady(workload=WEB), unready.at(6), GROUND).state is State.FAILED
    assert expect(StayedReady(workload=WEB, seconds=60), healthy().at(60), GROUND).state is State.PASSED


def test_endpoints_count_exactly() -> None:
    none = {"kind": "Endpoints", "metadata": {"name": "web", "uid": "e"}, "subsets": []}
    story = healthy().has({"kind": "Service", "metadata": {"name": "web", "uid": "s"}}, none)
    assert expect(EndpointsBecame(service="service/web", ready=0), story.at(1), GROUND).state is State.PASSED
    back = EndpointsBecame(service="service/web", ready=-1, workload=WEB, within=10)
    assert expect(back, story.at(1), GROUND).state is State.WAITING
    assert expect(back, story.at(10), GROUND).state is State.FAILED


def test_serves_only_counts_answers_after_the_injection() -> None:
    spec = Serves(workload=WEB, path="/")
    story = healthy().answered(-5, "pod/web-1-a:8080", "/", 200)
    assert expect(spec, story.at(1), GROUND).state is State.WAITING
    assert expect(spec, story.answered(2, "pod/web-1-a:8080", "/", 200).at(3), GROUND).state is State.PASSED


def test_the_new_value_has_to_be_in_the_log() -> None:
    ground = Ground(EPOCH, {}, {}, {"password": "s3cret"})
    spec = LogSays(workload=WEB, pattern="password-sha256={sha256:password}")
    story = healthy()
    story.logs["web-1-a", "app", False] = "database login user=api password-sha256=1ec1c26b50d5\n"
    assert filled("{password}", {"password": "a.b"}) == r"a\.b"
    assert expect(spec, story.at(1), ground).state is State.PASSED
    assert expect(spec, story.at(1), Ground(EPOCH, values={"password": "other"})).state is State.WAITING
