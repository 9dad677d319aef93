"""A long operation in front: what it says, and the key that cancels it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import LoadingIndicator, RichLog, Static

from lab.tui.screens.base import LabDialog

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from lab.tui.operation import Operation


class ProgressScreen(LabDialog[bool]):
    """Follows an operation's narration; the result is True when the user asked to cancel.

    Also shows the output of an operation that ended (`ended=True`): then Escape closes it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Cancel")]

    def __init__(self, operation: Operation, *, ended: bool = False) -> None:
        super().__init__()
        self.operation = operation
        self._ended = ended
        self._told = 0

    def compose(self) -> ComposeResult:
        """Title, narration, key."""
        with Vertical(classes="dialog -tall" if self._ended else "dialog -running"):
            yield Static(
                f"{self.operation.title}{' · output' if self._ended else '…'}", id="question", markup=False
            )
            yield RichLog(wrap=True, markup=False, highlight=False, max_lines=1000, min_width=1)
            if not self._ended and self.app.animation_level != "none":
                yield LoadingIndicator()
            yield Static(
                "Esc closes" if self._ended else "Esc cancels", classes="keys", id="keys", markup=False
            )

    def on_mount(self) -> None:
        """Say what was told before this screen was up, and how long it takes."""
        self.refresh_narration()
        if not self._ended:
            began = time.monotonic()
            self.set_interval(1.0, lambda: self._say_time(time.monotonic() - began))

    def _say_time(self, seconds: float) -> None:
        self.query_one("#question", Static).update(f"{self.operation.title}…  {seconds:.0f} s")

    def refresh_narration(self) -> None:
        """Write the lines that are new; those told before the screen is up wait for it."""
        if not self.is_mounted:
            return
        lines = list(self.operation.narration)
        log = self.query_one(RichLog)
        for line in lines[self._told :]:
            log.write(line)
        self._told = len(lines)

    def action_leave(self) -> None:
        """Ask the operation to stop (it answers with its own failure), or close."""
        if self._ended:
            self.dismiss(False)
        else:
            self.lab_app.bridge.cancel()
            self.query_one("#keys", Static).update(
                "Cancelling: waiting for a place to stop…  Esc again does not wait"
            )
