"""Texts of which a key changes a little, however long they are.

Textual's documents walk over all lines for each key: for the widest, for the bytes above the cursor, for
the lines' places, for the height again with each line that is drawn, and for the text as a whole, which is
asked for with each line, too. Ten thousand lines were half a second a key. Here that is asked of the text as
a whole, which is put together once, and places are not kept at all: nothing is wrapped, so a row is a line.
A syntax tree is made where somebody looks, of a part that stands for itself. Knows the insides of the
Textual that is pinned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.document._document import Document, EditResult
from textual.document._wrapped_document import WrappedDocument
from textual.expand_tabs import get_tab_widths
from textual.geometry import Size
from tree_sitter import Parser, Query, QueryCursor

from lab.tui.widgets.on_demand import OnDemand

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.document._document import Location
    from tree_sitter import Language, Tree

WHOLE = 1000
"""A text of so many lines is parsed as a whole."""
ABOVE = 500
"""So many lines above those in view the part of a longer one begins at the most."""

Place = tuple[int, int]
"""A line, and a byte of it."""


class PlainText(Document):
    """A text in no language."""

    _whole: str | None = None
    """All of it; None: it was edited since that was asked for."""

    @property
    def text(self) -> str:
        """All of it."""
        if self._whole is None:
            self._whole = super().text
        return self._whole

    def replace_range(self, start: Location, end: Location, text: str) -> EditResult:
        """Put a text in the place of what is there."""
        self._whole = None
        return super().replace_range(start, end, text)

    def get_size(self, tab_width: int) -> Size:
        """Its widest line in cells, and how many lines there are."""
        text = "".join(self.lines)
        if not text.isascii() or not text.isprintable():
            return super().get_size(tab_width)
        return Size(max(map(len, self.lines), default=0), self.line_count)


class ParsedText(PlainText):
    """A text in a language."""

    def __init__(self, text: str, language: Language) -> None:
        super().__init__(text)
        self._language, self._parser = language, Parser(language)
        self._parsed: tuple[int, int, Tree] | None = None
        """The first line of the part that was parsed last, the one behind it, and its tree."""

    def replace_range(self, start: Location, end: Location, text: str) -> EditResult:
        """Put a text in the place of what is there."""
        self._parsed = None
        return super().replace_range(start, end, text)

    def prepare_query(self, query: str) -> Query:
        """A query for `captures`."""
        return Query(self._language, query)

    def captures(self, query: Query, first: int, last: int) -> Iterator[tuple[str, Place, Place]]:
        """What a query finds in these lines: its name, where it begins and where it ends."""
        begin, tree = self._tree(first, last)
        cursor = QueryCursor(query)
        cursor.set_point_range((first - begin, 0), (last - begin + 1, 0))
        for name, nodes in cursor.captures(tree.root_node).items():
            for node in nodes:
                (top, start), (bottom, stop) = node.start_point, node.end_point
                yield name, (top + begin, start), (bottom + begin, stop)

    def _tree(self, first: int, last: int) -> tuple[int, Tree]:
        """The tree of a part that has these lines in it, and the part's first line."""
        if self._parsed is None or not self._parsed[0] <= first <= last < self._parsed[1]:
            count = self.line_count
            begin, end = (0, count) if count <= WHOLE else (self._top(first), min(last + 1, count))
            part = self.text if end - begin == count else self.newline.join(self.lines[begin:end])
            self._parsed = begin, max(end, last + 1), self._parser.parse(part.encode())
        return self._parsed[0], self._parsed[2]

    def _top(self, line: int) -> int:
        """The next line upwards that can stand for itself: nothing is before it, and it is no comment."""
        lines = self.lines
        near = range(min(line, len(lines) - 1), max(line - ABOVE, 0) - 1, -1)
        return next((one for one in near if lines[one][:1].strip() not in {"", "#"}), near[0])


class FlatDocument(WrappedDocument):
    """The places of a text that is not wrapped."""

    @property
    def height(self) -> int:
        """A row a line."""
        return self.document.line_count

    def wrap(self, width: int, tab_width: int | None = None) -> None:  # noqa: ARG002 (nothing is wrapped)
        """Know the text's places."""
        self._width = 0
        self._tab_width = tab_width or self._tab_width
        for name, of in (
            ("_wrap_offsets", lambda _number: []),
            ("_offset_to_line_info", lambda number: (number, 0)),
            ("_line_index_to_offsets", lambda number: [number]),
            ("_tab_width_cache", self._tabs),
        ):
            setattr(self, name, OnDemand(lambda: self.document.line_count, of))

    def wrap_range(self, start: Location, old_end: Location, new_end: Location) -> None:
        """They follow from the text."""

    def _tabs(self, number: int) -> list[int]:
        return [width for _, width in get_tab_widths(self.document.get_line(number), self._tab_width)]
