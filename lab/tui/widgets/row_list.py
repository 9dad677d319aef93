"""A list of rows in columns with a cursor, which costs what is visible however many rows change.

A row is identified by its key: the cursor stays with its row when others come, go or change. Columns are as
wide as their widest cell; when they do not fit, the one that is allowed to gives way in its middle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from lab.tui.widgets.quiet_scroll import QuietScroll

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.style import Style
    from textual.events import Click
    from textual.geometry import Size

GAP = 1


@dataclass(frozen=True, slots=True)
class Row:
    """One row."""

    key: str
    cells: tuple[str, ...]
    """Of a row with fewer cells than columns the last one takes the room that is left."""
    bold: bool = False
    quiet: bool = False


class RowList(QuietScroll, can_focus=True):
    """Rows under a line of titles."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "rows--title",
        "rows--cursor",
        "rows--here",
        "rows--quiet",
        "rows--bold",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "end(-1)", "First", show=False),
        Binding("end", "end(1)", "Last", show=False),
        Binding("enter", "open", "Open", show=False),
    ]

    @dataclass
    class Highlighted(Message):
        """The cursor is on another row."""

        key: str

    @dataclass
    class Opened(Message):
        """Enter on a row."""

        key: str

    def __init__(self, titles: tuple[str, ...], *, gives_way: int, id: str | None = None) -> None:  # noqa: A002 (Textual's own name)
        """`gives_way`: the index of the column that is narrowed when there is too little room."""
        super().__init__(id=id)
        self._titles, self._gives_way = titles, gives_way
        self.rows: tuple[Row, ...] = ()
        self._index: dict[str, int] = {}
        self._widths: tuple[int, ...] = ()
        self.cursor: str | None = None
        """The key of the row under the cursor."""

    @property
    def at(self) -> int:
        """The number of the row under the cursor; 0 when there is none."""
        return self._index.get(self.cursor or "", 0)

    def show(self, rows: Sequence[Row], titles: tuple[str, ...] | None = None) -> None:
        """Show these rows; the cursor stays with its row, or near to where that was."""
        before, drawn = self.at, self._drawn_as()
        if titles is not None:
            self._titles = titles
        self.rows = tuple(rows)
        self._index = {row.key: number for number, row in enumerate(self.rows)}
        self._measure()
        if self.cursor not in self._index:
            self._put(min(before, len(self.rows) - 1))
        for line, (old, new) in enumerate(zip(drawn, self._drawn_as(), strict=True)):
            if old != new:
                self.refresh(Region(0, line, self.size.width, 1))

    def _drawn_as(self) -> list[object]:
        """What each line in view is drawn from: as long as it is the same, nothing has to be drawn."""
        top = self.scroll_offset.y
        shown: list[object] = [(self._titles, self._widths)]
        for number in range(top, top + self.size.height - 1):
            row = self.rows[number] if number < len(self.rows) else None
            shown.append((row, self._widths, row is not None and row.key == self.cursor))
        return shown

    def watch_has_focus(self, _has_focus: bool) -> None:
        """The cursor is drawn otherwise."""
        self._refresh_row()

    def _measure(self) -> None:
        columns = len(self._titles)
        whole = [row.cells for row in self.rows if len(row.cells) == columns]
        widths = [max(map(cell_len, cells)) for cells in zip(self._titles, *whole, strict=True)]
        over = sum(widths) + GAP * (columns - 1) - self._room
        if over > 0:
            widths[self._gives_way] = max(8, widths[self._gives_way] - over)
        self._widths = tuple(widths)
        self.reach(len(self.rows) + 1)

    @property
    def _room(self) -> int:
        return max(self.size.width - self.styles.scrollbar_size_vertical, 20)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """As high as its rows, where the sheet leaves it to them."""
        return len(self.rows) + 1

    def fit(self) -> None:
        """Other widths."""
        self._measure()
        self.reveal(self.at)
        self.refresh()

    # --- keys and mouse ------------------------------------------------------------------------------------

    def action_move(self, by: int) -> None:
        """Up or down."""
        self._put(self.at + by)

    def action_page(self, by: int) -> None:
        """A page up or down."""
        self._put(self.at + by * max(1, self.size.height - 2))

    def action_end(self, by: int) -> None:
        """To the first or the last row."""
        self._put(0 if by < 0 else len(self.rows) - 1)

    def action_open(self) -> None:
        """Enter."""
        if self.cursor in self._index:
            self.post_message(self.Opened(self.cursor or ""))

    def on_click(self, event: Click) -> None:
        """The row under the mouse; a second click opens it."""
        number = event.y + self.scroll_offset.y - 1
        if 0 <= number < len(self.rows):
            again = self.rows[number].key == self.cursor
            self._put(number)
            if again and event.chain > 1:
                self.action_open()

    def _put(self, number: int) -> None:
        if not self.rows:
            self.cursor = None
            return
        key = self.rows[max(0, min(number, len(self.rows) - 1))].key
        if key != self.cursor:
            self._refresh_row()
            self.cursor = key
            self._refresh_row()
            self.post_message(self.Highlighted(key))
        self.reveal(self.at)

    def _refresh_row(self) -> None:
        """Draw the row under the cursor anew; where the list scrolls, it is drawn anew as a whole anyway."""
        self.refresh(Region(0, self.at + 1 - self.scroll_offset.y, self.size.width, 1))

    # --- drawing -------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """The titles, or a row."""
        base = self.base
        if y == 0:
            style = base + self.part("rows--title")
            return self._strip(self._titles, style)
        number = y - 1 + self.scroll_offset.y
        if number >= len(self.rows):
            return Strip.blank(self.size.width, base)
        row = self.rows[number]
        style = base
        if row.quiet:
            style += self.part("rows--quiet")
        if row.bold:
            style += self.part("rows--bold")
        if row.key == self.cursor:
            look = "rows--here" if self.has_focus else "rows--cursor"
            style += self.part(look)
        return self._strip(row.cells, style)

    def _strip(self, cells: tuple[str, ...], style: Style) -> Strip:
        text = ""
        for column, cell in enumerate(cells):
            last = column == len(cells) - 1
            room = self._room - cell_len(text) if last else self._widths[column]
            text += _fitted(cell, room) + ("" if last else " " * GAP)
        return Strip([Segment(text, style)]).adjust_cell_length(self.size.width, style)


def _fitted(text: str, room: int) -> str:
    """The text in so many cells, its middle left out where it is too long."""
    if len(text) == room and text.isascii():
        return text
    if cell_len(text) <= room:
        return set_cell_size(text, room)
    head = max(1, room // 2 - 1)
    return set_cell_size(f"{text[:head]}…{text[-(room - head - 1) :]}", room)
