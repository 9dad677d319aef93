"""State checks: what passes, what waits, what fails, and what each says about it."""

from __future__ import annotations

import typing

import pytest

from lab.checks import evaluate
from lab.checks.evaluate import EVALUATORS, TITLES
from lab.model.checks import (
    Check,
    ContainerState,
    Endpoints,
    Events,
    Field,
    Http,
    LastState,
    Log,
    PodsReady,
    Rollout,
)
from lab.model.predicates import FieldIs
from lab.model.verdict import Finding, State
from tests.checks.building import EPOCH, Object, Story, deployment, event, healthy, pod, replicaset

WEB = "deployment/web"


def look(spec: Check, story: Story, now: float = 1.0) -> Finding:
    return evaluate(spec, story.at(now), EPOCH)


def test_every_kind_of_check_has_an_evaluator_and_a_title() -> None:
    kinds = {member.kind for member in typing.get_args(Check)}
    assert set(EVALUATORS) == kinds
    assert set(TITLES) == kinds


def test_a_finding_always_says_what_was_expected_and_where_to_look() -> None:
    story = Story().has(deployment(ready=0), replicaset(), pod(ready=False))
    found = look(Rollout(id="r", workload=WEB), story)
    assert found.state is State.WAITING
    assert all((found.expected, found.observed, found.evidence, found.look_at))
    assert found.budget == 120


def test_waiting_becomes_failure_when_the_budget_has_run_out() -> None:
    story = Story().has(deployment(ready=0), replicaset(), pod(ready=False))
    spec = Rollout(id="r", workload=WEB, budget=30)
    assert look(spec, story, 29).state is State.WAITING
    assert look(spec, story, 30).state is State.FAILED


def test_rollout() -> None:
    assert look(Rollout(id="r", workload=WEB), healthy()).state is State.PASSED


@pytest.mark.parametrize(
    ("story", "code"),
    [
        (Story(), "missing"),
        (Story().has(deployment(replicas=0)), "no-replicas"),
        (Story().has(deployment(paused=True, replicas=0)), "no-replicas"),
        (Story().has(deployment(paused=True), replicaset(), pod()), "paused"),
        (Story().has(deployment(ready=0), replicaset()), "no-pods"),
        (Story().has(deployment(ready=0), replicaset(), pod(ready=False)), "not-rolled-out"),
    ],
)
def test_a_workload_that_is_not_rolled_out_says_why(story: Story, code: str) -> None:
    assert look(Rollout(id="r", workload=WEB), story).code == code


@pytest.mark.parametrize(
    ("state", "last", "restarts", "code"),
    [
        ({"waiting": {"reason": "ImagePullBackOff", "message": "Back-off"}}, None, 0, "image-pull"),
        ({"waiting": {"reason": "CreateContainerConfigError", "message": 'secret "db" not found'}}, None, 0,
         "config-error"),
        ({"waiting": {"reason": "CrashLoopBackOff"}}, {"reason": "Error", "exitCode": 1}, 3, "crash-loop"),
        ({"waiting": {"reason": "CrashLoopBackOff"}}, {"reason": "OOMKilled", "exitCode": 137}, 3,
         "oom-killed"),
        ({"terminated": {"reason": "OOMKilled", "exitCode": 137}}, None, 0, "oom-killed"),
        ({"waiting": {"reason": "RunContainerError", "message": "no such file"}}, None, 1, "start-error"),
    ],
)  # fmt: skip
def test_the_first_cause_is_named(state: Object, last: Object | None, restarts: int, code: str) -> None:
    broken = pod(ready=False, state=state, last=last, restarts=restarts)
    found = look(PodsReady(id="p", workload=WEB), Story().has(deployment(ready=0), replicaset(), broken))
    assert found.code == code
    assert found.evidence[0].object == "pod/web-1-a"


@pytest.mark.parametrize("code", [0, 137, 143])
def test_a_container_the_kubelet_ended_did_not_end_by_itself(code: int) -> None:
    state, last = {"waiting": {"reason": "CrashLoopBackOff"}}, {"reason": "Completed", "exitCode": code}
    story = Story().has(
        deployment(ready=0), replicaset(), pod(ready=False, state=state, last=last, restarts=6)
    )
    assert "ended with" in look(PodsReady(id="p", workload=WEB), story).observed
    story.has(
        event("Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 404", at=20),
        event("Killing", "Container app failed liveness probe, will be restarted", at=20, type_="Normal"),
    )
    found = look(PodsReady(id="p", workload=WEB), story)
    assert found.code == "crash-loop"
    assert "ended by the kubelet because its liveness probe failed, 6 restarts" in found.observed
    assert "statuscode: 404" in found.evidence[0].value
    story.has(pod(ready=False, state=state, last={"reason": "Error", "exitCode": 1}, restarts=7))
    assert "ended with Error (exit code 1)" in look(PodsReady(id="p", workload=WEB), story).observed


def test_too_few_replicas_are_counted() -> None:
    found = look(Rollout(id="r", workload=WEB, replicas=2), healthy())
    assert (found.code, found.observed) == ("too-few-replicas", "deployment/web wants 1 replica(s)")


def test_a_readiness_gate_nobody_opens_is_named() -> None:
    gated = pod(ready=False)
    text = 'the status of pod readiness gate "x.y/z" is not "True", but False'
    gated["status"]["conditions"][0] |= {"reason": "ReadinessGatesNotReady", "message": text}
    story = Story().has(deployment(ready=0), replicaset(), gated)
    assert text in look(Rollout(id="r", workload=WEB), story).observed


def test_a_rollout_that_only_waits_for_min_ready_seconds_says_so() -> None:
    story = Story().has(deployment(ready=0, minReadySeconds=300), replicaset(), pod())
    assert "minReadySeconds is 300" in look(Rollout(id="r", workload=WEB), story).why


def test_the_newest_version_s_trouble_is_told_and_not_the_one_s_before() -> None:
    crashing = {"waiting": {"reason": "CrashLoopBackOff"}}
    pulling = {"waiting": {"reason": "ImagePullBackOff"}}
    story = Story().has(deployment(ready=0), replicaset(revision=1), replicaset(revision=2))
    story.has(
        pod("web-1-a", owner="web@1", ready=False, state=crashing, last={"reason": "Error", "exitCode": 1}),
    )
    assert look(Rollout(id="r", workload=WEB), story).code == "crash-loop"
    story.has(pod("web-2-b", owner="web@2", ready=False, state=pulling))
    assert look(Rollout(id="r", workload=WEB), story).code == "image-pull"


def test_a_pod_with_the_right_labels_and_no_owner_is_not_the_workload() -> None:
    story = Story().has(deployment(ready=0), replicaset(), pod("stand-in", owner=""))
    assert look(PodsReady(id="p", workload=WEB), story).state is State.WAITING


def test_container_state() -> None:
    waiting = pod(ready=False, state={"waiting": {"reason": "CreateContainerConfigError"}})
    spec = ContainerState(id="c", workload=WEB, state="waiting", reason="CreateContainerConfigError")
    assert look(spec, Story().has(deployment(), replicaset(), waiting)).state is State.PASSED
    assert look(spec, healthy()).state is State.WAITING


def test_last_state() -> None:
    story = Story().has(
        deployment(), replicaset(), pod(restarts=1, last={"reason": "OOMKilled", "exitCode": 137})
    )
    assert look(LastState(id="l", workload=WEB, reason="OOMKilled"), story).state is State.PASSED
    assert look(LastState(id="l", workload=WEB, exit_code=137, absent=True), story).state is State.FAILED
    assert look(LastState(id="l", workload=WEB, exit_code=1, absent=True), story).state is State.PASSED


def test_events() -> None:
    story = healthy().then(5, event("Unhealthy", "Liveness probe failed", at=5))
    there = Events(id="e", about="pods:deployment/web", reason="Unhealthy")
    assert look(there, story).state is State.PASSED
    absent = Events(id="e", about="pods:deployment/web", message="^Liveness", absent=True)
    assert look(absent, story).state is State.FAILED
    assert look(absent, healthy()).state is State.PASSED
    other = Events(id="e", about="pods:deployment/db", reason="Unhealthy", absent=True)
    assert look(other, story).state is State.PASSED


def test_log() -> None:
    story = healthy()
    story.logs["web-1-a", "app", False] = "booting\nusing database port 5432\n"
    assert look(Log(id="l", workload=WEB, pattern=r"port 5432$"), story).state is State.PASSED
    silent = look(Log(id="l", workload=WEB, pattern="FATAL"), story)
    worded = look(Log(id="l", workload=WEB, pattern="^(?!x)", says="a line of its own"), story)
    assert worded.expected == "the log of deployment/web says a line of its own"
    assert (silent.state, silent.code) == (State.WAITING, "log-silent")
    assert silent.observed == "pod web-1-a does not; its last line: using database port 5432"
    said = look(Log(id="l", workload=WEB, pattern="port", absent=True), story)
    assert (said.state, said.observed) == (State.FAILED, "pod web-1-a says: using database port 5432")
    assert said.look_at == "kubectl logs web-1-a -c app"


def service(uid: str = "p-web-1-a") -> list[Object]:
    address = {"ip": "10.0.0.1", "targetRef": {"uid": uid}}
    return [
        {"kind": "Service", "metadata": {"name": "web", "uid": "s"}},
        {"kind": "Endpoints", "metadata": {"name": "web", "uid": "e"}, "subsets": [{"addresses": [address]}]},
    ]


def test_endpoints_have_to_be_the_workload_itself() -> None:
    spec = Endpoints(id="e", service="service/web", workload=WEB)
    assert look(spec, healthy().has(*service())).state is State.PASSED
    assert look(spec, healthy().has(*service("p-stand-in"))).code == "foreign-endpoints"
    assert look(spec, healthy()).code == "missing"
    two = Endpoints(id="e", service="service/web", workload=WEB, ready=2)
    assert look(two, healthy().has(*service("p-stand-in"))).code == "foreign-endpoints"
    assert look(two, healthy().has(*service())).code == "no-endpoints"


def test_http_judges_every_pod_by_its_newest_answer() -> None:
    spec = Http(id="h", workload=WEB, path="/healthz", body="UP")
    story = healthy().answered(1, "pod/web-1-a:8080", "/healthz", 503, "DOWN")
    assert look(spec, story, 2).code == "wrong-status"
    story.answered(1, "pod/web-1-a:8080", "/healthz", 200, "DOWN")
    assert look(spec, story, 2).code == "wrong-answer"
    story.answered(2, "pod/web-1-a:8080", "/healthz", 200, '{"status":"UP"}')
    assert look(spec, story, 3).state is State.PASSED
    story.answered(3, "pod/web-1-a:8080", "/healthz", 0, error="connection refused")
    assert "connection refused" in look(spec, story, 4).observed


@pytest.mark.parametrize(
    ("must", "state"),
    [
        (FieldIs(of=WEB, path="spec.replicas", at_least=1), State.PASSED),
        (FieldIs(of=WEB, path="spec.replicas", at_least=2), State.FAILED),
        (FieldIs(of=WEB, path="spec.paused", exists=False), State.PASSED),
        (FieldIs(of=WEB, path="spec.memory", at_most="64Mi"), State.FAILED),
        (FieldIs(of=WEB, path="spec.memory", at_most="128Mi", at_least="64Mi"), State.PASSED),
        (FieldIs(of="pods:deployment/web", path="spec.containers[*].name", equals="app"), State.PASSED),
        (FieldIs(of="pods:deployment/web", path="spec.containers[name=db].name", exists=True), State.FAILED),
        (FieldIs(of="deployment/other", path="spec", exists=True), State.FAILED),
    ],
)
def test_field(must: FieldIs, state: State) -> None:
    story = Story().has(deployment(memory="128Mi"), replicaset(), pod())
    assert look(Field(id="f", must=must), story).state is state
