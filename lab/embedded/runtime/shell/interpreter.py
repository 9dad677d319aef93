"""Running the shell's syntax tree: every step that may wait yields to the agenda."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from lab.embedded.runtime.kernel import Exec
from lab.embedded.runtime.shell import patterns
from lab.embedded.runtime.shell.commands import CommandRunner
from lab.embedded.runtime.shell.control import CommandFailed, Leave, LoopControl, Return
from lab.embedded.runtime.shell.expansion import ExpansionFailed
from lab.embedded.runtime.shell.parser import Parser
from lab.embedded.runtime.shell.state import OPTION_LETTERS, OutOfMemory, ReadOnly, State
from lab.embedded.runtime.shell.syntax import (
    AndOr,
    Case,
    For,
    Function,
    If,
    Loop,
    Node,
    Pipeline,
    Redirected,
    Sequence,
    ShellSyntaxError,
    Simple,
    Subshell,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from lab.embedded.runtime.process import Process, Program
    from lab.embedded.runtime.tasks import Reason, Syscall

    Step = Generator[Syscall, Reason, int]


class Interpreter(CommandRunner):
    """One shell."""

    def __init__(
        self, process: Process, state: State, *, running: str | None = None, top_pid: int | None = None
    ) -> None:
        super().__init__()
        self.process = process
        self.state = state
        self.shell_pid = top_pid or process.pid
        self.running = running

    def child_program(self, node: Node) -> Program:
        """See `JobRunner`."""
        state, line, tested, running = self.state.fork(), self.line, self._tested, self.running
        jobs, calls, function_line = list(self.jobs.jobs), self._calls, self.function_line

        def program(process: Process) -> Step:
            shell = Interpreter(process, state, running=running, top_pid=self.shell_pid)
            shell.line, shell._tested = line, tested
            shell._calls, shell.function_line = calls, function_line
            shell.jobs.jobs = jobs
            return (yield from shell.run_to_end(shell.run(node, last=True)))

        return program

    # -- entry points -------------------------------------------------------------------------------------

    def run_text(self, text: str, *, last: bool = False, line: int | None = None) -> Step:
        """Run a program text, command by command; `last`: the shell's whole life is this text (`sh -c`).

        `line` is the number of its first line; None: it stands in the line that runs.
        """
        parser = Parser(text, self.line if line is None else line, aliases=self.state.aliases)
        while True:
            node = parser.next_command()
            if node is None:
                return self.state.status
            if "noexec" not in self.state.options:
                yield from self.run(node, last=last and parser.at_end)

    def run_to_end(self, steps: Step) -> Step:
        """Run a shell's whole life: errors, the way out, the EXIT trap. Returns the exit status."""
        status = yield from self._guarded(steps)
        action = self.state.traps.pop(0, None)
        if action:
            self.state.status = status
            status = yield from self._guarded(self._trap_at_exit(action, status))
        return status

    def _trap_at_exit(self, action: str, status: int) -> Step:
        yield from self.run_text(action)
        return status

    def _guarded(self, steps: Step) -> Step:
        try:
            return (yield from steps)
        except (Leave, Return) as leave:
            return leave.status
        except LoopControl:
            return 0
        except OutOfMemory:  # what it would have grown to is more than any container here may have
            self.process.kernel.out_of_memory()
            yield from self.process.sleep_for_computing(0.0)
            return 137
        except FAILURES as error:
            message, status = explained(error)
            yield from self.complain_of(error, message)
            return status

    def option_letters(self) -> str:
        """See `Expander`."""
        options = self.state.options
        return "".join(letter for letter, name in reversed(OPTION_LETTERS.items()) if name in options)

    # -- nodes --------------------------------------------------------------------------------------------

    def run(self, node: Node, *, last: bool = False) -> Step:
        """Run one node; its status is also `$?`. `last`: a program may replace the shell."""
        return self._RUNNERS[type(node)](self, node, last)

    def _sequence(self, node: Sequence, last: bool) -> Step:
        status = 0
        final = len(node.items) - 1
        for position, (item, background) in enumerate(node.items):
            if background:
                status = self.background(item, self._text_of(node, position))
                self.state.status = status
            else:
                status = yield from self.run(item, last=last and position == final)
        self.state.status = status
        return status

    def _text_of(self, node: Sequence, position: int) -> str:
        """What `jobs` shows of a command: only a shell at a terminal remembers it."""
        return node.texts[position] if node.texts and "interactive" in self.state.options else ""

    def _define(self, node: Function, last: bool) -> Step:
        del last
        yield from ()
        self.state.functions[node.name] = node
        self.state.status = 0
        return 0

    def _subshell(self, node: Subshell, last: bool) -> Step:
        del last
        return (yield from self._failed((yield from self.foreground([self.fork(node.body)]))))

    def _condition(self, node: Node) -> Step:
        self._tested += 1
        try:
            return (yield from self.run(node))
        finally:
            self._tested -= 1

    def _and_or(self, node: AndOr, last: bool) -> Step:
        status = yield from self._condition(node.first)
        final = len(node.rest) - 1
        for position, (op, each) in enumerate(node.rest):
            if (status == 0) == (op == "&&"):
                ends = position == final
                status = yield from (self.run(each, last=last) if ends else self._condition(each))
        return status

    def _if(self, node: If, last: bool) -> Step:
        for condition, body in node.clauses:
            if (yield from self._condition(condition)) == 0:
                return (yield from self.run(body, last=last))
        if node.otherwise is not None:
            return (yield from self.run(node.otherwise, last=last))
        self.state.status = 0
        return 0

    def _loop(self, node: Loop, last: bool) -> Step:
        del last
        status = 0
        self.loops += 1
        try:
            while True:
                try:
                    if ((yield from self._condition(node.condition)) == 0) == node.until:
                        break
                    status = yield from self.run(node.body)
                except LoopControl as control:
                    status = 0
                    if self._passes(control):
                        break
        finally:
            self.loops -= 1
        self.state.status = status
        return status

    def _for(self, node: For, last: bool) -> Step:
        del last
        values = self.state.positional if node.words is None else (yield from self.fields(node.words))
        status = 0
        self.loops += 1
        try:
            for value in list(values):
                self.assign(node.name, value)
                yield from self.process.compute()
                try:
                    status = yield from self.run(node.body)
                except LoopControl as control:
                    status = 0
                    if self._passes(control):
                        break
        finally:
            self.loops -= 1
        self.state.status = status
        return status

    @staticmethod
    def _passes(control: LoopControl) -> bool:
        """Whether this loop ends; raises on to the next one if more levels are meant."""
        if control.levels > 1:
            raise LoopControl(control.levels - 1, again=control.again)
        return not control.again

    def _case(self, node: Case, last: bool) -> Step:
        text = yield from self.text(node.word)
        self.state.status = 0
        for alternatives, body in node.items:
            for word in alternatives:
                pattern = yield from self.pattern(word)
                if patterns.matches(pattern, text):
                    return (yield from self.run(body, last=last)) if body is not None else 0
        return 0

    def _redirected(self, node: Redirected, last: bool) -> Step:
        del last
        streams = len(self.streamed)
        try:
            saved = yield from self.redirect(node.redirects)
        except CommandFailed as error:
            yield from self.complain_of(error, error.message)
            return (yield from self._failed(error.status))
        try:
            return (yield from self.run(node.body))
        except Exec:
            self.keep(saved)
            saved = []
            raise
        finally:
            self.restore(saved)
            self.forget_streams(streams)

    def _pipeline(self, node: Pipeline, last: bool) -> Step:
        del last
        if len(node.commands) == 1:
            status = int((yield from self._condition(node.commands[0])) == 0)
            self.state.status = status
            return status
        status = yield from self.foreground(self.pipe_up(node.commands))
        if node.negated:
            self.state.status = int(status == 0)
            return self.state.status
        return (yield from self._failed(status))

    _RUNNERS: ClassVar[dict[type[Node], Callable[..., Step]]] = {
        Simple: CommandRunner.simple, Sequence: _sequence, AndOr: _and_or, Pipeline: _pipeline, If: _if,
        Loop: _loop, For: _for, Case: _case, Function: _define, Subshell: _subshell, Redirected: _redirected,
    }  # fmt: skip
    """Who runs which kind of node: called with the interpreter, the node and whether it is the last."""


FAILURES = (ShellSyntaxError, CommandFailed, ExpansionFailed, ReadOnly)
"""What ends a script, and on a terminal only the command."""


def explained(error: BaseException) -> tuple[str, int]:
    """A failure's message, after the shell's name, and its status."""
    match error:
        case CommandFailed():
            return error.message, error.status
        case ShellSyntaxError():
            return f"syntax error: {error.message}", 2
        case ReadOnly():
            return f"{error}: is read only", 2
        case _:
            return str(error), 2
