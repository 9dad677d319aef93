"""The frame of a panel: drawn where it changed, not with all that is in it.

A border's words have a line each, what lies between them looks the same on all lines, and that the keyboard
came in changes nothing but the frame. Textual would draw the whole panel for the words, work out all its
styles anew for the rest, and draw everything inside as well. Knows the insides of the Textual that is pinned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual._styles_cache import StylesCache
from textual.containers import Vertical
from textual.geometry import Region
from textual.style import Style

if TYPE_CHECKING:
    from textual.color import Color
    from textual.css.styles import StylesBase
    from textual.strip import Strip

LIT = "frame--current"
"""How the frame looks that the keyboard is in."""


class _Lines(StylesCache):
    """A frame's lines, of which those between the first and the last are one."""

    look: StylesBase
    """In the place of the widget's own."""
    _between: Strip | None = None

    def clear(self) -> None:
        """Everything is to be drawn anew."""
        super().clear()
        self._between = None

    def render(self, styles: StylesBase, *given: Any, **named: Any) -> list[Strip]:  # noqa: ARG002 (see `look`)
        """The lines asked for."""
        return super().render(self.look, *given, **named)

    def render_line(self, styles: StylesBase, y: int, size: Any, *given: Any) -> Strip:
        """One of them."""
        if y in (0, size.height - 1):
            return super().render_line(styles, y, size, *given)
        if self._between is None:
            self._between = super().render_line(styles, y, size, *given)
        return self._between


class _Words:
    """What stands in a border: only its line is drawn for it, and only where it is another."""

    def __set_name__(self, _owner: object, name: str) -> None:
        self._kept = f"_{name}"

    def __set__(self, frame: Frame, words: str | None) -> None:
        made = None if words is None else frame.render_str(words).expand_tabs(4).split()[0]
        if made != getattr(frame, self._kept):
            setattr(frame, self._kept, made)
            frame.refresh_border()

    def __get__(self, frame: Frame | None, _owner: object) -> str | None:
        made = getattr(frame, self._kept, None)
        return None if made is None else str(made.markup)


class Frame(Vertical):
    """A column of widgets in a border."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {LIT}

    border_title = _Words()
    border_subtitle = _Words()

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 (Textual's own name)
        super().__init__(id=id)
        self._styles_cache = _Lines()
        self._lit = False

    def light(self, lit: bool) -> None:
        """The keyboard is in it, or is not."""
        if lit is not self._lit:
            self._lit = lit
            self._styles_cache.clear()
            self.refresh_border(sides=True)

    def refresh_border(self, *, sides: bool = False) -> None:
        """Draw the first and the last line anew, and what is between them at the sides."""
        width, height = self._size
        lines = [Region(0, 0, width, 1), Region(0, height - 1, width, 1)]
        if sides:
            lines += [Region(0, 0, 1, height), Region(width - 1, 0, 1, height)]
        if self._size:
            self.refresh(*(line - self.content_offset for line in lines))

    def render_lines(self, crop: Region) -> list[Strip]:
        """Its lines, without what is in it."""
        cast("_Lines", self._styles_cache).look = self._frame_look
        return super().render_lines(crop)

    @property
    def _frame_look(self) -> StylesBase:
        return self.get_component_styles(LIT) if self._lit else self.styles

    def _get_title_style_information(self, _background: Color) -> tuple[Color, Color, Style]:
        look = self._frame_look
        return (
            look.border_title_color,
            look.border_title_background,
            Style.from_rich_style(look.border_title_style),
        )

    def _get_subtitle_style_information(self, _background: Color) -> tuple[Color, Color, Style]:
        look = self._frame_look
        return (
            look.border_subtitle_color,
            look.border_subtitle_background,
            Style.from_rich_style(look.border_subtitle_style),
        )
