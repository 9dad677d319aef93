"""A scroll view whose content may grow without the whole screen being laid out anew each time.

Textual lays out the screen whenever a virtual size changes, since a scroll bar may have to come or go. Here
that is looked at first: as long as neither happens, only the bar is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.widget import Widget

if TYPE_CHECKING:
    from rich.style import Style
    from textual.strip import Strip


class QuietScroll(ScrollView):
    """Scrolls up and down over as many lines as `reach` says."""

    base: Style
    """How its text is drawn; worked out once for all lines that are drawn at a time."""

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines in view."""
        self.base = self.rich_style
        return super().render_lines(crop)

    def watch_has_focus(self, _has_focus: bool) -> None:
        """No style of these depends on the keyboard: what draws it otherwise asks for it as it is drawn.

        Else Textual would work out all their styles anew.
        """
        self.refresh()

    def _size_updated(
        self, size: Size, virtual_size: Size, container_size: Size, layout: bool = True
    ) -> bool:
        """Without a layout of its own, but where the height is that of the lines."""
        grows = self.styles.height is not None and self.styles.height.is_auto
        return super()._size_updated(size, virtual_size, container_size, layout and grows)

    def reach(self, lines: int) -> None:
        """There are so many lines now."""
        before = self.virtual_size
        size = Size(max(self.size.width - self.styles.scrollbar_size_vertical, 1), lines)
        if size == before:
            return
        room = self.container_size.height
        grows = self.styles.height is not None and self.styles.height.is_auto
        if not room or grows or (lines > room) != self.show_vertical_scrollbar:
            self.virtual_size = size
            return
        self.set_reactive(Widget.virtual_size, size)
        if self.show_vertical_scrollbar:
            self.vertical_scrollbar.window_virtual_size = lines
        if self.scroll_offset.y > self.max_scroll_y:
            self.scroll_to(y=self.max_scroll_y, animate=False)

    def reveal(self, row: int) -> None:
        """Scroll so that a row is in view, where a line of titles stays on top of all."""
        top, height = self.scroll_offset.y, max(1, self.size.height - 1)
        if row < top:
            self.scroll_to(y=row, animate=False)
        elif row >= top + height:
            self.scroll_to(y=row - height + 1, animate=False)
