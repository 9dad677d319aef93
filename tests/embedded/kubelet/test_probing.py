"""What probe outcomes amount to: thresholds, holding after a verdict, errors thrown away."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lab.embedded.clock.agenda import Agenda
from lab.embedded.kubelet.instances import Instance
from lab.embedded.kubelet.probing import Outcome, ProbeSpec, ProbeState, ProbeWorker, probe_once

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


def test_a_start_up_probe_holds_after_any_verdict() -> None:
    startup = ProbeSpec("startup", {}, failure_threshold=2)
    assert _after(startup, Outcome.SUCCESS).on_hold
    assert _after(startup, Outcome.FAILURE, Outcome.FAILURE).on_hold
    assert not _after(startup, Outcome.FAILURE).on_hold


def _worker(spec: ProbeSpec, outcomes: list[Outcome]) -> tuple[Agenda, list[Instance], ProbeWorker]:
    """A worker whose container is the last of the list, and whose probes find the outcomes one by one."""
    agenda, instances = Agenda(), [_instance("a", 0.0)]
    worker = ProbeWorker(
        agenda,
        spec,
        lambda: instances[-1],
        lambda _, __, report: report(outcomes.pop(0), ""),
        lambda _, __: None,
        lambda _: None,
    )
    worker.start()
    return agenda, instances, worker


def _instance(name: str, started_at: float) -> Instance:
    instance = Instance("app", name, "busybox", "", {}, 0, None, started_at, started_at)
    instance.running = instance.started = True
    return instance


def test_the_count_outlives_the_container() -> None:
    """`resultRun` is a worker's: after a restart, one success more is enough."""
    spec = ProbeSpec("readiness", {}, period=5, success_threshold=3)
    agenda, instances, worker = _worker(spec, [Outcome.SUCCESS] * 4)
    agenda.advance(15)
    assert worker.result("a") is Outcome.SUCCESS
    instances.append(_instance("b", 16.0))
    agenda.advance(5)
    assert worker.result("b") is Outcome.SUCCESS


def test_the_initial_delay_counts_from_the_second_the_status_tells() -> None:
    agenda, instances, worker = _worker(
        ProbeSpec("liveness", {}, initial_delay=3, period=5), [Outcome.SUCCESS]
    )
    instances[0] = _instance("a", 2.6)
    agenda.advance(5)  # 2.4 s after the start, and 3 s after second 2
    assert worker.state.run == 1
