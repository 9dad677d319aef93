"""The cluster's clock beside the wall's: what time it is there, how fast it runs, how far apart they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Static

from lab.tui.wording import clock_time, human_duration

if TYPE_CHECKING:
    from lab.tui.view import AttemptView, ClockReading


class ClockBar(Static):
    """One line; says nothing until the clock was read."""

    def on_mount(self) -> None:
        """Remember what was drawn."""
        self._reading: ClockReading | None = None

    def show(self, view: AttemptView) -> None:
        """Draw the reading."""
        if view.clock is not self._reading:
            self._reading = view.clock
            self.update(sentence(view.clock) if view.clock else "")


def sentence(reading: ClockReading) -> str:
    """`cluster time 10:02:31 · 1x · 5m ahead of the wall clock`."""
    parts = [f"cluster {clock_time(reading.now)} UTC"]
    if reading.controllable:
        parts.append("‖ paused" if reading.rate == 0 else f"▶ {reading.rate:g}x")
    ahead = reading.now - reading.host
    if abs(ahead) < 2:
        parts.append("in step with the wall clock")
    else:
        parts.append(f"{human_duration(abs(ahead))} {'ahead of' if ahead > 0 else 'behind'} the wall clock")
    return " · ".join(parts)
