"""Small modal questions: yes or no, what to do with unsaved edits, the diagnosis question."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.markup import escape
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from lab.tui.screens.base import LabDialog

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.events import Key


@dataclass(frozen=True)
class Choice:
    """One answer of a dialog."""

    id: str
    text: str
    key: str = ""
    """A letter that chooses it at once."""


class ChoiceScreen(LabDialog[str | None]):
    """Asks one thing; the result is the id of the choice, None when it was left with Escape.

    The first choice is the harmless one: Enter on a dialog that came unexpected does no harm.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Back")]

    def __init__(self, question: str, choices: tuple[Choice, ...], *, detail: str = "") -> None:
        super().__init__()
        self._question, self._choices, self._detail = question, choices, detail

    def compose(self) -> ComposeResult:
        """Question, detail, choices."""
        with Vertical(classes="dialog"):
            yield Static(self._question, id="question", markup=False)
            if self._detail:
                yield Static(self._detail, id="detail", markup=False)
            yield OptionList(*[Option(_label(choice), id=choice.id) for choice in self._choices])
            yield Static("Enter chooses · Esc goes back", classes="keys", markup=False)

    def on_key(self, event: Key) -> None:
        """A choice's own letter chooses it; the screen beneath never hears of it."""
        chosen = next((choice for choice in self._choices if choice.key and choice.key == event.key), None)
        if chosen is not None:
            event.stop()
            event.prevent_default()
            self.dismiss(chosen.id)

    def action_leave(self) -> None:
        """No answer."""
        self.dismiss(None)

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(event.option_id)


def _label(choice: Choice) -> str:
    return f"[b]{choice.key}[/b]  {escape(choice.text)}" if choice.key else escape(choice.text)


def confirm(question: str, yes: str, no: str, *, detail: str = "") -> ChoiceScreen:
    """A yes-or-no dialog; the result is `yes`, `no` or None."""
    return ChoiceScreen(question, (Choice("no", no, "n"), Choice("yes", yes, "y")), detail=detail)


class Way(Enum):
    """Out of an exercise, to where; the value is how an answer says it."""

    CATALOGUE = "go to the catalogue"
    SHELL = "quit"


def unsaved(names: tuple[str, ...], way: Way) -> ChoiceScreen:
    """What to do with unsaved edits on the way out: `keep`, `save`, `discard`, `stay` or None."""
    out = way.value
    return ChoiceScreen(
        f"Not saved yet: {', '.join(names)}",
        (
            Choice("keep", f"{out.capitalize()}; keep the edits, unsaved, for the next time", "k"),
            Choice("save", f"Save, apply and {out}, without a check", "s"),
            Choice("discard", f"Discard the edits and {out}", "x"),
            Choice("stay", "Stay here", "n"),
        ),
    )
