"""How much computing time a container has used of late: what `kubectl top` shows.

Only programs that compute pay for this; reading it costs nothing in between, and no timer runs. Time is kept
in windows as long as the metrics pipeline's resolution, and forgotten when nobody can ask for it any more.
"""

from __future__ import annotations

WINDOW = 15.0
"""Seconds of cluster time: metrics-server's `--metric-resolution`. Windows begin at its multiples."""
_KEPT = 3


class CpuMeter:
    """Seconds of processor time, by window."""

    __slots__ = ("_windows",)

    def __init__(self) -> None:
        self._windows: dict[int, float] = {}

    def spend(self, begin: float, seconds: float) -> None:
        """A program computes from `begin` (seconds of cluster time) for so long, on one processor."""
        while seconds > 0:
            number = int(begin // WINDOW)
            share = min(seconds, (number + 1) * WINDOW - begin)
            if number not in self._windows:
                self._forget(number)
            self._windows[number] = self._windows.get(number, 0.0) + share
            begin, seconds = (number + 1) * WINDOW, seconds - share

    def used(self, begin: float) -> float:
        """Seconds used in the window that begins at `begin`."""
        return self._windows.get(round(begin / WINDOW), 0.0)

    def _forget(self, number: int) -> None:
        for old in [each for each in self._windows if each < number - _KEPT]:
            del self._windows[old]
