"""NO_COLOR: the terminal's own colours, and nothing painted behind the text.

What stands out by its background (the row under the cursor, the panel with the keyboard, what was found) is
shown reversed, as terminals themselves do it; all else of a colour is dropped. Bold, underline stay.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter, Monochrome

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.color import Color as RichColor
    from textual.app import App

STANDS_OUT = 0.05
"""Brightness (0 to 1) by which a background that means something differs from those of panels, at least."""


class WithoutColour(LineFilter):
    """Drops colours from lines about to be drawn."""

    def __init__(self, plain: Callable[[], Color]) -> None:
        """`plain`: the background on which nothing stands out."""
        super().__init__()
        self._plain = plain

    def apply(self, segments: list[Segment], _background: Color) -> list[Segment]:
        """The same text, in the terminal's own colours."""
        plain = self._plain()
        return [
            Segment(text, None if style is None else _bare(style, plain), control)
            for text, style, control in segments
        ]


def install(app: App[int]) -> None:
    """Have the app draw so, where Textual would paint in greys."""

    def plain() -> Color:
        return Color.parse(app.current_theme.panel or "black")

    app._filters = [  # noqa: SLF001 (Textual has no way to say which)
        WithoutColour(plain) if isinstance(one, Monochrome) else one
        for one in app._filters  # noqa: SLF001 (the same)
    ]


@lru_cache(1024)
def _bare(style: Style, plain: Color) -> Style:
    marked = style.bgcolor is not None and _stands_out(style.bgcolor, plain)
    return Style(
        bold=style.bold,
        italic=style.italic,
        underline=style.underline,
        strike=style.strike,
        reverse=bool(style.reverse) != marked,
        meta=style.meta or None,
        link=style.link,
    )


def _stands_out(background: RichColor, plain: Color) -> bool:
    if background.is_default:
        return False
    found = Color.from_rich_color(background).brightness
    # Away from the text's end of the scale a panel may be plainer still than the plainest: that is no mark.
    return (found - plain.brightness if plain.brightness < 0.5 else plain.brightness - found) > STANDS_OUT
