"""The line of keys at the bottom, made from the bindings that work now.

Textual's own footer is a widget a key and is composed anew whenever the focus moves; that is most of what a
key press would cost here. This is one line of text that changes when what it says does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.content import Content
from textual.widgets import Static

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.events import Click, Resize
    from textual.screen import Screen

Key = tuple[str, str, str]
"""A key, as it is shown, and what it does."""


_LAST = 2
"""Keys at the end that are never left out."""
_USUAL = 80
"""Cells of a window that is not narrow."""


class KeyBar(Static):
    """`c Check  h Hint  …`; a click on one presses it."""

    def __init__(self) -> None:
        super().__init__()
        self._keys: tuple[Key, ...] = ()
        self._due = False
        self._drawn: tuple[Key, ...] = ()
        """Those there is room for."""
        self._gap = 1

    def on_mount(self) -> None:
        """Follow the screen's bindings."""
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_updated)
        self.watch(self.app, "app_focus", self._came_back, init=False)
        self._show()

    def on_resize(self, _event: Resize) -> None:
        """Where there is room, two cells between the keys."""
        self._draw()

    def on_click(self, event: Click) -> None:
        """Press the key under the mouse."""
        at = 0
        for key in self._drawn:
            at += _length(key)
            if event.x < at:
                self.app.simulate_key(key[0])
                return
            at += self._gap

    def _came_back(self, focus: bool) -> None:
        if focus:
            self._bindings_updated(self.screen)

    def _bindings_updated(self, screen: Screen[object]) -> None:
        # Of several changes in a row only the state after the last one counts; and while the terminal is in
        # the background nothing has the focus, which is no reason to change what is offered.
        if screen is self.screen and self.app.app_focus and not self._due:
            self._due = True
            # In its own queue: what is to follow a refresh is kept by the screen on top, and lost with it.
            self.call_later(self._show)

    def _show(self) -> None:
        self._due = False
        if not self.is_attached:
            return  # the screen was left between the change and now
        found: dict[str, Key] = {}
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if binding.show and active.enabled:
                key = (binding.key, self.app.get_key_display(binding), binding.description)
                found.setdefault(binding.action, key)
        keys = tuple(found.values())
        if keys != self._keys:
            self._keys = keys
            self._draw()

    def _draw(self) -> None:
        self._drawn = keys = fitting(self._keys, self.size.width or self.app.size.width)
        self._gap = 2 if _width(keys, 2) <= self.size.width else 1
        space = " " * self._gap
        self.update(
            Content(space).join(
                Content.assemble((shown, "bold $footer-key-foreground"), f" {does}" if does else "")
                for _, shown, does in keys
            ),
            layout=False,
        )


def fitting(keys: Sequence[Key], room: int) -> tuple[Key, ...]:
    """The keys there is room for: the way back and the help, which has them all, are last and stay.

    In a narrow window a question mark says what it is by itself, if another key gets the room of its word.
    """
    whole = _cut(keys, room)
    if room >= _USUAL or not keys or keys[-1][1] != "?":
        return whole
    key, shown, _ = keys[-1]
    brief = _cut((*keys[:-1], (key, shown, "")), room)
    return brief if len(brief) > len(whole) else whole


def _cut(keys: Sequence[Key], room: int) -> tuple[Key, ...]:
    left = tuple(keys)
    while len(left) > _LAST and _width(left, 1) > room:
        left = (*left[: -_LAST - 1], *left[-_LAST:])
    return left


def _length(key: Key) -> int:
    _, shown, does = key
    return cell_len(f"{shown} {does}".rstrip())


def _width(keys: Sequence[Key], gap: int) -> int:
    return sum(_length(key) + gap for key in keys) - gap
