"""The strip of panels: their numbers and names, which are in view, and a mark where something happened.

Where there is no room for all of it, the names stay, and that something is not saved.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Static

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.events import Click, Resize

UNSAVED = "•"
"""The mark of edits that are not on disk."""


class Entry(Static):
    """One panel's entry."""

    @dataclass
    class Pressed(Message):
        """Clicked."""

        panel: str

    def __init__(self, panel: str, number: int, name: str) -> None:
        super().__init__(f"[b]{number}[/b] {name}", id=f"entry-{panel}")
        self._mark = ""
        self._brief = False
        self._panel, self._label = panel, f"[b]{number}[/b] {name}"
        self._length = cell_len(f"{number} {name}")

    def mark(self, text: str) -> None:
        """Put a mark behind the name; empty: none."""
        if text != self._mark:
            self._mark = text
            self._draw()

    def abbreviate(self, brief: bool) -> None:
        """Say only what cannot wait, or all."""
        if brief != self._brief:
            self._brief = brief
            self._draw()

    @property
    def length(self) -> int:
        """The cells that name and mark want."""
        return self._length + (1 + cell_len(self._mark) if self._mark else 0)

    def _draw(self) -> None:
        urgent = self._mark if self._mark == UNSAVED else ""
        self.update(f"{self._label}{urgent}" if self._brief else f"{self._label} {self._mark}".rstrip())

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
        self._fit()

    def on_resize(self, _event: Resize) -> None:
        """More or less of it fits."""
        self._fit()

    def _fit(self) -> None:
        entries = tuple(self.query(Entry))
        tight = bool(self.size.width) and sum(one.length + 2 for one in entries) > self.size.width
        for entry in entries:
            entry.abbreviate(tight)
        self.set_class(tight, "-tight")
