"""The bridge's part for kubectl in place: runs one command at a time, and asks for completions.

Threads of its own, not the bridge's: a `get -w` may run for hours, and must not take the place of what has to
go on beside it. As everywhere in the bridge, no widget is touched from here; messages are posted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from lab.attempt.kubectl import Console
from lab.errors import LabError
from lab.tui.looking import Looking
from lab.tui.operations import in_background

if TYPE_CHECKING:
    from textual.message_pump import MessagePump

    from lab.attempt.attempt import Attempt
    from lab.attempt.kubectl import Candidates, Command, Process
    from lab.tui.command_history import CommandHistory


@dataclass
class CommandWrote(Message):
    """A running command has something new to take, or ended: then `ended` is set."""

    process: Process
    ended: bool = False

    def can_replace(self, message: Message) -> bool:
        """One word of new output is as good as several."""
        return isinstance(message, CommandWrote) and not message.ended and message.process is self.process


@dataclass
class CommandRefused(Message):
    """A line was not run: why, and what to do instead."""

    line: str
    problem: LabError


@dataclass
class TerminalWanted(Message):
    """A command talks with the user: it is to be run on the terminal itself."""

    argv: tuple[str, ...]
    environment: dict[str, str]


@dataclass
class Completed(Message):
    """Ways to go on at the end of a line; None: there are none."""

    line: str
    candidates: Candidates | None


class Runner:
    """kubectl for one exercise screen."""

    def __init__(self, attempt: Attempt, reply_to: MessagePump) -> None:
        self._console = Console(attempt)
        self._reply_to = reply_to
        self._process: Process | None = None
        self._busy = False
        self._completing = Looking("kubectl-complete", self._complete)

    @property
    def running(self) -> bool:
        """Whether a command runs, or is about to."""
        return self._busy

    def run(self, line: str) -> bool:
        """Judge a line and run it; False while another one runs."""
        if self._busy:
            return False
        self._busy = True
        in_background("kubectl", lambda: self._run(line))
        return True

    def stop(self) -> bool:
        """Ask the running command to end; False when none runs."""
        if self._process is not None and self._busy:
            self._process.stop()
        return self._busy

    def close(self) -> None:
        """The screen goes: nothing keeps running."""
        process = self._process
        if process is not None:
            process.kill()

    def complete(self, line: str) -> None:
        """Ask for completions (`Completed`); of several lines only the latest is asked for."""
        self._completing.ask("", line)

    def keep(self, history: CommandHistory) -> None:
        """Write the history."""
        in_background("kubectl-history", history.flush)

    def _run(self, line: str) -> None:
        try:
            command = self._console.judge(line)
            if command.terminal:
                self._hand_over(command)
                self._console.note(line, command)
                return
            process = self._process = self._console.process(command)
            code = process.run(lambda: self._post(CommandWrote(process)))
        except LabError as problem:
            self._end(CommandRefused(line, problem))
        else:
            self._end(CommandWrote(process, ended=True))
            self._console.note(line, command, process.seconds, code)

    def _hand_over(self, command: Command) -> None:
        argv, environment = self._console.argv(command), self._console.environment()
        self._end(TerminalWanted(argv, environment))

    def _end(self, message: Message) -> None:
        # Before the message is posted: whoever handles it may run the next one.
        self._process, self._busy = None, False
        self._post(message)

    def _complete(self, _name: str, line: str) -> None:
        try:
            found = self._console.complete(line)
        except LabError:
            found = None
        self._post(Completed(line, found))

    def _post(self, message: Message) -> None:
        self._reply_to.post_message(message)
