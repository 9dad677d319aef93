"""Simple commands: assignments, functions, builtins, programs.

A mix-in of the interpreter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.embedded.runtime import signals
from lab.embedded.runtime.filesystem import FileError
from lab.embedded.runtime.kernel import Exec
from lab.embedded.runtime.process import BASE_MEMORY
from lab.embedded.runtime.shell.builtins import BUILTINS
from lab.embedded.runtime.shell.control import (
    AppletFailed,
    CommandFailed,
    Leave,
    Return,
    ShellError,
)
from lab.embedded.runtime.shell.jobs import JobRunner
from lab.embedded.runtime.shell.parser import Parser
from lab.embedded.runtime.shell.quoting import traced
from lab.embedded.runtime.shell.special import SPECIAL
from lab.embedded.runtime.shell.syntax import Substitution

if TYPE_CHECKING:
    from collections.abc import Generator

    from lab.embedded.runtime.process import Program
    from lab.embedded.runtime.shell.redirection import Saved
    from lab.embedded.runtime.shell.special import Builtin
    from lab.embedded.runtime.shell.syntax import Function, Node, Simple, Word
    from lab.embedded.runtime.tasks import Reason, Syscall

    Step = Generator[Syscall, Reason, int]

_COPIED = 4096
"""Characters that cost as much to copy as one command."""
_SEARCH_CHARGE = 4
"""What looking for a command in vain costs."""
MAX_CALLS = 100
"""Functions called from within each other before the shell dies as of a stack overflow."""


class CommandRunner(JobRunner):
    """Runs simple commands."""

    running: str | None = None
    """The builtin or the script that runs, which complaints name."""
    loops = 0
    _tested = 0
    """Greater than 0 where a failing command must not end the shell under `set -e`."""
    _calls = 0
    sourcing = 0
    """How many sourced files run within each other."""
    getopts_index = 0
    getopts_offset = 1

    def run(self, node: Node, *, last: bool = False) -> Step:
        """Run one node (the interpreter's)."""
        raise NotImplementedError

    def _failed(self, status: int) -> Step:
        """Take note of a command's status; a failure that nobody tests may end the shell."""
        self.state.status = status
        if status and not self._tested:
            action = self.state.traps.get(signals.ERR)
            if action and (not self._calls or "errtrace" in self.state.options):
                yield from self.run_trap(action)
            if "errexit" in self.state.options:
                raise Leave(status)
        return status

    def place(self, line: int | None = None) -> str:
        """What stands before a message (ash's `ash_vmsg`): names, and the line where there are lines."""
        if self.running is None:
            return f"{self.state.name}: "
        within = "" if self.running == self.state.name else f"{self.running}: "
        where = "" if "interactive" in self.state.options else f"line {self.line if line is None else line}: "
        return f"{self.state.name}: {within}{where}"

    def complain(self, message: str) -> Generator[Syscall, Reason, None]:
        """Print an error as ash does."""
        yield from self.process.complain(self.place() + message)

    def complain_of(self, error: ShellError, message: str) -> Generator[Syscall, Reason, None]:
        """Print what an error says, where it happened."""
        if message:
            place = self.place(error.line) if error.place is None else error.place
            yield from self.process.complain(place + message)

    def assign(self, name: str, value: str) -> None:
        """Set a variable, counted as memory and as something that changed."""
        if self.state.variables.get(name) != value:
            self.process.cpu.changed = True
        self.state.put(name, value)
        if len(value) > _COPIED:
            self.process.cpu.owe(len(value) // _COPIED)
        if self.state.size > 65536:
            self.process.set_memory(BASE_MEMORY + self.state.size)

    def simple(self, node: Simple, last: bool) -> Step:
        """Run a simple command."""
        self.line = node.line
        if "noexec" in self.state.options:
            return self.state.status
        if self.process.pending:
            yield from self.run_traps()
        pause = self.process.cpu.charge(1)
        if pause is not None:
            yield from self.process.sleep_for_computing(pause)
            if self.process.pending:
                yield from self.run_traps()
        try:
            streams = len(self.streamed)
            argv = list(node.argv) if node.argv is not None else (yield from self.fields(node.words))
            try:
                status = yield from (
                    self._command(node, argv, last) if argv else self._assignments_only(node)
                )
            except Exec:  # the program takes them along
                self.streamed.clear()
                raise
            finally:
                if len(self.streamed) > streams:
                    self.forget_streams(streams)
        except CommandFailed as error:
            if not error.told:
                yield from self.complain_of(error, error.message)
            if error.fatal and "interactive" not in self.state.options:
                raise Leave(error.status) from None
            status = error.status
        if status:
            return (yield from self._failed(status))
        self.state.status = 0
        return 0

    def _assignments_only(self, node: Simple) -> Step:
        saved = yield from self.redirect(node.redirects)
        assigned: dict[str, str] = {}
        substituted = any(map(_substitutes, node.words))
        try:
            for name, word in node.assignments:
                assigned[name] = yield from self.text(word, assignment=True)
                substituted = substituted or _substitutes(word)
                self.assign(name, assigned[name])
            if assigned and "xtrace" in self.state.options:
                yield from self._show(assigned, [])
        finally:
            self.restore(saved)
        return self.substituted if substituted else 0

    def _show(self, assigned: dict[str, str], argv: list[str]) -> Generator[Syscall, Reason, None]:
        words = [*(f"{key}={traced(value)}" for key, value in assigned.items()), *map(traced, argv)]
        yield from self.process.complain((yield from self.prompt("PS4")) + " ".join(words))

    def prompt(self, name: str) -> Generator[Syscall, Reason, str]:
        """What `PS1`, `PS2` or `PS4` comes to."""
        return (yield from self.expanded(self.state.get(name) or ""))

    def expanded(self, text: str) -> Generator[Syscall, Reason, str]:
        """A text with its parameters and substitutions put in."""
        if "$" in text or "`" in text:
            text = yield from self.text(Parser(text, self.line).read_document())
        return text

    def _command(self, node: Simple, argv: list[str], last: bool) -> Step:
        assigned: dict[str, str] = {}
        saved: Saved = []
        for variable, word in node.assignments:
            assigned[variable] = yield from self.text(word, assignment=True)
        name = argv[0]
        if "xtrace" in self.state.options:
            yield from self._show(assigned, argv)
        special = name in SPECIAL
        if node.redirects:
            saved = yield from self._redirect_for(node, special=special)
        body = self.state.functions.get(name)
        try:
            if special and body is None:
                for key, value in assigned.items():
                    self.assign(key, value)
                if name == "exec" and len(argv) == 1:
                    self.keep(saved)
                    saved = []
                    return 0
                return (yield from self.builtin(SPECIAL[name], argv))
            if body is not None:
                return (yield from self._with(assigned, self.call(body, argv)))
            builtin = BUILTINS.get(name)
            if builtin is not None:
                steps = self.builtin(builtin, argv)
                return (yield from (self._with(assigned, steps) if assigned else steps))
            return (yield from self.external(argv, assigned, last=last))
        except CommandFailed as error:
            yield from self.complain_of(error, error.message)
            error.told = True
            raise
        except Exec:
            self.keep(saved)
            saved = []
            raise
        finally:
            if saved:
                self.restore(saved)

    def builtin(self, builtin: Builtin, argv: list[str]) -> Step:
        """Run a builtin; what goes wrong meanwhile is told as happening in it."""
        outer = self.running
        if argv[0] != "command":  # which is not there any more when what it names runs
            self.running = argv[0]
        try:
            return (yield from builtin(self, argv))
        except ShellError as error:
            if error.place is None:
                applet = isinstance(error, AppletFailed)
                error.place = f"{self.state.applet}: " if applet else self.place(error.line)
            raise
        finally:
            self.running = outer

    def _redirect_for(self, node: Simple, *, special: bool) -> Generator[Syscall, Reason, Saved]:
        try:
            return (yield from self.redirect(node.redirects))
        except CommandFailed as error:
            error.fatal = error.fatal or special
            raise

    def _with(self, assigned: dict[str, str], steps: Step) -> Step:
        """Run a builtin or function with variables set for its time."""
        if not assigned:
            return (yield from steps)
        before = {name: (self.state.get(name), name in self.state.exported) for name in assigned}
        for name, value in assigned.items():
            self.assign(name, value)
            self.state.exported.add(name)
        try:
            return (yield from steps)
        finally:
            for name, (old, exported) in before.items():
                if old is None:
                    self.state.variables.pop(name, None)
                else:
                    self.state.variables[name] = old
                if not exported:
                    self.state.exported.discard(name)

    def call(self, function: Function, argv: list[str]) -> Step:
        """Call a function."""
        if self._calls >= MAX_CALLS:
            raise RecursionError
        outer = self.state.positional
        self.state.positional = argv[1:]
        self.state.scopes.append({})
        self._calls += 1
        loops, self.loops = self.loops, 0
        line, self.function_line = self.function_line, function.line - 1
        try:
            return (yield from self.run(function.body))
        except Return as leave:
            return leave.status
        finally:
            self._calls -= 1
            self.loops, self.function_line = loops, line
            self.state.leave_function()
            self.state.positional = outer

    def external(self, argv: list[str], assigned: dict[str, str], *, last: bool = False) -> Step:
        """Run a program and wait for it; as the last command of a shell without traps, become it."""
        env = {**self.state.environment(), **assigned}
        program = self._load(argv, assigned.get("PATH"))
        if last and not any(self.state.traps.values()):
            self.process.env = env
            raise Exec(argv, program)
        return (yield from self.foreground([self.start(argv, program, env=env)]))

    def _load(self, argv: list[str], path: str | None = None) -> Program:
        try:
            return self.process.kernel.load(self.process, argv, path=path or self.state.get("PATH") or "")
        except FileError as error:
            if error.code != "EINVAL":
                raise self.not_run(argv[0], error) from None
            return self.script_program(argv)

    def not_run(self, name: str, error: FileError) -> CommandFailed:
        """Why a command could not be run, as ash says it."""
        self.process.cpu.owe(_SEARCH_CHARGE)
        if error.code == "EACCES":
            return CommandFailed(f"{name}: Permission denied", 126 if name else 127)
        return CommandFailed(f"{name}: not found", 127)

    def script_program(self, argv: list[str]) -> Program:
        """The program for an executable text without `#!`: the shell itself."""
        from lab.embedded.runtime.shell.main import run_file  # noqa: PLC0415 (a cycle otherwise)

        return lambda process: run_file(process, argv[0], argv)

    def replace(self, argv: list[str], name: str | None = None) -> None:
        """`exec`: become another program, by another name if one is given.

        Raises:
            Exec: always, unless the program cannot be run (CommandFailed).
        """
        try:
            program = self._load(argv)
        except CommandFailed as failed:
            failed.fatal = True
            raise
        self.process.env = self.state.environment()
        raise Exec(argv if name is None else [name, *argv[1:]], program)


def _substitutes(word: Word) -> bool:
    return any(isinstance(part, Substitution) for part in word.parts)
