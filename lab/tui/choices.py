"""What can be chosen, and what a choice is called: the settings as values, apart from how they are drawn.

A setting that the command line or the environment decides is shown with that, and cannot be changed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.settings import AUTO
from lab.tui.themes import THEMES
from lab.tui.widgets.settings_list import Setting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.attempt.preferences import Chosen

RATES = (1.0, 2.0, 5.0, 10.0)
"""Rates an exercise can be opened with."""

DONE = "done"
"""Of the tour: it was taken, or is not wanted."""
AGAIN = "again"
"""Of the tour: it is wanted, from the first step, whatever was solved."""
_TOUR = {"": "with the first exercise", AGAIN: "with the next exercise", DONE: "off"}

_PROVIDERS = {
    AUTO: "auto: kind where it runs, else embedded",
    "embedded": "embedded: simulated, needs nothing",
    "kind": "kind: a real one, in containers",
}


@dataclass(frozen=True)
class Surroundings:
    """What this machine, and the way the lab was started, leave to choose."""

    theme: str
    """The theme in use."""
    providers: Sequence[str]
    """Names of providers that can be chosen, `auto` first."""
    provider: str
    """The one command line or environment decided on; empty: neither did."""
    editors: Sequence[str]
    """Commands of the editors this machine has."""
    editor: str
    """The one the environment decided on; empty: it did not."""
    served: bool = False
    """Whether somebody sits at a browser."""


def settings(chosen: Chosen, around: Surroundings) -> tuple[Setting, ...]:
    """All settings, as they are now."""
    provider = around.provider or chosen.provider or AUTO
    editor = around.editor or chosen.editor
    browser = "in a browser files are edited here" if around.served else ""
    return (
        Setting(
            "theme", "Theme", around.theme.removeprefix("podlab-"), "Dark, light or high contrast. t as well."
        ),
        Setting(
            "provider",
            "Cluster for new exercises",
            provider if around.provider else _PROVIDERS.get(provider, provider),
            "Where exercises are started from now on, by the commands as well. One begun stays where it is.",
            "decided by --provider or PODLAB_PROVIDER" if around.provider else "",
        ),
        Setting(
            "check_on_save",
            "When a file is saved",
            "apply and check" if chosen.check_on_save else "only apply",
            "Here or in an editor of yours. With `only apply`, saves made elsewhere wait for Ctrl+S.",
        ),
        Setting(
            "editor",
            "Editor for e",
            editor or "ask",
            "What e opens a file in. The lab's own editor is always there: Enter in 2 Files.",
            browser or ("decided by VISUAL or EDITOR" if around.editor else ""),
        ),
        Setting(
            "rate",
            "Clock of the cluster",
            f"{chosen.rate:g}x",
            "How fast cluster time runs when an exercise is opened, where the clock can be set.",
        ),
        Setting(
            "toured",
            "Two-minute tour",
            _TOUR.get(chosen.toured, _TOUR[AGAIN]),
            "Shows the panes, a check, a hint and the way to a fix, on an exercise you open. "
            "By itself it comes only as long as you have solved none.",
        ),
    )


def turned(chosen: Chosen, around: Surroundings, setting: str, by: int) -> dict[str, object]:
    """What to keep so that a setting has its next value, or the one before; empty: it has no other."""
    values: dict[str, tuple[Sequence[object], object]] = {
        "theme": ([theme.name for theme in THEMES], around.theme),
        "provider": (around.providers, chosen.provider or AUTO),
        "check_on_save": ((True, False), chosen.check_on_save),
        "editor": (("", *around.editors), chosen.editor),
        "rate": (RATES, chosen.rate),
        "toured": _tours(chosen.toured),
    }
    possible, now = values[setting]
    fixed = next(one for one in settings(chosen, around) if one.id == setting).fixed
    if fixed or len(possible) < 2:
        return {}
    at = list(possible).index(now) if now in possible else -by
    wanted = possible[(at + by) % len(possible)]
    return {setting: "" if setting == "provider" and wanted == AUTO else wanted}


def _tours(toured: str) -> tuple[Sequence[object], object]:
    if toured == "":
        return ("", AGAIN, DONE), ""
    return (AGAIN, DONE), DONE if toured == DONE else AGAIN
