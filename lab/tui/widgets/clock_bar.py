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
            brief = self.screen.has_class("-narrow")
            self.update(sentence(view.clock, brief=brief) if view.clock else "")


def sentence(reading: ClockReading, *, brief: bool = False) -> str:
    """`cluster 10:02:31 UTC · ▶ 1x · 5m ahead of the wall clock`; brief: `10:02:31 ▶ 1x +5m`."""
    speed = ("‖ paused" if reading.rate == 0 else f"▶ {reading.rate:g}x") if reading.controllable else ""
    ahead = reading.now - reading.host
    apart = human_duration(abs(ahead)) if abs(ahead) >= 2 else ""
    if brief:
        sign = ("+" if ahead > 0 else "-") if apart else ""
        return " ".join(filter(None, (clock_time(reading.now), speed, sign + apart)))
    relation = f"{apart} {'ahead of' if ahead > 0 else 'behind'}" if apart else "in step with"
    return " · ".join(
        filter(None, (f"cluster {clock_time(reading.now)} UTC", speed, f"{relation} the wall clock"))
    )
