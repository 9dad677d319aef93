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

WAS = "was "
"""What a mark begins with that speaks of an earlier state of the cluster."""

OTHER, VISIBLE, ACTIVE = "$foreground 70%", "$foreground", "b $background on $primary"
"""How the entries of panels look: out of view, in view, with the keyboard."""


class Entry(Static):
    """One panel's entry."""

    @dataclass
    class Pressed(Message):
        """Clicked."""

        panel: str

    def __init__(self, panel: str, number: int, name: str) -> None:
        self._mark, self._look, self._brief = "", OTHER, False
        self._panel, self._label = panel, f"[b]{number}[/b] {name}"
        self._length = cell_len(f"{number} {name}")
        super().__init__(self._text(), id=f"entry-{panel}")

    def mark(self, text: str) -> bool:
        """Put a mark behind the name; empty: none. Returns whether it is another."""
        changed = text != self._mark
        if changed:
            self._mark = text
            self.update(self._text())
        return changed

    def look(self, look: str) -> None:
        """Look otherwise. Not by a class: working out three styles anew takes as long as drawing a panel."""
        if look != self._look:
            self._look = look
            self.update(self._text(), layout=False)

    def abbreviate(self, brief: bool) -> None:
        """Say only what cannot wait, or all."""
        if brief != self._brief:
            self._brief = brief
            self.update(self._text())

    @property
    def length(self) -> int:
        """The cells that name and mark want."""
        return self._length + (1 + cell_len(self._mark) if self._mark else 0)

    def _text(self) -> str:
        urgent = self._mark if self._mark == UNSAVED else "!" if self._mark.startswith(WAS) else ""
        text = f"{self._label}{urgent}" if self._brief else f"{self._label} {self._mark}".rstrip() + " "
        return f"[{self._look}] {text}[/]"

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
            look = ACTIVE if panel == active else VISIBLE if panel in visible else OTHER
            self.query_one(f"#entry-{panel}", Entry).look(look)

    def mark(self, panel: str, text: str) -> None:
        """Put a mark behind a panel's name."""
        if self.query_one(f"#entry-{panel}", Entry).mark(text):
            self._fit()

    def on_resize(self, _event: Resize) -> None:
        """More or less of it fits."""
        self._fit()

    def _fit(self) -> None:
        entries = tuple(self.query(Entry))
        tight = bool(self.size.width) and sum(one.length + 2 for one in entries) > self.size.width
        for entry in entries:
            entry.abbreviate(tight)
