"""From a look to a finding: the budget reckoned in, and doubt named where the record has a hole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.checks import container_states, fields, rollouts, stability, testimony, traffic
from lab.checks.judgement import Judgement
from lab.model.checks import Check, Events, Stable
from lab.model.verdict import Finding, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.model.observation import Observation

EVALUATORS: dict[str, Callable[[Any, Observation, float], Judgement]] = {
    "rollout": rollouts.rollout,
    "pods-ready": rollouts.pods_ready,
    "stable": stability.stable,
    "container-state": container_states.container_state,
    "last-state": container_states.last_state,
    "events": testimony.events,
    "log": testimony.log,
    "endpoints": traffic.endpoints,
    "http": traffic.http,
    "field": fields.field,
}
"""One evaluator a kind of check; a test holds this against the union in the model."""

TITLES = {
    "rollout": "The workload is rolled out",
    "pods-ready": "The pods are Ready",
    "stable": "Nothing restarts for a whole window",
    "container-state": "The container is in the expected state",
    "last-state": "The containers ended as expected",
    "events": "The events are as expected",
    "log": "The log says what it should",
    "endpoints": "The Service leads to the pods",
    "http": "The app answers",
    "field": "The object is as the brief asks",
}


def budget_of(spec: Check) -> float:
    """Seconds of cluster time after which waiting for this check becomes a failure."""
    return spec.window + spec.budget if isinstance(spec, Stable) else spec.budget


def evaluate(spec: Check, seen: Observation, since: float) -> Finding:
    """The finding of one check that has been asked since a moment of cluster time."""
    waited = max(0.0, seen.snapshot.now - since)
    judgement = EVALUATORS[spec.kind](spec, seen, since)
    if depends_on_history(spec) and seen.timeline.lost and seen.timeline.since > since:
        judgement = lost(judgement, seen.timeline.lost)
    result = judgement.state
    if result is State.WAITING and waited >= budget_of(spec):
        result = State.FAILED
    return finding(spec.id, spec.title or TITLES[spec.kind], judgement, result, waited, budget_of(spec))


def depends_on_history(spec: Check) -> bool:
    """Whether a hole in the record leaves this check without an answer."""
    return isinstance(spec, Stable | Events)


def lost(judgement: Judgement, why: str) -> Judgement:
    """What remains of a look when the record has a hole: a failure that was seen, and else nothing."""
    if judgement.state is State.FAILED:
        return judgement
    return Judgement(
        State.UNKNOWN,
        "observation-lost",
        judgement.expected,
        f"the record has a hole: {why}",
        judgement.evidence,
        "What happened meanwhile cannot be known; check again.",
        judgement.look_at,
    )


def finding(
    name: str,
    title: str,
    judgement: Judgement,
    result: State,
    waited: float,
    budget: float,
    kind: str = "check",
) -> Finding:
    """A judgement as a finding."""
    return Finding(
        id=name,
        title=title,
        state=result,
        code=judgement.code,
        expected=judgement.expected,
        observed=judgement.observed,
        evidence=judgement.evidence,
        why=judgement.why,
        look_at=judgement.look_at,
        waited=waited,
        budget=budget,
        kind=kind,
        cause=judgement.cause,
    )
