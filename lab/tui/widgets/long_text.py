"""Texts of which a key changes a little, however long they are.

Textual's documents walk over all lines for each key: for the widest, for the bytes above the cursor, for
the lines' places, and for the height again with each line that is drawn. Ten thousand lines were half a
second a key. Here that is asked of the text as a whole, and places are not kept at all: nothing is wrapped,
so a row is a line. Knows the insides of the Textual that is pinned.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, overload

from textual.document._document import Document, EditResult
from textual.document._syntax_aware_document import SyntaxAwareDocument
from textual.document._wrapped_document import WrappedDocument
from textual.expand_tabs import get_tab_widths
from textual.geometry import Size

if TYPE_CHECKING:
    from textual.document._document import DocumentBase, Location


class PlainText(Document):
    """A text in no language."""

    def get_size(self, tab_width: int) -> Size:
        """Its widest line in cells, and how many lines there are."""
        return _size(self) or super().get_size(tab_width)


class ParsedText(SyntaxAwareDocument):
    """A text with a syntax tree, which is kept up to date with every edit."""

    def get_size(self, tab_width: int) -> Size:
        """Its widest line in cells, and how many lines there are."""
        return _size(self) or super().get_size(tab_width)

    def replace_range(self, start: Location, end: Location, text: str) -> EditResult:
        """Put a text in the place of what is there; what the tree was made of is handed over at once."""
        top, bottom = sorted((start, end))
        first, last = self._location_to_byte_offset(top), self._location_to_byte_offset(bottom)
        from_point, to_point = self._location_to_point(top), self._location_to_point(bottom)
        result = Document.replace_range(self, start, end, text)
        self._syntax_tree.edit(
            start_byte=first,
            old_end_byte=last,
            new_end_byte=self._location_to_byte_offset(result.end_location),
            start_point=from_point,
            old_end_point=to_point,
            new_end_point=self._location_to_point(result.end_location),
        )
        self._syntax_tree = self._parser.parse(self.text.encode(), self._syntax_tree)
        return result

    def _location_to_byte_offset(self, location: Location) -> int:
        row, column = location
        above = len("".join(self._lines[:row]).encode()) + row * len(self.newline)
        return above + (len(self._lines[row][:column].encode()) if row < len(self._lines) else 0)


def _size(document: Document) -> Size | None:
    """The size of a text in which each character has one cell; None: this one is not so."""
    text = "".join(document.lines)
    if not text.isascii() or not text.isprintable():
        return None
    return Size(max(map(len, document.lines), default=0), document.line_count)


class _OfLines(Sequence[Any]):
    """Something that follows from a line's number alone."""

    def __init__(self, document: DocumentBase, of: Callable[[int], Any]) -> None:
        self._document, self._of = document, of

    def __len__(self) -> int:
        return self._document.line_count

    @overload
    def __getitem__(self, index: int) -> Any: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Any]: ...

    def __getitem__(self, index: int | slice) -> Any:
        numbers = range(len(self))[index]
        return self._of(numbers) if isinstance(numbers, int) else [self._of(number) for number in numbers]


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
            setattr(self, name, _OfLines(self.document, of))

    def wrap_range(self, start: Location, old_end: Location, new_end: Location) -> None:
        """They follow from the text."""

    def _tabs(self, number: int) -> list[int]:
        return [width for _, width in get_tab_widths(self.document.get_line(number), self._tab_width)]
