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
_PROMPTS = {FIND: "find:", LINE: "go to line:"}


class FindInput(Input):
    """What is looked for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter",
            "next(1)",
            "Go",
            key_display="⏎",
            tooltip="To the first place, then the next; to the line",
        ),
        Binding("f3,down", "next(1)", "Next", show=False, tooltip="The next place"),
        Binding("shift+f3,up", "next(-1)", "Previous", tooltip="The place before"),
        Binding("ctrl+f", "ask('find')", "Find", key_display="^f", tooltip="A text"),
        Binding("ctrl+g", "ask('line')", "Go to line", key_display="^g", tooltip="A line by its number"),
        Binding("escape", "leave", "Back", tooltip="To the text"),
        Binding(
            "ctrl+s", "screen.apply", "Save", tooltip="Write every edited file, apply the workspace, check"
        ),
    ]

    mode = FIND
    """What is asked for."""

    @dataclass
    class Asked(Message):
        """The other question."""

        mode: str

    @dataclass
    class Next(Message):
        """Go on to the next (1) or previous (-1) place."""

        by: int

    class Left(Message):
        """Enough."""

    def action_next(self, by: int) -> None:
        """The next place."""
        self.post_message(self.Next(by))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Of lines there is no next one, and no question is asked twice."""
        if action == "next":
            return self.mode == FIND or parameters == (1,)
        if action == "ask":
            return parameters != (self.mode,)
        return super().check_action(action, parameters)

    def action_ask(self, mode: str) -> None:
        """The other question."""
        self.post_message(self.Asked(mode))

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
        self._typed = False
        """Whether the text was changed since the last Enter: that one is for the place in view."""

    def compose(self) -> ComposeResult:
        """What it asks, the answer, what came of it."""
        yield Static(_PROMPTS[FIND], classes="mode")
        yield FindInput(compact=True)
        yield Static("", classes="told")

    @property
    def _field(self) -> FindInput:
        return self.query_one(FindInput)

    def ask(self, mode: str) -> None:
        """Ask for a text or a line."""
        self.query_one(".mode", Static).update(_PROMPTS[mode])
        self.tell("")
        self.add_class("-shown")
        field = self._field
        field.mode = mode
        if mode == LINE:
            field.value = ""
        field.focus()
        field.refresh_bindings()

    def tell(self, said: str) -> None:
        """How many there are, or that there are none."""
        self.query_one(".told", Static).update(said)

    def close(self) -> None:
        """Go out of view."""
        self.remove_class("-shown")

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        if self._field.mode == FIND and self.has_class("-shown"):
            self._typed = True
            self.post_message(self.Wanted(event.value, 0))

    @on(FindInput.Next)
    def _next(self, event: FindInput.Next) -> None:
        event.stop()
        value = self._field.value
        if self._field.mode == FIND:
            self.post_message(self.Wanted(value, 0 if self._typed and event.by > 0 else event.by))
            self._typed = False
        elif value.strip().isdigit():
            self.post_message(self.LineWanted(int(value)))
            self._leave()
        else:
            self.tell("a number, please")

    @on(FindInput.Asked)
    def _asked(self, event: FindInput.Asked) -> None:
        event.stop()
        self.ask(event.mode)

    @on(FindInput.Left)
    def _left(self, event: FindInput.Left) -> None:
        event.stop()
        self._leave()

    def _leave(self) -> None:
        self.close()
        self.post_message(self.Left())
