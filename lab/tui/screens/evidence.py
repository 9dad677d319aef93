"""Evidence with one's own eyes: a text over the screen, at the line that is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, Static

from lab.tui.screens.base import LabDialog
from lab.tui.widgets.key_bar import KeyBar
from lab.tui.widgets.output import Output, Written

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from lab.tui.evidence import Sight


class FindLine(Input):
    """What is looked for; in view while it is typed."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", "Text", tooltip="Back to the text")]

    class Closed(Message):
        """The keyboard goes back to the text."""

    def on_mount(self) -> None:
        """Nobody asked yet."""
        self.display = False

    def close(self) -> None:
        """Out of view."""
        self.display = False
        self.post_message(self.Closed())

    def action_close(self) -> None:
        """Enough."""
        self.close()


class EvidenceScreen(LabDialog[None]):
    """The lines that are meant have an arrow in front."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "leave", "Close")]

    def __init__(self, sight: Sight) -> None:
        super().__init__()
        self.sight = sight

    def compose(self) -> ComposeResult:
        """Title, text, keys."""
        with Vertical(classes="dialog -tall -reading"):
            yield Static(self.sight.title, id="question", markup=False)
            if self.sight.note:
                yield Static(self.sight.note, id="detail", markup=False)
            yield Output()
            yield FindLine(placeholder="a word to find; Enter finds it, Esc forgets it", compact=True)
            yield KeyBar()

    def on_mount(self) -> None:
        """The text, once it is known how much room there is."""
        output = self.query_one(Output)
        output.focus()
        meant = set(self.sight.meant)
        output.add(
            [
                Written(f"▶ {line}", "strong") if number in meant else Written(f"  {line}")
                for number, line in enumerate(self.sight.lines)
            ]
        )
        self.call_after_refresh(output.go_to, self.sight.meant[0] if meant else 0)

    def action_leave(self) -> None:
        """Close."""
        self.dismiss(None)

    @on(Output.FindWanted)
    def _find_wanted(self, event: Output.FindWanted) -> None:
        event.stop()
        line = self.query_one(FindLine)
        line.value, line.display = "", True
        line.focus()

    @on(FindLine.Submitted)
    def _find(self, event: FindLine.Submitted) -> None:
        event.stop()
        self.query_one(FindLine).close()
        if event.value and not self.query_one(Output).find(event.value, newest=False):
            self.notify("There is no such word in it.")

    @on(FindLine.Closed)
    def _back_to_the_text(self, event: FindLine.Closed) -> None:
        event.stop()
        self.query_one(Output).focus()

    @on(Output.Left)
    def _left(self) -> None:
        self.dismiss(None)
