"""Every theme can be read: the contrast of text with what is behind it, by the formula of WCAG 2."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.color import ColorSystem
from textual.color import Color
from textual.constants import DIM_FACTOR

import lab.tui
from lab.tui.themes import THEMES
from lab.tui.widgets import strip
from tests.tui.conftest import driven

if TYPE_CHECKING:
    from textual.theme import Theme

    from tests.tui.scripted import ScriptedLab

LEAST = 4.5
"""Contrast that text has to have, to one."""

SHEETS = "".join(sheet.read_text() for sheet in Path(lab.tui.__file__).parent.rglob("*.tcss"))
STYLED = re.findall(r"background: \$([a-z-]+);\s*color: \$([a-z-]+)", SHEETS)
"""Pairs the style sheets make themselves."""

PLAIN = ("background", "surface", "panel")
BARS = ("primary-muted", "warning-muted", "error-muted")
TEXTS = ("foreground", "text", "text-muted", "text-accent", "text-success", "text-warning", "text-error")


SHADES = {int(shade) for shade in re.findall(r"[^-]color: \$foreground (\d+)%", SHEETS)}
SHADES |= {int(shade) for shade in re.findall(r"\$foreground (\d+)%", strip.OTHER)}
"""Of the foreground, in percent, that text is written in."""


def nearest(colour: Color) -> Color:
    """What a terminal of 256 colours shows instead."""
    return Color(*colour.rich_color.downgrade(ColorSystem.EIGHT_BIT).get_truecolor())


def luminance(colour: Color) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(text: Color, behind: Color) -> float:
    lighter, darker = sorted((luminance(text), luminance(behind)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def lowest(text: Color, behind: Color) -> float:
    """The lower of what the theme has and what 256 colours make of it."""
    return min(contrast(text, behind), contrast(nearest(text), nearest(behind)))


def written(name: str, behind: Color, colours: dict[str, str]) -> Color:
    """A named text colour as it comes out on a background; `auto` is black or white, whichever fits."""
    value = colours[name]
    if value.startswith("auto"):
        return behind + behind.get_contrast_text(float(value.split()[1].rstrip("%")) / 100)
    return Color.parse(value)


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_text_is_legible_in_every_theme(theme: Theme) -> None:
    colours = {**theme.to_color_system().generate(), **theme.variables}
    assert STYLED
    pairs = [*product(PLAIN, (*TEXTS, "primary", "accent")), *product(BARS, TEXTS), *STYLED]
    low = {}
    for background, name in pairs:
        behind = Color.parse(colours[background])
        # On bars other colours than the text's own are rare, and in 256 of them approximate.
        measure = contrast if background in BARS and name != "text" else lowest
        found = measure(written(name, behind, colours), behind)
        if found < LEAST:
            low[f"{name} on {background}"] = round(found, 2)
    for background, name in (*product(PLAIN, ("foreground",)), *product(BARS, ("text",))):
        behind = Color.parse(colours[background])
        dim = behind.blend(written(name, behind, colours), DIM_FACTOR)
        found = (contrast if background in BARS else lowest)(dim, behind)
        if found < LEAST:
            low[f"dim {name} on {background}"] = round(found, 2)
    for background, shade in product(PLAIN, SHADES):
        behind = Color.parse(colours[background])
        found = lowest(behind.blend(Color.parse(colours["foreground"]), shade / 100), behind)
        if found < LEAST:
            low[f"{shade}% of foreground on {background}"] = round(found, 2)
    assert low == {}
    assert SHADES


async def test_without_colour_nothing_is_painted_and_marks_are_reversed(
    lab: ScriptedLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with driven(lab) as driver:
        strips = driver.app.screen._compositor.render_strips()
        styles = [segment.style for strip in strips for segment in strip if segment.style is not None]
        assert {(style.color, style.bgcolor) for style in styles} == {(None, None)}
        assert any(style.reverse for style in styles), "the row under the cursor"
        assert sum(not style.reverse for style in styles) > len(styles) / 2
