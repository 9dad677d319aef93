"""The strip of panels: their numbers and names, which are in view, and a mark where something happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Static

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.events import Click


class Entry(Static):
    """One panel's entry."""

    @dataclass
    class Pressed(Message):
        """Clicked."""

        panel: str

    def __init__(self, panel: str, number: int, name: str) -> None:
        super().__init__(f"[b]{number}[/b] {name}", id=f"entry-{panel}")
        self._mark = ""
        self._panel, self._label = panel, f"[b]{number}[/b] {name}"

    def mark(self, text: str) -> None:
        """Put a mark behind the name; empty: none."""
        if text != self._mark:
            self._mark = text
            self.update(f"{self._label} {text}".rstrip())

    def on_click(self, _event: Click) -> None:
        """Tell which panel is wanted."""
        self.post_message(self.Pressed(self._panel))


class Strip(Horizontal):
    """One line of entries."""

    def __init__(self, panels: tuple[tuple[str, str], ...]) -> None:
        super().__init__(id="strip")
        self._panels = panels

    def compose(self) -> ComposeResult:
        """An entry a panel, numbered from 1."""
        for number, (panel, name) in enumerate(self._panels, 1):
            yield Entry(panel, number, name)

    def show(self, visible: set[str], active: str) -> None:
        """Say which panels are in view and which one has the keyboard."""
        for panel, _name in self._panels:
            entry = self.query_one(f"#entry-{panel}", Entry)
            before = entry.classes
            entry.set_class(panel in visible, "-visible", update=False)
            entry.set_class(panel == active, "-active", update=False)
            if entry.classes != before:
                entry.update_node_styles()

    def mark(self, panel: str, text: str) -> None:
        """Put a mark behind a panel's name."""
        self.query_one(f"#entry-{panel}", Entry).mark(text)
