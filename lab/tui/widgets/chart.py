"""The timeline: what the pod under the pods' cursor goes through, from left to right; others below it.

It keeps now in view until the learner moves in time; then a cursor stands at a moment, and says what is
there. Enter has all panels show how things were at that moment (`Chart.Looked`).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from lab.model.tracks import UNKNOWN
from lab.tui import charting, clock_keys, telling
from lab.tui.charting import Cell, Lane, Window
from lab.tui.widgets.quiet_scroll import QuietScroll

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.style import Style
    from textual.events import Click

    from lab.model.tracks import ContainerTrack, PodTrack

OTHERS = 7
"""So many pods beside the chosen one are drawn below it."""
LABEL = 12
"""Cells for the lanes' names."""


class Chart(QuietScroll, can_focus=True):
    """The lanes under a line of times."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "chart--good", "chart--wait", "chart--bad", "chart--quiet", "chart--strong", "chart--cursor",
        "chart--lane",
    }  # fmt: skip
    BINDINGS: ClassVar[list[BindingType]] = [
        *clock_keys.bindings(lambda action: f"clock({action!r})"),
        Binding("left", "move(-1)", "Earlier", show=False),
        Binding("right", "move(1)", "Later", show=False),
        Binding("shift+left", "jump(-1)", "Mark before", show=False, tooltip="On this line"),
        Binding("shift+right", "jump(1)", "Next mark", show=False, tooltip="On this line"),
        Binding("up", "lane(-1)", "Line above", show=False),
        Binding("down", "lane(1)", "Line below", show=False),
        Binding("pageup", "leap(-1)", "A screen earlier", show=False),
        Binding("pagedown", "leap(1)", "A screen later", show=False),
        Binding("home", "border(-1)", "Beginning", show=False, tooltip="Where the pod begins"),
        Binding("end", "border(1)", "Now", show=False, tooltip="Now, and follow it"),
        Binding("z", "zoom(-1)", "Zoom in", show=False, tooltip="Less time in view"),
        Binding("Z,x", "zoom(1)", "Zoom out", show=False, key_display="x", tooltip="More time in view"),
        Binding("0", "fit", "Fit", show=False, tooltip="All of the pod's life that was watched"),
        Binding("w", "next_pod", "Next pod", show=False, tooltip="Those that are gone included"),
        Binding("enter", "look", "Look", show=False, tooltip="All panels as they were at the cursor"),
    ]  # fmt: skip

    @dataclass
    class Looked(Message):
        """All panels are to show this moment."""

        moment: float

    class Moved(Message):
        """Cursor, lane or window are others."""

    def __init__(self) -> None:
        super().__init__()
        self.tracks: Mapping[str, PodTrack] = {}
        self.chosen = ""
        """UID of the pod drawn first."""
        self.now = 0.0
        self.scale: float | None = None
        """Seconds a cell; None: as it fits."""
        self.cursor: float | None = None
        """The moment looked at; None: now is followed."""
        self.end: float | None = None
        """Where the window ends; None: shortly after now."""
        self.movable = False
        """Whether the cluster's time can be moved: then its keys are the chart's own, in the footer."""
        self.looking = False
        """Whether the panels show the cursor's moment: then they follow it."""
        self._lane = 0
        self._lanes: tuple[Lane, ...] = ()
        self._axis: tuple[Cell, ...] = ()
        self.window = Window(0.0, 1.0, 1, 0.0)

    # --- what is drawn -------------------------------------------------------------------------------------

    @property
    def track(self) -> PodTrack | None:
        """The chosen pod's."""
        return self.tracks.get(self.chosen)

    @property
    def moment(self) -> float:
        """The moment the cursor is at; now where it is followed."""
        return self.now if self.cursor is None else self.cursor

    @property
    def lane(self) -> Lane | None:
        """The lane the cursor is on."""
        return self._lanes[self._lane] if self._lane < len(self._lanes) else None

    def see(self, tracks: Mapping[str, PodTrack], now: float) -> None:
        """Draw these tracks as of now."""
        self.tracks, self.now = tracks, now
        self.redraw()

    def redraw(self) -> None:
        """Make the lanes anew, if anybody can see them."""
        if not self.size.height or not self.size.width:
            self.remake_later()
            return
        track = self.track
        width = max(20, self.size.width - LABEL - self.styles.scrollbar_size_vertical)
        fit = charting.fitting(self.now if track is None else _known_since(track), self.now, width)
        self.window = charting.window(self.now, self.scale or fit, width, self.end)
        self._axis = charting.axis(self.window)
        drawn: list[Lane] = []
        for one in self._shown():
            gone = " (gone)" if one.until is not None else ""
            drawn.append(Lane(f"{one.name}{gone}", (), one.uid))
            drawn += charting.lanes(one, self.window)
        self._lanes = tuple(drawn)
        self._lane = min(self._lane, max(0, len(drawn) - 1))
        if self._lane + 1 < len(drawn) and drawn[self._lane].what == "heading":
            self._lane += 1
        self.reach(len(drawn) + 1)
        self.refresh()
        self.post_message(self.Moved())

    def _shown(self) -> Sequence[PodTrack]:
        track = self.track
        if track is None:
            return ()
        others = [one for one in self.tracks.values() if one.until is None and one.uid != self.chosen]
        return (track, *others[:OTHERS])

    def fit(self) -> None:
        """Another width."""
        self.redraw()

    # --- keys ----------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Where time cannot be moved its keys are left to the screen, which says why."""
        return self.movable if action == "clock" else super().check_action(action, parameters)

    async def action_clock(self, action: str) -> None:
        """What the screen does to the cluster's time."""
        await self.screen.run_action(action)

    def action_move(self, by: int) -> None:
        """A cell earlier or later; later than now is now again."""
        at = self.window.cell(self.moment)
        self._put(self.window.start + (at + by + 0.5) * self.window.scale)

    def action_leap(self, by: int) -> None:
        """Most of a screen earlier or later."""
        self._put(self.moment + by * self.window.scale * self.window.width * 0.8)

    def action_jump(self, by: int) -> None:
        """To the mark before or behind the cursor, on its lane."""
        lane = self.lane
        track = self.tracks.get(lane.pod) if lane is not None else None
        if lane is None or track is None:
            return
        found = telling.moments(track, lane)
        here = self.window.cell(self.moment)
        if by < 0:
            target = max((one for one in found if self.window.cell(one) < here), default=None)
        else:
            target = min((one for one in found if self.window.cell(one) > here), default=None)
        if target is not None:
            self._put(target)
        elif by > 0:
            self.action_border(1)

    def action_border(self, by: int) -> None:
        """To the beginning of the pod, or to now."""
        if by > 0:
            self.follow_now()
            self.post_message(self.Looked(self.now)) if self.looking else None
        elif self.track is not None:
            self._put(self.track.since)

    def follow_now(self) -> None:
        """Keep now in view again."""
        self.cursor = self.end = None
        self.redraw()

    def action_lane(self, by: int) -> None:
        """To the lane above or below; headings are passed over."""
        at = self._lane + by
        while 0 <= at < len(self._lanes) and self._lanes[at].what == "heading":
            at += by
        if 0 <= at < len(self._lanes):
            self._lane = at
            self.reveal(self._lane)
            self.refresh()
            self.post_message(self.Moved())

    def action_zoom(self, by: int) -> None:
        """Finer or coarser, around the cursor."""
        scale = self.window.scale
        finer = [one for one in charting.SCALES if one < scale]
        coarser = [one for one in charting.SCALES if one > scale]
        if found := finer[-1:] if by < 0 else coarser[:1]:
            self.scale = found[0]
            self._center()
            self.redraw()

    def action_fit(self) -> None:
        """All of the pod's life, up to now."""
        self.scale = None
        self._center()
        self.redraw()

    def action_next_pod(self) -> None:
        """The next pod."""
        known = list(self.tracks)
        if known:
            at = known.index(self.chosen) if self.chosen in known else -1
            self.choose(known[(at + 1) % len(known)])

    def action_look(self) -> None:
        """Have all panels show the cursor's moment."""
        self.looking = True
        self.post_message(self.Looked(self.moment))

    def choose(self, uid: str) -> None:
        """Draw this pod first."""
        if uid != self.chosen:
            self.chosen, self._lane = uid, 0
            self.scroll_to(y=0, animate=False)
            self.redraw()

    def stand(self, moment: float) -> None:
        """Put the cursor at a moment somebody else chose; `see` draws it."""
        if self.cursor != moment:
            self.cursor = moment
            self._keep_in_view()

    def on_click(self, event: Click) -> None:
        """To the cell under the mouse."""
        lane, at = event.y + self.scroll_offset.y - 1, event.x - LABEL
        if 0 <= lane < len(self._lanes) and self._lanes[lane].what != "heading":
            self._lane = lane
        if 0 <= at < self.window.width:
            self._put(self.window.start + (at + 0.5) * self.window.scale)

    def _put(self, moment: float) -> None:
        if moment >= self.now:
            if self.looking:
                self.action_border(1)
            else:
                self.follow_now()
            return
        begin = min((one.since for one in self.tracks.values()), default=moment)
        self.cursor = max(moment, begin)
        self._keep_in_view()
        self.redraw()
        if self.looking:
            self.post_message(self.Looked(self.cursor))

    def _keep_in_view(self) -> None:
        """Shift the window as far as the cursor wants; at its right end it follows now."""
        at = self.window.cell(self.moment)
        if at < 1 or at >= self.window.width - 1 or self.window.width <= 1:
            self._center()

    def _center(self) -> None:
        if self.cursor is None:
            self.end = None
            return
        scale = self.scale or self.window.scale
        end = self.cursor + scale * self.window.width / 2
        self.end = None if end >= self.now else end

    # --- drawing -------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """The times, or a lane."""
        base = self.base
        if y == 0:
            return self._strip("", self._axis, chosen=False)
        number = y - 1 + self.scroll_offset.y
        if number >= len(self._lanes):
            return Strip.blank(self.size.width, base)
        lane = self._lanes[number]
        if lane.what == "heading":
            style = base + self.part("chart--strong")
            return Strip([Segment(lane.label, style)]).adjust_cell_length(self.size.width, base)
        return self._strip(lane.label, lane.cells, chosen=number == self._lane)

    def _strip(self, label: str, cells: Sequence[Cell], *, chosen: bool) -> Strip:
        name = label if len(label) < LABEL else f"{label[: LABEL - 2]}…"
        sign = "▸" if chosen else " "
        segments = [Segment(f"{sign}{name:<{LABEL - 1}}", self._style("lane" if chosen else ""))]
        at = -1 if self.cursor is None else self.window.cell(self.cursor)
        for here, run in ((False, cells[: max(at, 0)]), (True, cells[at : at + 1]), (False, cells[at + 1 :])):
            # Before the window or behind it the cursor is on no cell.
            if here and at < 0:
                continue
            for look, same in groupby(run, itemgetter(1)):
                text = "".join(map(itemgetter(0), same))
                if here:
                    style = self._style(look) + self.part("chart--cursor")
                    segments.append(Segment("│" if text == " " else text, style))
                else:
                    segments.append(Segment(text, self._style(look)))
        return Strip(segments).adjust_cell_length(self.size.width, self.base)

    def _style(self, look: str) -> Style:
        if not look:
            return self.base
        return self.base + self.part(f"chart--{look}")


def _known_since(track: PodTrack) -> float:
    """From when on a pod was watched without a break; what was known before is to the left of it."""
    return min((_unbroken(one) for one in track.containers if one.spans), default=track.since)


def _unbroken(container: ContainerTrack) -> float:
    breaks = [span.until for span in container.spans if span.state == UNKNOWN and span.until is not None]
    return breaks[-1] if breaks else container.spans[0].since
