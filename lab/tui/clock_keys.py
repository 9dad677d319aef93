"""The keys of time: the exercise screen has them all, the timeline's footer begins with the main ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.binding import Binding

if TYPE_CHECKING:
    from collections.abc import Callable

_KEYS = (
    ("space", "pause", "Pause", "Cluster time stands still, or goes on"),
    ("comma", "step", "Step", "Cluster time passes until something happens"),
    ("n", "skip_to_restart", "Next restart", "Cluster time passes until a container is started again"),
    ("greater_than_sign", "skip(60)", "Skip 60 s", "60 s of cluster time pass at once"),
    ("plus,equals_sign", "faster", "Faster", "The cluster's clock runs faster"),
    ("minus", "slower", "Slower", "The cluster's clock runs slower"),
    ("full_stop", "skip(10)", "Skip 10 s", "10 s of cluster time pass at once"),
)
"""Keys, the screen's action, its name, what it does; those a footer wants first come first."""


def bindings(action: Callable[[str], str] = str) -> list[Binding]:
    """The keys of time; `action` makes what they call out of the screen's action."""
    return [Binding(keys, action(does), name, tooltip=about) for keys, does, name, about in _KEYS]
