"""A scroll view whose content may grow without the whole screen being laid out anew each time.

Textual lays out the screen whenever a virtual size changes, since a scroll bar may have to come or go. Here
that is looked at first: as long as neither happens, only the bar is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from rich.color import Color
from textual.containers import VerticalScroll
from textual.events import DescendantBlur, DescendantFocus
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.strip import Strip
from textual.widget import Widget

from lab.tui.widgets.settled import Settled

if TYPE_CHECKING:
    from rich.segment import Segment
    from rich.style import Style
    from textual.events import Blur, Focus


class QuickBar(ScrollBar):
    """Draws itself; Rich's console, which is asked otherwise, costs more than the list beside it."""

    def render_lines(self, crop: Region) -> list[Strip]:
        """Its cells, of which each is a line and most look the same."""
        bar = cast("ScrollBarRender", self.render())
        style = cast("Style", bar.style)
        cells = bar.render_bar(
            self.size.height,
            bar.virtual_size,
            bar.window_size,
            bar.position,
            bar.thickness,
            back_color=style.bgcolor or Color.default(),
            bar_color=style.color or Color.default(),
        )
        background, filters = self.background_colors[1], self.get_line_filters()
        made: dict[Segment, Strip] = {}
        strips = []
        for cell in list(cells.segments)[crop.y : crop.bottom]:
            strip = made.get(cell)
            if strip is None:
                strip = Strip([cell], 1)
                for one in filters:
                    strip = strip.apply_filter(one, background)
                made[cell] = strip
            strips.append(strip)
        return strips


class QuietColumn(VerticalScroll, Settled):
    """Widgets in a column, laid out again where its scroll bar comes or goes, not whenever it is resized."""


class QuietScroll(ScrollView):
    """Scrolls up and down over as many lines as `reach` says."""

    _made_for: Size | None = None
    """The size for which what is shown was made; None: it has to be made."""
    _ground: object = None
    """On which its parts are drawn."""
    _looks: dict[str, tuple[object, Style]]
    base: Style
    """How its text is drawn; worked out once for all lines that are drawn at a time."""

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines in view."""
        self.base = self.rich_style
        ground = (self.background_colors, self.base)
        if ground != self._ground:
            self._ground, self._looks = ground, {}
        return super().render_lines(crop)

    def part(self, name: str) -> Style:
        """How a part is drawn. Textual would work that out for each line.

        Its styles are a new object whenever they were worked out anew.
        """
        styles = self._component_styles[name]
        known = self._looks.get(name)
        if known is None or known[0] is not styles:
            known = self._looks[name] = styles, self.get_component_rich_style(name, partial=True)
        return known[1]

    def _on_focus(self, event: Focus) -> None:
        """Nothing of these looks otherwise with the keyboard but what a subclass draws where it watches that.

        Else Textual would work out all their styles anew, and draw them as a whole.
        """
        self._focus_changed(event, True)

    def _on_blur(self, event: Blur) -> None:
        """Neither without it."""
        self._focus_changed(event, False)

    def _focus_changed(self, event: Focus | Blur, has: bool) -> None:
        event.prevent_default()
        self.has_focus = has
        if self.parent is not None:
            self.parent.post_message(DescendantFocus(self) if has else DescendantBlur(self))

    def watch_has_focus(self, _has_focus: bool) -> None:
        """See there."""

    def _size_updated(
        self, size: Size, virtual_size: Size, container_size: Size, layout: bool = True
    ) -> bool:
        """A layout tells all sizes; one that is not another has nothing to be drawn for."""
        room = size - self.styles.gutter.totals
        if (
            size == self._size
            and room == self._container_size
            and (self.virtual_size.height > room.height) == self.show_vertical_scrollbar
        ):
            resized = False
        else:
            resized = super()._size_updated(size, virtual_size, container_size, layout)
        if self._made_for != self.size:
            self._made_for = self.size
            self.fit()
            self._drawn_with_the_layout()
        return resized

    def fit(self) -> None:
        """Make what is shown for the size it has now: before the layout that gave it is drawn."""

    def remake_later(self) -> None:
        """It cannot be seen: once it can, it is made anew whatever its size."""
        self._made_for = None

    def _drawn_with_the_layout(self) -> None:
        """What has another size, or came into view, is drawn as a whole in any case, and its bar with it."""
        for one in (self, self._vertical_scrollbar):
            if one is not None:
                one._repaint_required = False  # noqa: SLF001 (of widgets there is no other word for it)
                one._repaint_regions.clear()  # noqa: SLF001

    @property
    def vertical_scrollbar(self) -> ScrollBar:
        """Its bar."""
        if self._vertical_scrollbar is None:
            bar = self._vertical_scrollbar = QuickBar(name="vertical", thickness=self.scrollbar_size_vertical)
            bar.display = False
            self.app._start_widget(self, bar)  # noqa: SLF001 (as Textual starts its own)
        return self._vertical_scrollbar

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
