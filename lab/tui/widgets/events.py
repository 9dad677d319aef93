"""The namespace's events as they come, the latest last."""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING

from lab.tui.widgets.lines import Line, Lines, Span, wrapped
from lab.tui.widgets.on_demand import OnDemand
from lab.tui.widgets.panel import Empty, Panel, empty_or
from lab.tui.wording import human_duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from lab.attempt.views import EventRow, LiveView
    from lab.tui.view import AttemptView

SHOWN = 300
"""So many of the latest events are kept on screen."""


class EventLines(Lines):
    """Two or more lines an event: age, type, reason, object; then the message."""

    events: tuple[EventRow, ...] = ()

    def make_lines(self, width: int) -> Sequence[Line]:
        """The events as lines of this width."""
        return _listed(self.events[-SHOWN:], width)


def _listed(events: Sequence[EventRow], width: int) -> Sequence[Line]:
    """The lines of events: counted at once, made where they are looked at."""
    ends = list(accumulate(1 + len(_message(event.message, width)) for event in events))

    def line(number: int) -> Line:
        at = bisect_right(ends, number)
        within = number - (ends[at - 1] if at else 0)
        return _message(events[at].message, width)[within - 1] if within else _head(events[at])

    return OnDemand(lambda: ends[-1] if ends else 0, line)


def _head(event: EventRow) -> Line:
    warning = event.type == "Warning"
    times = f"  x{event.count}" if event.count > 1 else ""
    return (
        Span(f"{human_duration(event.age):>6} ", "quiet"),
        Span("! " if warning else "  ", "wait"),
        Span(event.reason, "wait" if warning else "strong"),
        Span(f"  {event.object}{times}", "quiet"),
    )


@lru_cache(maxsize=2 * SHOWN)
def _message(text: str, width: int) -> tuple[Line, ...]:
    """A message broken between words: the same one is told again and again."""
    return tuple(
        part
        for line in text.splitlines() or [""]
        for part in wrapped(line, width, indent=" " * 9, words=True)
    )


class EventsPanel(Panel):
    """Events with their ages; warnings carry a `!`."""

    NAME = "Events"

    def __init__(self, *, id: str) -> None:  # noqa: A002 (Textual's own name)
        super().__init__(id=id)
        self._live: LiveView | None = None

    def compose(self) -> ComposeResult:
        """The lines and their empty state."""
        yield EventLines()
        yield Empty()

    def show(self, view: AttemptView) -> None:
        """Draw the events of the live view."""
        live = view.live
        if live is self._live and live is not None:
            return
        self._live = live
        lines = self.query_one(EventLines)
        events = live.events if live else ()
        why = (
            ""
            if events
            else "No events yet. They come as the cluster works, and are forgotten after an hour."
        )
        empty_or(self, lines, self.query_one(Empty), why)
        lines.events = events
        lines.remake()
