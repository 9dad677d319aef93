"""The lab's commands for the palette, generated from the bindings: every key's action has its name there.

In the palette are also actions whose keys are letters to whoever has the keyboard: that is what it is for.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from textual.app import SystemCommand
from textual.command import Hit, Hits
from textual.system_commands import SystemCommandsProvider

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.dom import DOMNode
    from textual.screen import Screen


class Commands(SystemCommandsProvider):
    """As Textual's own, but for finding a command by what is said of it as well as by its name."""

    async def search(self, query: str) -> Hits:
        """Those whose names match, before those whose descriptions have the words."""
        for hit in [one async for one in super().search(query)]:
            yield hit
        matcher, words = self.matcher(query), query.casefold().split()
        for name, about, run, _discover in self.app.get_system_commands(self.screen):
            if matcher.match(name) <= 0 and all(word in about.casefold() for word in words):
                yield Hit(0.01, name, run, help=about)


def commands(screen: Screen[Any]) -> Iterator[SystemCommand]:
    """What can be done on a screen now, nearest to the keyboard first; each name once."""
    app, named = screen.app, set()
    nodes: list[DOMNode] = (screen.focused or screen).ancestors_with_self
    for node in nodes:
        for _key, binding in node._bindings:  # noqa: SLF001 (Textual tells of active ones only)
            name, about = binding.description, binding.tooltip
            # Moving a cursor explains itself, and wants a key.
            if not about or binding.system or name in named:
                continue
            # What is not offered now is refused here as a key would be.
            if not app._check_action_state(binding.action, node):  # noqa: SLF001 (as Textual's key does)
                continue
            named.add(name)
            shown = app.get_key_display(binding)
            run = partial(app.run_action, binding.action, node)
            yield SystemCommand(name, f"{about} ({shown})", run)
