"""Guards explain failures and forbid what no experiment shows; questions are graded by the cluster."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lab.checks import explain, forbidden, grade_answer, holds, unanswered
from lab.model.exercise import Guard, Option, Question
from lab.model.predicates import AllOf, AnyOf, FieldIs, FoundCode, Not, Patience, Recreated
from lab.model.verdict import Finding, State
from tests.checks.building import Story, deployment, healthy, pod, replicaset

PODS = "pods:deployment/web"
REPLICAS = FieldIs(of="deployment/web", path="spec.replicas", equals=1)


def failed(name: str = "deadlock", code: str = "not-restarted", state: State = State.FAILED) -> Finding:
    return Finding(name, "t", state, code, "expected", "observed", why="before")


def test_a_guard_speaks_only_about_failures_it_explains() -> None:
    guard = Guard(id="g", when=REPLICAS, message="that does not count", explains=("deadlock",))
    told = explain(failed(), [guard], healthy().at(0), [])
    assert (told.guard, told.why) == ("g", "that does not count")
    assert explain(failed("other"), [guard], healthy().at(0), []).guard == ""
    assert explain(failed(state=State.UNKNOWN), [guard], healthy().at(0), []).why == "before"


def test_the_first_guard_that_trips_explains() -> None:
    never = Guard(id="no", when=Not(of=REPLICAS), message="no", explains=("deadlock",))
    code = Guard(
        id="code", when=FoundCode(id="deadlock", code="not-restarted"), message="m", explains=("deadlock",)
    )
    assert explain(failed(), [never, code], healthy().at(0), []).guard == "code"


def test_a_guard_may_ask_what_ended_the_container() -> None:
    because = FoundCode(id="stable", code="restarts", cause="startup")
    guard = Guard(id="early", when=because, message="m", explains=("stable",))
    killed = replace(failed("stable", "restarts"), cause="startup")
    assert explain(killed, [guard], healthy().at(0), []).guard == "early"
    assert explain(replace(killed, cause="exit"), [guard], healthy().at(0), []).guard == ""


def test_a_finding_that_names_its_cause_is_explained_only_by_a_guard_that_asks_for_it() -> None:
    guess = Guard(id="guess", when=REPLICAS, message="m", explains=("stable",))
    asked = replace(guess, id="asked", when=AnyOf(of=(FoundCode(id="stable", code="paused"), REPLICAS)))
    paused = failed("stable", "paused")
    assert explain(paused, [guess], healthy().at(0), []).guard == ""
    assert explain(paused, [guess, asked], healthy().at(0), []).guard == "asked"


def test_what_lacks_a_field_is_named() -> None:
    spec = FieldIs(of=PODS, path="spec.containers[*].resources.limits", exists=True, quantifier="all")
    two = pod()
    two["spec"]["containers"] = [{"name": "app"}, {"name": "side", "resources": {"limits": {}}}]
    result = holds(spec, Story().has(deployment(), replicaset(), two).at(0))
    assert not result.true
    assert [item.field for item in result.evidence] == ["spec.containers[0].resources.limits"]


def test_a_path_may_take_either_of_two_lists() -> None:
    path = "spec.containers|initContainers[*].resources.limits.memory"
    spec = FieldIs(of=PODS, path=path, at_most="256Mi", exists=True, quantifier="all")
    limited = {"name": "app", "resources": {"limits": {"memory": "200Mi"}}}
    for inits, true in (([], True), ([limited], True), ([{"name": "hidden"}], False)):
        one = pod()
        one["spec"] = {"containers": [limited], "initContainers": inits}
        assert holds(spec, Story().has(deployment(), replicaset(), one).at(0)).true is true


def test_a_forbidding_guard_is_a_finding_of_its_own() -> None:
    guard = Guard(id="g", when=REPLICAS, message="ruled out", forbids=True)
    (found,) = forbidden([guard], healthy().at(0), [])
    assert (found.state, found.kind, found.why, found.look_at) == (
        State.FAILED, "guard", "ruled out", "kubectl get deployment/web -o yaml",
    )  # fmt: skip
    assert forbidden([guard], Story().has(deployment(replicas=2)).at(0), []) == []


def test_predicates_combine() -> None:
    seen = healthy().at(0)
    no = Not(of=REPLICAS)
    assert holds(AllOf(of=(REPLICAS, REPLICAS)), seen).true
    assert not holds(AllOf(of=(REPLICAS, no)), seen).true
    assert holds(AnyOf(of=(no, REPLICAS)), seen).true
    assert not holds(AnyOf(of=(no, no)), seen).true


@pytest.mark.parametrize(
    ("probe", "patient"),
    [
        ({}, False),
        ({"periodSeconds": 30, "failureThreshold": 3}, False),
        ({"periodSeconds": 15, "failureThreshold": 9}, True),
        ({"periodSeconds": 5, "timeoutSeconds": 29, "failureThreshold": 5}, True),
        ({"initialDelaySeconds": 600, "periodSeconds": 5}, True),
    ],
)
def test_patience_is_multiplied_out(probe: dict[str, int], patient: bool) -> None:
    template = {"spec": {"containers": [{"name": "app", "livenessProbe": probe}]}}
    seen = Story().has(deployment(template=template)).at(0)
    assert holds(Patience(of="deployment/web", longer_than=90), seen).true is patient
    assert not holds(Patience(of="deployment/web", probe="startupProbe", longer_than=1), seen).true


def test_all_elements_have_it_or_not() -> None:
    limited = {"name": "a", "resources": {"limits": {"memory": "1Mi"}}}
    path = "spec.template.spec.containers[*].resources.limits.memory"
    everywhere = FieldIs(of="deployment/web", path=path, exists=True, quantifier="all")
    for items, true in (([limited], True), ([limited, {"name": "b"}], False), ([], False)):
        story = Story().has(deployment(template={"spec": {"containers": items}}))
        assert holds(everywhere, story.at(0)).true is true


def test_an_object_that_was_made_anew_is_known_by_its_uid() -> None:
    story = healthy()
    assert not holds(Recreated(of="deployment/web"), story.at(0)).true
    story.baseline["uids"] = {"deployment/web": "another"}
    assert holds(Recreated(of="deployment/web"), story.at(0)).true
    story.baseline["uids"] = {"deployment/web": "d-web"}
    assert not holds(Recreated(of="deployment/web"), story.at(0)).true


QUESTION = Question(
    id="why",
    text="Why?",
    options=(
        Option(id="oom", text="memory", holds=FieldIs(
            of="pods:deployment/web", path="status.containerStatuses[*].lastState.terminated.reason",
            equals="OOMKilled")),
        Option(id="probe", text="a probe", why="no probe was asked"),
    ),
)  # fmt: skip


def test_the_cluster_says_which_answer_is_right() -> None:
    story = Story().has(
        deployment(), replicaset(), pod(restarts=1, last={"reason": "OOMKilled", "exitCode": 137})
    )
    assert grade_answer(QUESTION, "oom", story.at(0)).state is State.PASSED
    wrong = grade_answer(QUESTION, "probe", story.at(0))
    assert (wrong.state, wrong.why) == (State.FAILED, "no probe was asked")
    assert "oom, probe" in grade_answer(QUESTION, "x", story.at(0)).observed


def test_an_answer_without_evidence_is_not_guessed() -> None:
    assert grade_answer(QUESTION, "oom", healthy().at(0)).state is State.UNKNOWN
    assert unanswered(QUESTION).state is State.SKIPPED
