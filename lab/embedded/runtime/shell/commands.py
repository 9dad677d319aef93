"""Simple commands: assignments, functions, builtins, programs.

A mix-in of the interpreter.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lab.embedded.runtime.filesystem import FileError
from lab.embedded.runtime.kernel import Exec
from lab.embedded.runtime.process import BASE_MEMORY
from lab.embedded.runtime.shell.builtins import BUILTINS
from lab.embedded.runtime.shell.control import CommandFailed, Leave, Return
from lab.embedded.runtime.shell.jobs import JobRunner
from lab.embedded.runtime.shell.special import SPECIAL
from lab.embedded.runtime.shell.syntax import Substitution

if TYPE_CHECKING:
    from collections.abc import Generator

    from lab.embedded.runtime.process import Program
    from lab.embedded.runtime.shell.redirection import Saved
    from lab.embedded.runtime.shell.syntax import Node, Simple, Word
    from lab.embedded.runtime.tasks import Reason, Syscall

    Step = Generator[Syscall, Reason, int]

MAX_CALLS = 100
"""Functions called from within each other before the shell dies as of a stack overflow."""


class CommandRunner(JobRunner):
    """Runs simple commands."""

    script = False
    loops = 0
    _tested = 0
    """Greater than 0 where a failing command must not end the shell under `set -e`."""
    _calls = 0
    getopts_index = 0
    getopts_offset = 1

    def run(self, node: Node, *, last: bool = False) -> Step:
        """Run one node (the interpreter's)."""
        raise NotImplementedError

    def _failed(self, status: int) -> int:
        self.state.status = status
        if status and not self._tested and "errexit" in self.state.options:
            raise Leave(status)
        return status

    def complain(self, message: str, line: int | None = None) -> Generator[Syscall, Reason, None]:
        """Print an error as ash does: with the script's name and line, or just the shell's name."""
        place = f"{self.state.name}: line {line or self.line}: " if self.script else f"{self.state.name}: "
        yield from self.process.complain(place + message)

    def _complain_of(self, error: CommandFailed) -> Generator[Syscall, Reason, None]:
        """Ash puts the line behind a builtin's name: from 0 under `-c`, not at all on a terminal."""
        message = error.message
        if error.builtin and "interactive" not in self.state.options:
            line, rest = self.line - (not self.script), message.removeprefix(f"{error.builtin}: ")
            yield from self.process.complain(f"{self.state.name}: {error.builtin}: line {line}: {rest}")
        else:
            yield from self.complain(message)

    def assign(self, name: str, value: str) -> None:
        """Set a variable, counted as memory and as something that changed."""
        if self.state.variables.get(name) != value:
            self.process.cpu.changed = True
        self.state.put(name, value)
        if self.state.size > 65536:
            self.process.set_memory(BASE_MEMORY + self.state.size)

    def simple(self, node: Simple, last: bool) -> Step:
        """Run a simple command."""
        self.line = node.line
        if self.process.pending:
            yield from self.run_traps()
        pause = self.process.cpu.charge(1)
        if pause is not None:
            yield from self.process.sleep_for_computing(pause)
            if self.process.pending:
                yield from self.run_traps()
        try:
            if node.argv is None:
                argv = yield from self.fields(node.words, split=node.words[0].literal != "[[")
            else:
                argv = list(node.argv)
            if not argv:
                return self._failed((yield from self._assignments_only(node)))
            return self._failed((yield from self._command(node, argv, last)))
        except CommandFailed as error:
            yield from self._complain_of(error)
            if error.fatal and "interactive" not in self.state.options:
                raise Leave(error.status) from None
            return self._failed(error.status)

    def _assignments_only(self, node: Simple) -> Step:
        saved = yield from self.redirect(node.redirects)
        substituted = False
        try:
            for name, word in node.assignments:
                self.assign(name, (yield from self.text(word, assignment=True)))
                substituted = substituted or _substitutes(word)
        finally:
            self.restore(saved)
        return self.state.status if substituted else 0

    def _show(self, assigned: dict[str, str], argv: list[str]) -> Generator[Syscall, Reason, None]:
        words = [*(f"{key}={_shown(value)}" for key, value in assigned.items()), *map(_shown, argv)]
        yield from self.process.complain((self.state.get("PS4") or "+ ") + " ".join(words))

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
            saved = yield from self._redirect_for(node, special=special and name != "exec")
        body = self.state.functions.get(name)
        try:
            if special and body is None:
                for key, value in assigned.items():
                    self.assign(key, value)
                if name == "exec" and len(argv) == 1:
                    self.keep(saved)
                    saved = []
                    return 0
                return (yield from SPECIAL[name](self, argv))
            if body is not None:
                return (yield from self._with(assigned, self.call(body, argv)))
            builtin = BUILTINS.get(name)
            if builtin is not None:
                steps = builtin(self, argv)
                return (yield from (self._with(assigned, steps) if assigned else steps))
            return (yield from self.external(argv, assigned, last=last))
        except Exec:
            self.keep(saved)
            saved = []
            raise
        finally:
            if saved:
                self.restore(saved)

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

    def call(self, body: Node, argv: list[str]) -> Step:
        """Call a function."""
        if self._calls >= MAX_CALLS:
            raise RecursionError
        outer = self.state.positional
        self.state.positional = argv[1:]
        self.state.scopes.append({})
        self._calls += 1
        loops, self.loops = self.loops, 0
        try:
            return (yield from self.run(body))
        except Return as leave:
            return leave.status
        finally:
            self._calls -= 1
            self.loops = loops
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
        if error.code == "EACCES":
            return CommandFailed(f"{name}: Permission denied", 126)
        return CommandFailed(f"{name}: not found", 127)

    def script_program(self, argv: list[str]) -> Program:
        """The program for an executable text without `#!`: the shell itself."""
        from lab.embedded.runtime.shell.main import run_file  # noqa: PLC0415 (a cycle otherwise)

        return lambda process: run_file(process, argv[0], argv)

    def replace(self, argv: list[str]) -> None:
        """`exec`: become another program.

        Raises:
            Exec: always, unless the program cannot be run (CommandFailed).
        """
        try:
            program = self._load(argv)
        except CommandFailed as failed:
            failed.fatal = True
            raise
        self.process.env = self.state.environment()
        raise Exec(argv, program)


def _substitutes(word: Word) -> bool:
    return any(isinstance(part, Substitution) for part in word.parts)


def _shown(text: str) -> str:
    return text if re.fullmatch(r"[\w@%+=:,./\[\]-]+", text) else "'" + text.replace("'", "'\\''") + "'"
