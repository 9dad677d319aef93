"""The product's main test: every exercise is what it says, on the embedded cluster.

Broken fails exactly as declared, honest fixes pass, every cheat fails with its finding and guard.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lab.attempt.proving import try_variant, variants_of
from lab.catalogue.locate import locate
from lab.catalogue.parse import load
from lab.providers.embedded.inprocess import InProcessProvider

if TYPE_CHECKING:
    from lab.model.exercise import Exercise, Variant

CASES = [(exercise, variant) for exercise in load(locate()) for variant in variants_of(exercise)]


@pytest.mark.kubectl
@pytest.mark.parametrize(
    ("exercise", "variant"), CASES, ids=[f"{exercise.name}-{variant.name}" for exercise, variant in CASES]
)
def test_the_exercise_is_what_it_says(exercise: Exercise, variant: Variant, kubectl: str) -> None:
    with InProcessProvider() as provider:
        trial = try_variant(exercise, variant, provider, kubectl=kubectl)
        faults = provider.faults
    findings = (
        [(item.state.value, item.id, item.code, item.observed) for item in trial.verdict.findings]
        if trial.verdict
        else []
    )
    told = f"expected: {trial.expected}; observed: {trial.observed}; {trial.problem}"
    assert trial.result == "held", (told, findings)
    assert faults == ()


def test_every_exercise_has_three_alternates_or_says_why_not() -> None:
    few = {item.name for item, _ in CASES if len(item.alternates) < 3}
    assert few == set(), "three honest fixes where the field knows three"
