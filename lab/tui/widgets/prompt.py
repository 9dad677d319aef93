"""The line commands are typed into: history, completion and the keys of a shell's prompt.

Keys act in the order they were typed, also on a busy machine: whatever this widget answers is answered here
and not sent around as a binding (as in the editor).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input

if TYPE_CHECKING:
    from textual import events

    from lab.tui.command_history import CommandHistory


class _FromHistory(Suggester):
    """Ends a line as it was ended the last time; right arrow takes it."""

    def __init__(self, history: CommandHistory) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._history = history

    async def get_suggestion(self, value: str) -> str | None:
        """The latest line that begins so."""
        return self._history.beginning(value) or None


class Prompt(Input):
    """A command line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "run", "Run", tooltip="Run it; in the list: take what is marked"),
        Binding("tab", "complete", "Complete", tooltip="Commands, kinds, names, namespaces, flags, files"),
        Binding("escape", "leave", "Stop/Close", tooltip="Close the list, stop what runs, or close kubectl"),
        Binding("ctrl+r", "search", "History", key_display="^r", tooltip="Search the lines typed before"),
        Binding("shift+tab", "output", "Output", key_display="⇧Tab", tooltip="Search, copy, wrap the output"),
        Binding("ctrl+o", "zoom", "Zoom", key_display="^o", tooltip="The whole screen, and back"),
        Binding("up", "move(-1)", "Earlier line", show=False, tooltip="The line typed before; in a list: up"),
        Binding("down", "move(1)", "Later line", show=False, tooltip="The line typed after; in a list: down"),
        Binding("pageup", "page(-1)", "Output up", show=False, tooltip="Scroll the output"),
        Binding("pagedown", "page(1)", "Output down", show=False, tooltip="Scroll the output"),
        Binding("ctrl+l", "clear", "Clear", show=False, tooltip="Forget the output"),
        Binding("ctrl+c", "interrupt", "Stop", show=False, tooltip="Stop what runs, as in a shell"),
    ]

    @dataclass
    class Pressed(Message):
        """A key that is more than typing: `run`, `complete`, `leave`, `search`, `output` and so on."""

        what: str
        by: int = 0

    def __init__(self, history: CommandHistory) -> None:
        super().__init__(
            placeholder="get pods   (Tab completes, ↑ earlier lines)",
            suggester=_FromHistory(history),
            select_on_focus=False,
            compact=True,
        )
        self._history = history
        self._at: int | None = None
        """Where in the history we are; None: at the line being typed."""
        self._typed = ""
        """The line being typed, while others are looked at."""
        self._keys = _keys(self)

    async def _on_key(self, event: events.Key) -> None:
        action = self._keys.get(event.key)
        if action is None:
            await super()._on_key(event)
            return
        event.stop()
        event.prevent_default()
        await self.run_action(action)

    def earlier(self, by: int) -> None:
        """The line typed before this one, or after it."""
        lines = self._history.lines
        at = len(lines) if self._at is None else self._at
        if self._at is None:
            self._typed = self.value
        wanted = min(max(at + by, 0), len(lines))
        self._at = None if wanted == len(lines) else wanted
        self.put(self._typed if self._at is None else lines[wanted])

    def put(self, text: str, cursor: int | None = None) -> None:
        """Another line, the cursor at its end unless told otherwise."""
        self.value = text
        self.cursor_position = len(text) if cursor is None else cursor

    def done(self) -> None:
        """The line was run: the next one begins."""
        self._at, self._typed = None, ""
        self.put("")

    def action_run(self) -> None:
        """Run it."""
        self.post_message(self.Pressed("run"))

    def action_complete(self) -> None:
        """Complete it."""
        self.post_message(self.Pressed("complete"))

    def action_leave(self) -> None:
        """Close what is open."""
        self.post_message(self.Pressed("leave"))

    def action_search(self) -> None:
        """Search the history."""
        self.post_message(self.Pressed("search"))

    def action_output(self) -> None:
        """To the output."""
        self.post_message(self.Pressed("output"))

    def action_zoom(self) -> None:
        """All of the screen."""
        self.post_message(self.Pressed("zoom"))

    def action_clear(self) -> None:
        """Forget the output."""
        self.post_message(self.Pressed("clear"))

    def action_interrupt(self) -> None:
        """Stop what runs."""
        self.post_message(self.Pressed("interrupt"))

    def action_move(self, by: int) -> None:
        """Up or down, in the list or the history."""
        self.post_message(self.Pressed("move", by))

    def action_page(self, by: int) -> None:
        """Scroll the output."""
        self.post_message(self.Pressed("page", by))


def _keys(prompt: Prompt) -> dict[str, str]:
    """The action of every key the prompt answers, by key."""
    bindings: list[BindingType] = [*Input.BINDINGS, *prompt.BINDINGS]
    return {
        key.strip(): one.action for one in bindings if isinstance(one, Binding) for key in one.key.split(",")
    }
