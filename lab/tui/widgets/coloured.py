"""A text area that stays quick however long its text is, and can underline lines.

Textual colours the whole text anew with every key: with ten thousand lines that is a second a key. Here the
lines in view are coloured, and others when they come into view. Nothing is wrapped, so a row is a line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.style import Style
from textual._tree_sitter import get_language
from textual.document._document_navigator import DocumentNavigator
from textual.geometry import Offset, Size
from textual.widget import Widget
from textual.widgets import TextArea

from lab.tui.widgets.long_text import FlatDocument, ParsedText, PlainText

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.geometry import Region
    from textual.strip import Strip

MARGIN = 100
"""Lines above and below those in view that are coloured with them."""
KEPT = 500
"""Lines that are kept as they were drawn."""
CURSOR = 3
"""Cells kept in view from the cursor on, as Textual does it."""
MARK = "podlab.mark"
"""Name of the look of underlined lines."""


class ColouredText(TextArea):
    """Colours what is in view. Knows the insides of the Textual that is pinned."""

    _window = (0, 0)
    """First and last line that have their colours."""
    _marked: frozenset[int] = frozenset()
    _looks: tuple[object, ...] | None = None

    def __init__(self, *given: Any, **named: Any) -> None:
        self._drawn: dict[tuple[object, ...], Strip] = {}
        """Lines as they were drawn, by all that they were drawn from: a key changes one or two."""
        super().__init__(*given, **named)

    def scroll_cursor_visible(self, center: bool = False, animate: bool = False) -> Offset:
        """The cursor into view, and the lines' beginnings as well wherever it leaves them room."""
        moved = super().scroll_cursor_visible(center, animate)
        room = self.scrollable_content_region.width - self.gutter_width - CURSOR
        if self.scroll_x and self._cursor_offset[0] <= room:
            self.scroll_to(x=0, animate=False, force=True, immediate=True)
        return moved

    def _set_document(self, text: str, language: str | None) -> None:
        known = get_language(language) if language else None
        self._highlight_query = None
        if language is None or known is None:
            self.document = PlainText(text)
        else:
            self.document = ParsedText(text, known)
            self._highlight_query = self.document.prepare_query(self._get_builtin_highlight_query(language))
        self.wrapped_document = FlatDocument(self.document, tab_width=self.indent_width)
        self.navigator = DocumentNavigator(self.wrapped_document)
        self._build_highlight_map()
        self.move_cursor((0, 0))
        self._rewrap_and_refresh_virtual_size()

    def mark(self, lines: Iterable[int]) -> None:
        """Underline these lines (0-based), and no others."""
        wanted = frozenset(lines)
        if wanted != self._marked:
            self._marked = wanted
            self._build_highlight_map()
            self.refresh()

    @property
    def has_marks(self) -> bool:
        """Whether any line is underlined."""
        return bool(self._marked)

    def _recompute_cursor_offset(self) -> None:
        # Undo takes lines away, and perhaps the scroll bar, before it moves the cursor off them.
        if self.cursor_location[0] < self.document.line_count:
            super()._recompute_cursor_offset()  # type: ignore[no-untyped-call]  # (Textual's own is untyped)

    def _build_highlight_map(self) -> None:
        self._line_cache.clear()
        highlights = self._highlights
        highlights.clear()
        top = self.scroll_offset.y if self.is_attached else 0
        first = max(top - MARGIN, 0)
        last = top + self.size.height + MARGIN
        self._window = (first, last)
        for line in self._marked:
            highlights[line].append((0, None, MARK))
        document = self.document
        if not self._highlight_query or not isinstance(document, ParsedText):
            return
        for name, (begin, start), (end, stop) in document.captures(self._highlight_query, first, last):
            for row in range(max(begin, first), min(end, last) + 1):
                from_, to = (start if row == begin else 0), (stop if row == end else None)
                highlights[row].append((from_, to, name))

    def _refresh_size(self) -> None:
        """The text is longer or shorter: lay out anew only where a scroll bar comes or goes for it."""
        width, height = self.document.get_size(self.indent_width)
        size, room = Size(width + self.gutter_width + 1, height), self.container_size
        high, wide = height > room.height, size.width > room.width
        wide = wide or (high and size.width > room.width - self.styles.scrollbar_size_vertical)
        high = high or (wide and height > room.height - self.styles.scrollbar_size_horizontal)
        if not room or (high, wide) != (self.show_vertical_scrollbar, self.show_horizontal_scrollbar):
            super()._refresh_size()
            return
        self.set_reactive(Widget.virtual_size, size)
        if high:
            self.vertical_scrollbar.window_virtual_size = height
        if wide:
            self.horizontal_scrollbar.window_virtual_size = size.width
        self.scroll_x = self.validate_scroll_x(self.scroll_x)
        self.scroll_y = self.validate_scroll_y(self.scroll_y)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines asked for."""
        if self._theme is not None:
            self._theme.syntax_styles.setdefault(MARK, Style(underline=True, bold=True))
        self._looks = None
        return super().render_lines(crop)

    def _render_line(self, y: int) -> Strip:
        row = y + self.scroll_offset.y
        if not self._window[0] <= row <= self._window[1] and row < self.document.line_count:
            self._build_highlight_map()
        if row >= self.document.line_count or self._is_special(row):
            return super()._render_line(y)
        key = (row, self.document[row], tuple(self._highlights.get(row, ())), self._look())
        drawn = self._drawn.get(key)
        if drawn is None:
            if len(self._drawn) >= KEPT:
                self._drawn.clear()
            drawn = self._drawn[key] = super()._render_line(y)
        return drawn

    def _is_special(self, row: int) -> bool:
        """Whether it is drawn otherwise because of where the cursor is."""
        bracket = self._matching_bracket_location
        (top, _), (bottom, _) = sorted(self.selection)
        return top <= row <= bottom or (bracket is not None and bracket[0] == row)

    def _look(self) -> tuple[object, ...]:
        """All that lines look like beside what they say."""
        if self._looks is None:
            theme = self._theme
            styles = (theme.base_style, theme.gutter_style) if theme is not None else ()
            measures = (self.virtual_size.width, self.region.width, self.gutter_width, self.scroll_offset.x)
            self._looks = (self.theme, self.app.theme, self.rich_style, styles, measures, self.indent_width)
        return self._looks
