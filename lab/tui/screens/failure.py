"""The error screen: what failed, the command that reproduces it, what to try; the output beneath."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.markup import escape
from textual.widgets import Static

from lab.tui.screens.base import LabDialog

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from lab.tui.operation import Failure


class FailureScreen(LabDialog[str | None]):
    """The result is `again` (try once more), `go` (to the line that is wrong), `connect` or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "again", "Try again"),
        Binding("R", "connect", "Bring the cluster up"),
        Binding("g,enter", "go", "Go to the line"),
        Binding("escape,q,enter", "leave", "Back"),
    ]

    def __init__(self, title: str, failure: Failure, *, cluster: bool = False) -> None:
        """`cluster`: the way out may be to bring the cluster up, and whoever asks can do that."""
        super().__init__()
        self._title, self.failure = title, failure
        self._cluster = cluster
        self._leads = failure.place is not None and failure.place.line is not None

    def compose(self) -> ComposeResult:
        """What, then a line each for where, what to try and how to see it again; the output."""
        failure = self.failure
        rows = {"where": failure.where, "try": failure.remedy, "reproduce": failure.command}
        with Vertical(classes="dialog -fit -error"):
            with VerticalScroll():
                yield Static(f"[$text-error][b]✗ {escape(self._title)}[/b][/]\n\n{escape(failure.what)}\n")
                for name, said in rows.items():
                    if said:
                        with Horizontal(classes="fact"):
                            yield Static(name, classes="name")
                            yield Static(said, classes=f"said -{name}", markup=False)
                if failure.detail:
                    yield Static(f"\n{failure.detail}", id="detail", markup=False)
            go = "Enter goes to the line · " if self._leads else ""
            up = "R brings the cluster up · " if self._cluster else ""
            yield Static(f"{go}{up}r tries again · Esc goes back", classes="keys", markup=False)

    def on_mount(self) -> None:
        """The output can be scrolled by keys."""
        self.query_one(VerticalScroll).focus()

    def action_again(self) -> None:
        """Try again."""
        self.dismiss("again")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what this failure has: a line to go to, a cluster to bring up."""
        offered = {"go": self._leads, "connect": self._cluster}
        return offered.get(action, super().check_action(action, parameters))

    def action_go(self) -> None:
        """To the line that is wrong."""
        self.dismiss("go")

    def action_connect(self) -> None:
        """Bring the cluster up."""
        self.dismiss("connect")

    def action_leave(self) -> None:
        """Back to where one was."""
        self.dismiss(None)
