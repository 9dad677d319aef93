"""The agenda's order, its settling, and what it refuses."""

from __future__ import annotations

import pytest

from lab.embedded.clock import agenda as agendas
from lab.embedded.clock.agenda import Agenda, AgendaError


def test_callbacks_run_by_time_then_priority_then_entry() -> None:
    agenda, seen = Agenda(), list[str]()
    agenda.call_at(2, lambda: seen.append("late"))
    agenda.call_at(1, lambda: seen.append("second"))
    agenda.call_at(1, lambda: seen.append("third"))
    agenda.call_at(1, lambda: seen.append("first"), priority=-1)
    assert agenda.advance(2) == 4
    assert seen == ["first", "second", "third", "late"]


def test_an_instant_ends_when_nothing_more_is_due() -> None:
    agenda, seen = Agenda(), list[int]()

    def again(left: int) -> None:
        seen.append(left)
        if left:
            agenda.call_soon(lambda: again(left - 1))

    agenda.call_soon(lambda: again(3))
    assert agenda.settle() == 4
    assert seen == [3, 2, 1, 0]
    assert agenda.next_due() is None


def test_a_cancelled_timer_does_nothing() -> None:
    agenda = Agenda()
    timer = agenda.call_after(1, lambda: pytest.fail("was cancelled"))
    timer.cancel()
    assert agenda.advance(5) == 0
    assert agenda.now() == 5


def test_a_moment_from_now_is_one_that_time_comes_to() -> None:
    agenda = Agenda(118.965885)
    assert agenda.after(20.0) < agenda.now() + 20.0, "the sum is a hair later than its microsecond"
    agenda.call_at(agenda.now() + 20.0, lambda: None)
    assert agenda.next_due() == agenda.after(20.0)


def test_time_does_not_go_back() -> None:
    agenda = Agenda()
    agenda.advance(3)
    with pytest.raises(AgendaError, match="cannot go back"):
        agenda.advance_to(2)


def test_a_livelock_says_so_and_whose_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agendas, "SETTLE_FLOOR", 100)
    agenda = Agenda()

    class Restless:
        label = "process 1 (spin) in pod default/app"

        def again(self) -> None:
            agenda.call_soon(self.again)

    agenda.call_soon(lambda: None)
    agenda.call_soon(Restless().again)
    with pytest.raises(
        AgendaError, match=r"livelock: \d+ callbacks .* process 1 \(spin\) in pod default/app"
    ):
        agenda.settle()


def test_a_large_cluster_may_have_more_to_do_at_one_instant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agendas, "SETTLE_FLOOR", 100)
    agenda, left = Agenda(), [1000]
    for second in range(10):
        agenda.call_after(second + 1, lambda: None)

    def work() -> None:
        left[0] -= 1
        if left[0]:
            agenda.call_soon(work)

    agenda.call_soon(work)
    assert agenda.settle() == 1000
