"""Guards and questions: known cheats explained, diagnoses graded from the cluster's own state."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lab.checks.predicates import holds
from lab.model.predicates import AllOf, AnyOf, FoundCode
from lab.model.verdict import Finding, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.model.exercise import Guard, Question
    from lab.model.observation import Observation
    from lab.model.predicates import Predicate


PLAIN = frozenset(
    {"missing", "no-replicas", "too-few-replicas", "no-pods", "paused", "image-pull", "unschedulable"}
)
"""Codes of findings that name their cause themselves: only a guard that asks for one of them adds to it."""


def explain(
    finding: Finding, guards: Sequence[Guard], seen: Observation, findings: Sequence[Finding]
) -> Finding:
    """A failed finding with the message of the first guard that explains it; others as they are."""
    if finding.state is not State.FAILED:
        return finding
    for guard in guards:
        if finding.id not in guard.explains:
            continue
        if finding.code in PLAIN and finding.code not in _codes(guard.when):
            continue
        result = holds(guard.when, seen, (*findings, finding))
        if result.true:
            return replace(
                finding, why=guard.message, guard=guard.id, evidence=(*finding.evidence, *result.evidence[:2])
            )
    return finding


def _codes(predicate: Predicate) -> frozenset[str]:
    """The codes a predicate asks for."""
    match predicate:
        case FoundCode():
            return frozenset({predicate.code})
        case AllOf() | AnyOf():
            return frozenset().union(*(_codes(part) for part in predicate.of))
        case _:
            return frozenset()


def forbidden(guards: Sequence[Guard], seen: Observation, findings: Sequence[Finding]) -> list[Finding]:
    """A finding of its own for every forbidding guard that trips."""
    tripped = []
    for guard in guards:
        if not guard.forbids:
            continue
        result = holds(guard.when, seen, findings)
        if result.true:
            shown = "; ".join(f"{item.object} {item.field} = {item.value}" for item in result.evidence[:2])
            tripped.append(
                Finding(
                    id=guard.id,
                    title="What the brief rules out",
                    state=State.FAILED,
                    code=guard.id,
                    expected="none of what the brief rules out",
                    observed=shown,
                    evidence=result.evidence,
                    why=guard.message,
                    kind="guard",
                    guard=guard.id,
                    look_at=f"kubectl get {result.evidence[0].object} -o yaml" if result.evidence else "",
                )
            )
    return tripped


def grade_answer(question: Question, choice: str, seen: Observation) -> Finding:
    """Whether an answer is right, by the evidence in the cluster now.

    Unknown when the cluster shows evidence for none of the answers any more (the workload was mended).
    """
    held = {option.id: holds(option.holds, seen) for option in question.options if option.holds is not None}
    right = [name for name, result in held.items() if result.true]
    chosen = next((option for option in question.options if option.id == choice), None)
    expected = "the answer that the cluster's state bears out"
    names = ", ".join(option.id for option in question.options)
    if chosen is None:
        return _answered(
            question, State.FAILED, "no-such-answer", expected, f"`{choice}`; choose one of {names}"
        )
    if not right:
        return replace(
            _answered(question, State.UNKNOWN, "evidence-gone", expected, chosen.text),
            why="The cluster no longer shows what the question is about; `podlab reset` brings it back.",
        )
    if choice in right:
        return replace(
            _answered(question, State.PASSED, "ok", expected, chosen.text), evidence=held[choice].evidence
        )
    return replace(_answered(question, State.FAILED, "wrong-answer", expected, chosen.text), why=chosen.why)


def unanswered(question: Question) -> Finding:
    """The finding of a question nobody has answered yet: it decides nothing."""
    return _answered(question, State.SKIPPED, "unanswered", "an answer", "not answered yet")


def _answered(question: Question, state: State, code: str, expected: str, observed: str) -> Finding:
    return Finding(
        id=question.id,
        title=question.text,
        state=state,
        code=code,
        expected=expected,
        observed=observed,
        look_at=question.look_at,
        kind="question",
    )
