"""What probe outcomes amount to: thresholds, holding after a verdict, errors thrown away."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lab.embedded.kubelet.probing import Outcome, ProbeSpec, ProbeState, probe_once

_LIVENESS = ProbeSpec("liveness", {}, failure_threshold=3)
_READINESS = ProbeSpec("readiness", {}, success_threshold=2, failure_threshold=2)


def _after(spec: ProbeSpec, *outcomes: Outcome) -> ProbeState:
    state = ProbeState("id", Outcome.SUCCESS)
    for outcome in outcomes:
        state = probe_once(spec, state, outcome)
    return state


def test_liveness_fails_at_the_threshold_and_holds() -> None:
    assert _after(_LIVENESS, Outcome.FAILURE, Outcome.FAILURE).result is Outcome.SUCCESS
    state = _after(_LIVENESS, Outcome.FAILURE, Outcome.FAILURE, Outcome.FAILURE)
    assert (state.result, state.on_hold) == (Outcome.FAILURE, True)


def test_a_success_in_between_starts_the_count_over() -> None:
    mixed = (Outcome.FAILURE, Outcome.FAILURE, Outcome.SUCCESS, Outcome.FAILURE, Outcome.FAILURE)
    assert _after(_LIVENESS, *mixed).result is Outcome.SUCCESS


def test_readiness_never_holds_and_needs_its_successes() -> None:
    state = _after(_READINESS, Outcome.FAILURE, Outcome.FAILURE)
    assert (state.result, state.on_hold) == (Outcome.FAILURE, False)
    state = probe_once(_READINESS, state, Outcome.SUCCESS)
    assert state.result is Outcome.FAILURE
    assert probe_once(_READINESS, state, Outcome.SUCCESS).result is Outcome.SUCCESS


@given(st.lists(st.sampled_from([Outcome.SUCCESS, Outcome.FAILURE])))
def test_errors_change_nothing_wherever_they_come(outcomes: list[Outcome]) -> None:
    with_errors = [each for outcome in outcomes for each in (Outcome.ERROR, outcome, Outcome.ERROR)]
    assert _after(_LIVENESS, *outcomes) == _after(_LIVENESS, *with_errors)
