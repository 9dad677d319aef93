"""A text over the screen, with the same keys whatever it is of: evidence, a description, YAML.

Invariant: what the reader looks at stays where it is when the text changes, and what has to be said about a
search is said in the box, and goes with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, Static

from lab.tui.screens.base import LabDialog
from lab.tui.widgets.key_bar import KeyBar
from lab.tui.widgets.lines import Line, Span
from lab.tui.widgets.output import Output, Written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult


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


class Text(Output):
    """Lines to read: the names of fields stand out, lines that are meant have an arrow in front."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: tuple[str, ...] = ()
        """As they are copied."""

    def take(self, lines: Sequence[str], meant: Sequence[int] = ()) -> None:
        """Show other lines, from where the reader is."""
        if tuple(lines) == self.lines:
            return
        self.lines, arrows = tuple(lines), set(meant)
        lead = "  " if arrows else ""
        self.replace(
            [
                Written(f"▶ {line}", "strong") if number in arrows else Written(f"{lead}{line}")
                for number, line in enumerate(self.lines)
            ]
        )

    @property
    def last(self) -> tuple[str, ...]:
        """All of it."""
        return self.lines

    def rows_of(self, one: Written) -> list[Line]:
        """A line's rows; the name of a field, if it begins with one, stands out."""
        rows = super().rows_of(one)
        if not one.look and rows:
            rows[0] = _named(rows[0])
        return rows

    def tell(self, said: str) -> None:
        """In the box."""
        self.screen.query_one("#told", Static).update(said)
        self.screen.query_one("#told").display = bool(said)


def _named(line: Line) -> Line:
    if len(line) != 1:
        return line
    name, colon, rest = line[0].text.partition(":")
    if not colon or " " in name.strip(" -") or (rest and not rest.startswith(" ")):
        return line
    return (Span(f"{name}:", "strong"), Span(rest))


class ViewerScreen(LabDialog[None]):
    """Title, a note where there is something to be said first, the text, its keys."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "leave", "Close")]

    def compose(self) -> ComposeResult:
        """Title, text, keys."""
        with Vertical(classes="dialog -tall -reading"):
            yield Static(id="question", markup=False)
            yield Static(id="detail", markup=False)
            yield Text()
            yield FindLine(placeholder="a word to find; Enter finds it, Esc forgets it", compact=True)
            yield Static(id="told", markup=False)
            yield KeyBar()

    def on_mount(self) -> None:
        """The text has the keyboard."""
        self.query_one("#told").display = False
        self.text.focus()
        self.begin()

    @property
    def text(self) -> Text:
        """What is read."""
        return self.query_one(Text)

    def begin(self) -> None:
        """Show what there is to be shown."""
        raise NotImplementedError

    def head(self, title: str, note: str = "") -> None:
        """Say what it is, and what is to be known before it is read."""
        self.query_one("#question", Static).update(title)
        detail = self.query_one("#detail", Static)
        detail.update(note)
        detail.display = bool(note)

    def action_leave(self) -> None:
        """Close."""
        self.dismiss(None)

    @on(Output.FindWanted)
    def _find_wanted(self, event: Output.FindWanted) -> None:
        event.stop()
        self.text.tell("")
        line = self.query_one(FindLine)
        line.value, line.display = "", True
        line.focus()

    @on(FindLine.Submitted)
    def _find(self, event: FindLine.Submitted) -> None:
        event.stop()
        self.query_one(FindLine).close()
        if event.value:
            found = self.text.find(event.value, newest=False)
            lines = "one line has" if found == 1 else f"{found} lines have" if found else "no line has"
            more = ": n and N go from one to the next" if found > 1 else ""
            self.text.tell(f"{lines} “{event.value}”{more}")

    @on(FindLine.Closed)
    def _back_to_the_text(self, event: FindLine.Closed) -> None:
        event.stop()
        self.text.focus()

    @on(Output.Left)
    def _left(self) -> None:
        self.dismiss(None)
