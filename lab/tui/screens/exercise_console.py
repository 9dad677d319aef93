"""kubectl in place, as the exercise screen wires it: the drawer asks, the bridge's runner runs. A mixin."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from textual import on

from lab.errors import LabError, UsageError
from lab.tui.screens.base import LabScreen
from lab.tui.widgets.console import Console

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.attempt.attempt import Attempt
    from lab.tui.command_history import CommandHistory
    from lab.tui.runner import CommandRefused, CommandWrote, Completed, Runner, TerminalWanted


class ConsoleActions(LabScreen):
    """The exercise screen's command line."""

    attempt: Attempt
    history: CommandHistory
    runner: Runner

    def hand_over(self, what: str, run: Callable[[], None]) -> bool:
        """Give the terminal to another program; the actions do it."""
        raise NotImplementedError

    def focus_panel(self) -> None:
        """The keyboard back to the panel looked at last; the screen does it."""
        raise NotImplementedError

    def action_kubectl(self) -> None:
        """Open the command line."""
        self.query_one(Console).open()

    @on(Console.Submitted)
    def _submitted(self, event: Console.Submitted) -> None:
        console = self.query_one(Console)
        if not self.runner.run(event.line):
            self.notify("One command at a time: Esc stops the one that runs.", severity="warning")
            return
        console.began(event.line)
        console.line_done()
        self.history.add(event.line)
        self.runner.keep(self.history)

    @on(Console.StopWanted)
    def _stop_wanted(self) -> None:
        self.runner.stop()

    @on(Console.CompletionWanted)
    def _completion_wanted(self, event: Console.CompletionWanted) -> None:
        self.runner.complete(event.line)

    @on(Console.Closed)
    def _console_closed(self) -> None:
        self.focus_panel()

    def on_command_wrote(self, message: CommandWrote) -> None:
        """A command wrote something, or ended."""
        console = self.query_one(Console)
        if message.ended:
            console.ended(message.process)
        else:
            console.wrote(message.process)

    def on_command_refused(self, message: CommandRefused) -> None:
        """A line may not run, or cannot."""
        self.query_one(Console).refused(message.problem)

    def on_completed(self, message: Completed) -> None:
        """How a line can go on."""
        self.query_one(Console).completed(message.line, message.candidates)

    def on_terminal_wanted(self, message: TerminalWanted) -> None:
        """A command that talks with the user gets the terminal."""
        console = self.query_one(Console)
        if self.lab_app.served:
            console.refused(
                UsageError(
                    "this talks with you, and in a browser there is no terminal for it",
                    remedy="without -i and -t it runs here: exec POD -- COMMAND",
                )
            )
            return
        editor = self.lab_app.handoff.editor() or self.lab_app.preferences.editor()
        if editor:
            message.environment.setdefault("KUBE_EDITOR", editor)
        codes: list[int] = []
        problem: list[LabError] = []

        def run() -> None:
            try:
                codes.append(
                    self.lab_app.handoff.command(message.argv, self.attempt.workspace, message.environment)
                )
            except LabError as error:
                problem.append(error)

        suspended = self.hand_over(shlex.join(message.argv[:1]), run)
        if problem:
            console.refused(problem[0])
        elif codes:
            console.handed_over(f"it had the terminal · exit {codes[0]}")
        elif not suspended:
            console.refused(UsageError("this terminal cannot be handed to another program"))
