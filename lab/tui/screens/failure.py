"""The error screen: what failed, the command that reproduces it, what to try; the output beneath."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
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
        """The three parts and the output."""
        failure = self.failure
        parts = [f"[$text-error][b]✗ {escape(self._title)}[/b][/]", escape(failure.what)]
        if failure.where:
            parts.append(f"[dim]where[/dim]      {escape(failure.where)}")
        if failure.remedy:
            parts.append(f"[dim]try[/dim]        [b]{escape(failure.remedy)}[/b]")
        if failure.command:
            parts.append(f"[dim]reproduce[/dim]  {escape(failure.command)}")
        with Vertical(classes="dialog -tall -error"):
            with VerticalScroll():
                yield Static("\n\n".join(parts))
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
