"""Back-offs double from 10 s to 300 s and start over after ten good minutes."""

from __future__ import annotations

import pytest

from lab.embedded.kubelet.backoff import Backoff, duration


def test_the_first_failure_has_nothing_to_wait_for() -> None:
    assert Backoff().remaining_since("pod/app", 5.0, 5.0) == 0


def test_doubles_to_the_maximum() -> None:
    backoff = Backoff()
    assert [backoff.next("k", 0.0, 0.0) for _ in range(7)] == [10, 20, 40, 80, 160, 300, 300]


def test_waits_from_the_end_of_the_container() -> None:
    backoff = Backoff()
    backoff.next("k", 0.0, 0.0)
    assert backoff.remaining_since("k", 3.0, 4.0) == 9
    assert backoff.remaining_since("k", 3.0, 13.0) == 0


def test_starts_over_after_ten_minutes_of_good_running() -> None:
    backoff = Backoff()
    for _ in range(5):
        backoff.next("k", 0.0, 0.0)
    assert backoff.remaining_since("k", 600.0, 600.0) == 160
    assert backoff.remaining_since("k", 600.5, 600.5) == 0
    assert backoff.next("k", 600.5, 600.5) == 10


def test_forgets_a_pod() -> None:
    backoff = Backoff()
    backoff.next("pod/app", 0.0, 0.0)
    backoff.forget("pod/")
    assert backoff.get("pod/app") == 0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(10, "10s"), (80, "1m20s"), (300, "5m0s"), (1.5, "1.5s"), (0.25, "250ms"), (3600, "1h0m0s"), (0, "0s")],
)
def test_durations_read_as_go_prints_them(seconds: float, text: str) -> None:
    assert duration(seconds) == text
