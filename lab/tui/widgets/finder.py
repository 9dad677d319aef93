"""Find a text, or go to a line, in the file in view: one line at its foot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static

if TYPE_CHECKING:
    from textual.app import ComposeResult

FIND, LINE = "find", "line"


class FindInput(Input):
    """What is looked for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,f3,down", "next(1)", "Next", tooltip="The next place; in `line`: go there"),
        Binding("shift+f3,up", "next(-1)", "Previous", tooltip="The place before"),
        Binding("escape", "leave", "Back", tooltip="To the text"),
    ]

    @dataclass
    class Next(Message):
        """Go on to the next (1) or previous (-1) place."""

        by: int

    class Left(Message):
        """Enough."""

    def action_next(self, by: int) -> None:
        """The next place."""
        self.post_message(self.Next(by))

    def action_leave(self) -> None:
        """Back to the text."""
        self.post_message(self.Left())


class Finder(Horizontal):
    """The line; `-shown` while it is asked."""

    @dataclass
    class Wanted(Message):
        """Go to the next place of a text (`by`), from where the cursor is; 0: as it is being typed."""

        text: str
        by: int

    @dataclass
    class LineWanted(Message):
        """Go to a line, 1-based."""

        line: int

    class Left(Message):
        """The keyboard goes back to the text."""

    def __init__(self) -> None:
        super().__init__()
        self._mode = FIND

    def compose(self) -> ComposeResult:
        """What it asks, the answer, what came of it."""
        yield Static(FIND, classes="mode")
        yield FindInput(compact=True)
        yield Static("", classes="told")

    def ask(self, mode: str) -> None:
        """Ask for a text or a line."""
        self._mode = mode
        self.query_one(".mode", Static).update(mode)
        self.tell("")
        self.add_class("-shown")
        field = self.query_one(FindInput)
        if mode == LINE:
            field.value = ""
        field.focus()

    def tell(self, said: str) -> None:
        """How many there are, or that there are none."""
        self.query_one(".told", Static).update(said)

    def close(self) -> None:
        """Go out of view."""
        self.remove_class("-shown")

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        if self._mode == FIND and self.has_class("-shown"):
            self.post_message(self.Wanted(event.value, 0))

    @on(FindInput.Next)
    def _next(self, event: FindInput.Next) -> None:
        event.stop()
        value = self.query_one(FindInput).value
        if self._mode == FIND:
            self.post_message(self.Wanted(value, event.by))
        elif value.strip().isdigit():
            self.post_message(self.LineWanted(int(value)))
            self._leave()
        else:
            self.tell("a number, please")

    @on(FindInput.Left)
    def _left(self, event: FindInput.Left) -> None:
        event.stop()
        self._leave()

    def _leave(self) -> None:
        self.close()
        self.post_message(self.Left())
