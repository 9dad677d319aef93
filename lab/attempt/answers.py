"""Answers to diagnosis questions as they were graded when they were given.

A question is about the broken state. Who answers rightly and then mends the workload was right: the finding
is kept with the progress, and later checks repeat it. Only an answer for which the cluster showed no evidence
is graded again.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from lab.attempt.cancel import Cancel
from lab.errors import UsageError
from lab.model.verdict import Evidence, Finding, State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lab.attempt.attempt import Attempt
    from lab.model.exercise import Question

SETTLED = frozenset({State.PASSED, State.FAILED})


def give(attempt: Attempt, question_id: str, choice: str) -> Finding:
    """Grade an answer by what the cluster shows now; answer and grade are recorded.

    Raises:
        UsageError: the exercise has no such question, or the question no such option.
    """
    from lab.attempt import deeds
    from lab.attempt.watching import Watch
    from lab.checks import grade_answer

    question = _question(attempt, question_id)
    if choice not in {option.id for option in question.options}:
        known = ", ".join(option.id for option in question.options)
        raise UsageError(f"{choice!r} is none of the answers", remedy=f"answers are: {known}")
    with Watch(attempt.client, attempt.provider.clock(), attempt.namespace, Cancel()) as watch:
        watch.sync()
        finding = grade_answer(question, choice, watch.observe())
    attempt.note(
        lambda record: replace(
            record,
            answers={**record.answers, question.id: choice},
            findings=kept(record.findings, finding),
        )
    )
    said = next(option.text for option in question.options if option.id == choice)
    deeds.answered(attempt, said, finding.state)
    return finding


def _question(attempt: Attempt, question_id: str) -> Question:
    question = attempt.exercise.header.question
    if question is None or question_id not in {"", question.id}:
        has = f"its question is {question.id}" if question else "it has none"
        raise UsageError(
            f"{attempt.exercise.name} has no question {question_id!r}",
            remedy=f"{has}; see podlab answer --help",
        )
    return question


def kept(findings: Mapping[str, Mapping[str, Any]], finding: Finding) -> dict[str, Mapping[str, Any]]:
    """`findings` with this one in the place of an earlier one; one that settles nothing is not kept."""
    others = {name: one for name, one in findings.items() if name != finding.id}
    return {**others, finding.id: asdict(finding)} if finding.state in SETTLED else others


def restored(findings: Mapping[str, Mapping[str, Any]]) -> dict[str, Finding]:
    """The kept findings; what another version of the lab wrote in another form is left out."""
    found = {}
    for name, fields in findings.items():
        try:
            evidence = tuple(Evidence(**item) for item in fields["evidence"])
            found[name] = Finding(**{**fields, "state": State(fields["state"]), "evidence": evidence})
        except (TypeError, KeyError, ValueError):
            continue
    return found
