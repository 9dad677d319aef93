"""A scrollable column of styled lines that costs what is visible, however many there are.

Events and logs are shown through it. While the end is in view it follows the end.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.cells import chop_cells
from rich.segment import Segment
from textual.strip import Strip

from lab.tui.widgets.quiet_scroll import QuietScroll

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Span:
    """A run of text in one of the looks `good`, `wait`, `bad`, `quiet`, `strong`; empty: as the widget."""

    text: str
    look: str = ""


Line = tuple[Span, ...]


def wrapped(text: str, width: int, *, look: str = "", indent: str = "", words: bool = False) -> list[Line]:
    """Text broken into lines of at most `width` cells, each with `indent` in front; never an empty list.

    With `words` it breaks between words where it can, and what is broken off stands as deep as its line
    began; without, at the edge.
    """
    room = max(width - len(indent), 8)
    if len(text) <= room and text.isascii() and text.isprintable():
        return [(Span(indent + text, look),)]
    clean = text.expandtabs(4).replace("\r", "")
    parts = _between_words(clean, room) if words else chop_cells(clean, room)
    return [(Span(indent + part, look),) for part in parts] or [(Span(""),)]


def _between_words(text: str, room: int) -> list[str]:
    lead = text[: len(text) - len(text.lstrip())]
    deep = lead if len(lead) <= room // 2 else ""
    lines = textwrap.wrap(text, room, subsequent_indent=deep, break_on_hyphens=False)
    # It counts characters, of which some are two cells wide.
    return [part for line in lines for part in chop_cells(line, room)]


class Lines(QuietScroll, can_focus=True):
    """Shows lines; a subclass makes them from its source in `make_lines`, anew for each width."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "lines--good",
        "lines--wait",
        "lines--bad",
        "lines--quiet",
        "lines--strong",
        "lines--match",
    }

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 (Textual's own name)
        super().__init__(id=id)
        self._lines: Sequence[Line] = ()
        self._width = 0
        self._follow = True

    def make_lines(self, width: int) -> Sequence[Line]:
        """All lines at this width in cells."""
        raise NotImplementedError

    def remake(self) -> None:
        """The source changed: make the lines anew and keep following the end if it was in view."""
        if not self.size.height:
            self.remake_later()
            return
        self._width = max(self.size.width - self.styles.scrollbar_size_vertical, 10)
        self._lines = self.make_lines(self._width)
        self.lengthened()

    def lengthened(self) -> None:
        """There are other lines, or more: show them, the end if it was in view."""
        self.reach(len(self._lines))
        if self._follow:
            self.scroll_to(y=self.max_scroll_y, animate=False)
        self.refresh()

    def fit(self) -> None:
        """Wrap for the new width."""
        self.remake()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Scrolling up lets go of the end, reaching it takes it up again; a change of size does neither."""
        super().watch_scroll_y(old_value, new_value)
        if new_value >= self.max_scroll_y - 1:
            self._follow = True
        elif new_value < old_value:
            self._follow = False

    def spans(self, index: int) -> Line:
        """A line as it is to be drawn now; a subclass may mark something in it."""
        return self._lines[index]

    def render_line(self, y: int) -> Strip:
        """The line at `y` of what is visible."""
        index = y + self.scroll_offset.y
        base = self.base
        if index >= len(self._lines):
            return Strip.blank(self.size.width, base)
        segments = [
            Segment(
                span.text,
                base + self.part(f"lines--{span.look}") if span.look else base,
            )
            for span in self.spans(index)
        ]
        return Strip(segments).adjust_cell_length(self.size.width, base)
