"""A text area that stays quick however long its text is, and can underline lines.

Textual colours the whole text anew with every key: with ten thousand lines that is a second a key. Here the
lines in view are coloured, and others when they come into view. Nothing is wrapped, so a row is a line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.style import Style
from textual._tree_sitter import get_language
from textual.document._document_navigator import DocumentNavigator
from textual.widgets import TextArea

from lab.tui.widgets.long_text import FlatDocument, ParsedText, PlainText

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.strip import Strip

MARGIN = 100
"""Lines above and below those in view that are coloured with them."""
MARK = "podlab.mark"
"""Name of the look of underlined lines."""


class ColouredText(TextArea):
    """Colours what is in view. Knows the insides of the Textual that is pinned."""

    _window = (0, 0)
    """First and last line that have their colours."""
    _marked: frozenset[int] = frozenset()

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
        if not self._highlight_query:
            return
        captures = self.document.query_syntax_tree(self._highlight_query, (first, 0), (last + 1, 0))
        for name, nodes in captures.items():
            for node in nodes:
                (begin, start), (end, stop) = node.start_point, node.end_point
                for row in range(max(begin, first), min(end, last) + 1):
                    from_, to = (start if row == begin else 0), (stop if row == end else None)
                    highlights[row].append((from_, to, name))

    def _render_line(self, y: int) -> Strip:
        row = y + self.scroll_offset.y
        if not self._window[0] <= row <= self._window[1] and row < self.document.line_count:
            self._build_highlight_map()
        if self._theme is not None:
            self._theme.syntax_styles.setdefault(MARK, Style(underline=True, bold=True))
        return super()._render_line(y)
