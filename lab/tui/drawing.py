"""How screens are drawn: what changed and nothing beside it, once for all that a key changes.

Textual asks every widget that touches the rectangle around all that changed, also those that others cover,
and draws at the first change, and what follows from it up to two frames later. That was most of what a key
cost here, where a list, a title and the footer change together. Knows the insides of the Textual that is
pinned.

Invariant: what is written to the terminal is what Textual's own compositor writes.
"""

from __future__ import annotations

from asyncio import get_running_loop
from bisect import bisect_left, bisect_right
from itertools import pairwise
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

from textual._compositor import ChopsUpdate, Compositor, ReflowResult
from textual.geometry import Region
from textual.messages import Update
from textual.screen import Screen, ScreenResultType

if TYPE_CHECKING:
    from asyncio import Handle
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from textual._compositor import CompositorMap
    from textual.geometry import Size
    from textual.message import Message
    from textual.strip import Strip
    from textual.timer import Timer
    from textual.widget import Widget

LONGEST = 1 / 20
"""Host seconds that a drawing is put off at most while more is being changed."""

Span = tuple[int, int, int]
"""A line, and from which to which column of it."""


class FrontCompositor(Compositor):
    """Asks the widget in front first, and the one behind it only for what is left."""

    def reflow(self, parent: Widget, size: Size) -> ReflowResult:
        """Lay out; what was unknown before is known by that.

        Only what is elsewhere or has another size is drawn: Textual would draw whatever is counted otherwise
        because something before it came or went.
        """
        before, due = self._full_map, self._dirty_regions.copy()
        result = super().reflow(parent, size)
        self._full_map_invalidated = False
        if size.region not in self._dirty_regions and _stacked(before, self._full_map):
            places, places_before = _places(self._full_map), _places(before)
            moved = (region.intersection(clip) for _, region, clip in places ^ places_before)
            self._dirty_regions = due | {region for region in moved if region}
        return result

    def update_widgets(self, widgets: set[Widget]) -> None:
        """Some widgets look otherwise.

        Of those out of view Textual would think that they are new, and would lay out everything to find
        them; a new one is laid out by being mounted.
        """
        super().update_widgets(widgets & self.visible_widgets.keys())

    def render_partial_update(self) -> ChopsUpdate | None:
        """What changed; None: nothing did."""
        regions = self._dirty_regions.copy()
        self._dirty_regions.clear()
        if not regions:
            return None
        spans = list(self._regions_to_spans(regions))
        return ChopsUpdate(self._chops(spans), spans, [cuts[1:] for cuts in self.cuts])

    def _render_chops(
        self, crop: Region, is_rendered_line: Callable[[int], bool]
    ) -> Sequence[Mapping[int, Strip]]:
        """All of a rectangle."""
        lines = range(crop.y, min(crop.bottom, len(self.cuts)))
        return self._chops((y, *crop.column_span) for y in lines if is_rendered_line(y))

    def _chops(self, spans: Iterable[Span]) -> list[dict[int, Any]]:
        """Each line's pieces by the column where they begin; None: nobody asked for it."""
        cuts = self.cuts
        chops: list[dict[int, Any]] = [dict.fromkeys(line[:-1]) for line in cuts]
        wanted: dict[int, set[int]] = {}
        for y, left, right in spans:
            wanted.setdefault(y, set()).update(
                cut for cut, end in pairwise(cuts[y]) if cut < right and end > left
            )
        for widget, (region, clip) in self.visible_widgets.items():
            shown = region.intersection(clip)
            left, right = shown.column_span
            own: dict[int, list[int]] = {}
            for y in shown.line_range:
                if wanted.get(y):
                    line = cuts[y]
                    places = line[bisect_left(line, left) : bisect_right(line, right)]
                    if not wanted[y].isdisjoint(places[:-1]):
                        own[y] = places
            if not own:
                continue
            top, last = min(own), max(own)
            strips = widget.render_lines(Region(left - region.x, top - region.y, shown.width, last + 1 - top))
            for y, places in own.items():
                parts = strips[y - top].divide([cut - left for cut in places[1:]])
                asked = wanted[y]
                chops[y].update((cut, part) for cut, part in zip(places, parts, strict=False) if cut in asked)
                asked.difference_update(places[:-1])
        return chops


def _places(layout: CompositorMap) -> set[tuple[Widget, Region, Region]]:
    return {(widget, place.region, place.clip) for widget, place in layout.items()}


def _stacked(before: CompositorMap, after: CompositorMap) -> bool:
    """Whether of what is in both layouts the same is in front of the same."""
    old = sorted(before.keys() & after.keys(), key=lambda widget: before[widget].order)
    return all(after[one].order <= after[next_].order for one, next_ in pairwise(old))


class Pace:
    """When to draw: as soon as all that waits to be handled has been, in the place of a screen's timer.

    One key changes several widgets, one after another, each with a queue of its own: drawn at the first of
    them, the rest would be a second drawing, and where panels come and go a second layout.
    """

    def __init__(self, draw: Callable[[], None]) -> None:
        self._draw = draw
        self._turn: Handle | None = None
        self._since = 0.0

    def resume(self) -> None:
        """There is something to draw."""
        if self._turn is None:
            self._since = monotonic()
            self._turn = get_running_loop().call_soon(self._take_turn)

    def pause(self) -> None:
        """There is nothing any more."""
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None

    def _take_turn(self) -> None:
        loop = get_running_loop()
        # Asyncio has no name for it: the calls that are due before this loop would wait for anything.
        if getattr(loop, "_ready", ()) and monotonic() - self._since < LONGEST:
            self._turn = loop.call_soon(self._take_turn)
        else:
            self._turn = None
            self._draw()


class QuickScreen(Screen[ScreenResultType]):
    """A screen that is drawn so."""

    def __init__(self) -> None:
        super().__init__()
        self._compositor = FrontCompositor()
        self._pace = Pace(self._draw)

    @property
    def _update_timer(self) -> Timer:
        return cast("Timer", self._pace)

    def post_message(self, message: Message) -> bool:
        """As any other; that a widget looks otherwise is known at once, without a queue."""
        if type(message) is not Update or self._closing or self._closed:
            return super().post_message(message)
        if message.widget in self._compositor:
            self._dirty_widgets.add(message.widget)
            self.check_idle()
        return True

    def _draw(self) -> None:
        try:
            self._on_timer_update()
        except Exception as problem:  # noqa: BLE001 (as in a timer of Textual's: the app ends, and says why)
            self.app._handle_exception(problem)  # noqa: SLF001
