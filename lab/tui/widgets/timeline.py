"""The timeline: what is under the cursor in words, the chart, and what its signs mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Static

from lab.tui import charting, telling
from lab.tui.widgets.chart import Chart
from lab.tui.widgets.panel import Empty, Panel, empty_or
from lab.tui.wording import clock_time, human_duration

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.events import Resize

    from lab.attempt.views import PodRow
    from lab.tui.view import AttemptView


class Legend(Static):
    """What the signs mean; a sign and its word stay on one line."""

    _said = ""

    def on_resize(self, event: Resize) -> None:
        """As many lines as it takes."""
        said = charting.legend(event.size.width)
        if said != self._said:
            self._said = said
            self.update(said)


class TimelinePanel(Panel):
    """What is under the cursor, the chart, and what its signs mean."""

    NAME = "Timeline"

    def __init__(self, *, id: str) -> None:  # noqa: A002 (Textual's own name)
        super().__init__(id=id)
        self._drawn: tuple[object, ...] = ()
        self._pod: PodRow | None = None
        self._whole = True

    def compose(self) -> ComposeResult:
        """Words above, chart, legend."""
        yield Static(id="told", markup=False)
        yield Chart()
        yield Legend(id="legend", markup=False)
        yield Empty()

    @property
    def chart(self) -> Chart:
        """The chart."""
        return self.query_one(Chart)

    def follow(self, pod: PodRow) -> None:
        """Draw this pod first."""
        self.chart.choose(pod.uid)

    def show(self, view: AttemptView) -> None:
        """Draw the tracks of the live view; the cursor stands where the panels look."""
        live, chart = view.live, self.chart
        movable = view.clock is not None and view.clock.controllable
        if movable is not chart.movable:
            chart.movable = movable
            self.screen.refresh_bindings()
        now = view.back.now if view.back is not None else live.now if live is not None else 0.0
        drawn = (live.tracks if live is not None else None, now, view.back)
        if drawn == self._drawn or live is None:
            return
        self._drawn, self._whole = drawn, live.whole_probes
        empty_or(
            self, chart, self.query_one(Empty), "" if live.tracks else "No timeline yet: there was no pod."
        )
        if chart.chosen not in live.tracks and live.tracks:
            chart.chosen = next(iter(live.tracks))
        if (view.back is None) == chart.looking:
            chart.looking = view.back is not None
            if not chart.looking:
                chart.cursor = chart.end = None
        if view.back is not None:
            chart.stand(view.back.moment)
        chart.see(live.tracks, now)

    def on_chart_moved(self, event: Chart.Moved) -> None:
        """Say what the cursor is on."""
        event.stop()
        chart = self.chart
        lane, track = chart.lane, chart.track
        if track is None:
            return
        here = chart.tracks.get(lane.pod, track) if lane is not None else track
        scale = f"{chart.window.scale:g} s a cell"
        if chart.cursor is None or lane is None:
            said = telling.summary(here, chart.now)
            hint = "← back · ↑↓ line · z/x zoom"
        else:
            cell = chart.window.cell(chart.cursor)
            ago = human_duration(chart.now - chart.cursor)
            words = telling.told(here, lane, chart.window, cell)
            said = f"{clock_time(chart.cursor)} ({ago} ago) {lane.label.strip()}: {words}"
            hint = "End: now" if chart.looking else "Enter: all panels as they were then"
        self.query_one("#told", Static).update(said, layout=False)
        known = list(chart.tracks)
        gone = ", gone" if track.until is not None else ""
        several = f"w: pod {known.index(track.uid) + 1} of {len(known)}{gone} · " if len(known) > 1 else ""
        whole = "" if self._whole else " · of probes, only failures are told here"
        self.border_subtitle = f"{several}{hint} · {scale}{whole}"
