"""The cluster's clock beside the wall's: what time it is there, how fast it runs, how far it got ahead.

The embedded cluster has an epoch of its own, so the two are compared as they were when this screen was
opened: what matters to a learner is how much time was skipped or lost since.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Static

from lab.attempt.clock import FASTEST
from lab.tui.wording import clock_time

if TYPE_CHECKING:
    from lab.tui.view import AttemptView, ClockReading


class ClockBar(Static):
    """One line; says nothing until the clock was read."""

    def on_mount(self) -> None:
        """Remember what was drawn."""
        self._reading: ClockReading | None = None
        self._apart = 0.0
        self._real = 0.0
        self._said = ""
        self._widest = 0
        self._brief: bool | None = None
        self._late: ClockReading | None = None
        """A reading from before the one that is drawn; a second such one means that the clock is another."""

    def show(self, view: AttemptView) -> None:
        """Draw the reading."""
        if view.clock is self._reading or (view.clock is self._late and view.clock is not None):
            return
        before, now = self._reading, view.clock
        late = now is not None and before is not None and now.now < before.now
        if late and self._late is None:
            # No clock runs backwards: it was read before what is drawn, and is only told of now.
            self._late = now
            return
        self._late = None
        if now is not None and (before is None or late):
            # The first reading, or again one from before: of another cluster, begun anew.
            self._apart = now.now - now.host
        if now is not None and before is not None and now.host > before.host + 0.5:
            self._real = (now.now - before.now) / (now.host - before.host)
        self._reading = now
        self.fit()

    def fit(self) -> None:
        """Say it in as many words as this window has room for."""
        now, brief = self._reading, self.screen.has_class("-narrow")
        said = sentence(now, self._apart, self._real, brief=brief) if now else ""
        if brief is not self._brief:
            # Another wording, as wide as it wants to be.
            self._brief, self._widest = brief, 0
        if said != self._said:
            # In the room it once had: nothing has to be laid out anew because a number has a digit less.
            self.update(said.rjust(self._widest), layout=len(said) > self._widest)
            self._said, self._widest = said, max(self._widest, len(said))


def sentence(reading: ClockReading, apart_then: float, real: float = 0.0, *, brief: bool = False) -> str:
    """`cluster 10:02:31 · ▶ 1x · 1:00 ahead of the wall clock`; brief: `10:02:31 ▶ 1x 1:00 ahead`.

    `apart_then` is by how many seconds the cluster differed from the host at the beginning, `real` the
    rate at which it was last seen to run: at the fastest, that is what there is to tell.
    """
    speed = ""
    if reading.controllable:
        speed = "‖ paused" if reading.rate == 0 else f"▶ {reading.rate:g}x"
        if reading.rate >= FASTEST:
            speed = f"▶▶ fastest, {real:.0f}x" if real > 1 else "▶▶ fastest"
    ahead = reading.now - reading.host - apart_then
    apart = f"{_counted(abs(ahead))} {'ahead of' if ahead > 0 else 'behind'}" if abs(ahead) >= 2 else ""
    if brief:
        return " ".join(filter(None, (clock_time(reading.now), speed, apart.removesuffix(" of"))))
    relation = f"{apart} the wall clock" if apart else ""
    return " · ".join(filter(None, (f"cluster {clock_time(reading.now)}", speed, relation)))


def _counted(seconds: float) -> str:
    """`0:59`, `11:05`, `1:02:00`: one form, however long."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
