"""Light, dark and high contrast.

What is written can be read: dim text as well has a contrast of 4.5 to 1 on every background that text is on,
also in the nearest of a terminal's 256 colours.
"""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="podlab-dark",
    primary="#6cb6ff",
    secondary="#7f8ea3",
    accent="#f0a868",
    success="#57c98a",
    warning="#e5b454",
    error="#f47a6e",
    foreground="#d7dde5",
    background="#12161c",
    surface="#171c24",
    panel="#222a35",
    dark=True,
    variables={"primary-muted": "#293f56", "warning-muted": "#453c29", "error-muted": "#553434"},
)
LIGHT = Theme(
    name="podlab-light",
    primary="#1f5fbf",
    secondary="#5b6675",
    accent="#704400",
    success="#12743f",
    warning="#8a5a00",
    error="#b3261e",
    foreground="#1c222b",
    background="#f4f5f7",
    surface="#ffffff",
    panel="#e6e7e9",
    dark=False,
    variables={"primary-muted": "#c6d4ea", "warning-muted": "#ddd4c2", "error-muted": "#e8cfcf"},
)
CONTRAST = Theme(
    name="podlab-high-contrast",
    primary="#ffff00",
    secondary="#ffffff",
    accent="#00ffff",
    success="#00ff66",
    warning="#ffd000",
    error="#ff8080",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#1a1a1a",
    dark=True,
    variables={"primary-muted": "#3f3f00", "warning-muted": "#493b00", "error-muted": "#4c2626"},
)
THEMES = (DARK, LIGHT, CONTRAST)
