"""Running the shell's syntax tree: every step that may wait yields to the agenda.

A subshell, a part of a pipeline, a background command and a command substitution are processes of their own
with a copy of the shell's state, as fork(2) gives them.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import TYPE_CHECKING

from lab.embedded.runtime import signals
from lab.embedded.runtime.filesystem import FileError
from lab.embedded.runtime.kernel import CannotFork, Exec
from lab.embedded.runtime.process import BASE_MEMORY, Process, Program
from lab.embedded.runtime.shell import patterns
from lab.embedded.runtime.shell.control import CommandFailed, Leave, LoopControl, Return
from lab.embedded.runtime.shell.expansion import ExpansionFailed
from lab.embedded.runtime.shell.parser import Parser
from lab.embedded.runtime.shell.redirection import Redirector, Saved
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
    Substitution,
    Word,
)
from lab.embedded.runtime.streams import NullStream, Pipe, Stream

if TYPE_CHECKING:
    from lab.embedded.runtime.interface import ExitStatus
    from lab.embedded.runtime.tasks import Reason, Syscall

Step = Generator["Syscall", "Reason", int]
MAX_CALLS = 100
"""Functions called from within each other before the shell dies as of a stack overflow."""
KEPT_JOBS = 64
"""Ended background jobs whose status is kept for `wait`."""


class Interpreter(Redirector):
    """One shell."""

    def __init__(
        self, process: Process, state: State, *, script: bool = False, top_pid: int | None = None
    ) -> None:
        self.process = process
        self.state = state
        self.shell_pid = top_pid or process.pid
        self.script = script
        self._tested = 0
        """Greater than 0 where a failing command must not end the shell under `set -e`."""
        self._calls = 0
        self._in_trap = False
        self.loops = 0
        self.getopts_index = 0
        self.getopts_offset = 1

    # -- entry points -------------------------------------------------------------------------------------

    def run_text(self, text: str) -> Step:
        """Run a program text, command by command."""
        parser = Parser(text)
        while True:
            self.line = parser.line
            node = parser.next_command()
            if node is None:
                return self.state.status
            if "noexec" not in self.state.options:
                yield from self.run(node)

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
        except Leave as leave:
            return leave.status
        except Return as leave:
            return leave.status
        except LoopControl:
            return 0
        except ShellSyntaxError as error:
            yield from self.complain(f"syntax error: {error.message}", error.line)
            return 2
        except CommandFailed as error:
            yield from self.complain(error.message)
            return error.status
        except ExpansionFailed as error:
            yield from self.complain(str(error))
            return 2
        except ReadOnly as error:
            yield from self.complain(f"{error}: is read only")
            return 2
        except OutOfMemory:
            yield from self.complain("out of memory")
            return 2

    def complain(self, message: str, line: int | None = None) -> Generator[Syscall, Reason, None]:
        """Print an error as ash does: with the script's name and line, or just the shell's name."""
        place = f"{self.state.name}: line {line or self.line}: " if self.script else f"{self.state.name}: "
        yield from self.process.complain(place + message)

    def _complain_of(self, error: CommandFailed) -> Generator[Syscall, Reason, None]:
        """Ash puts the line behind a builtin's name, counted from 0 under `-c` and not at all on a terminal."""
        message = error.message
        if error.builtin and "interactive" not in self.state.options:
            message = f"{error.builtin}: line {self.line - (not self.script)}: {message.removeprefix(error.builtin + ': ')}"
            yield from self.process.complain(f"{self.state.name}: {message}")
        else:
            yield from self.complain(message)

    def option_letters(self) -> str:
        """See `Expander`."""
        return "".join(letter for letter, name in OPTION_LETTERS.items() if name in self.state.options)

    def assign(self, name: str, value: str) -> None:
        """Set a variable, counted as memory and as something that changed."""
        if self.state.variables.get(name) != value:
            self.process.cpu.changed = True
        self.state.put(name, value)
        if self.state.size > 65536:
            self.process.set_memory(BASE_MEMORY + self.state.size)

    # -- nodes --------------------------------------------------------------------------------------------

    def run(self, node: Node) -> Step:
        """Run one node; its status is also `$?`."""
        match node:
            case Simple():
                status = yield from self._simple(node)
            case Sequence():
                status = 0
                for item, background in node.items:
                    if background:
                        status = self.background(item)
                        self.state.status = status
                    else:
                        status = yield from self.run(item)
                return status
            case AndOr():
                return (yield from self._and_or(node))
            case Pipeline():
                return (yield from self._pipeline(node))
            case If():
                return (yield from self._if(node))
            case Loop():
                return (yield from self._loop(node))
            case For():
                return (yield from self._for(node))
            case Case():
                return (yield from self._case(node))
            case Function():
                self.state.functions[node.name] = node.body
                status = 0
            case Subshell():
                child = self.fork(node.body)
                status = yield from self.foreground([child])
                status = self._failed(status)
            case Redirected():
                return (yield from self._redirected(node))
        self.state.status = status
        return status

    def _failed(self, status: int) -> int:
        self.state.status = status
        if status and not self._tested and "errexit" in self.state.options:
            raise Leave(status)
        return status

    def _condition(self, node: Node) -> Step:
        self._tested += 1
        try:
            return (yield from self.run(node))
        finally:
            self._tested -= 1

    def _and_or(self, node: AndOr) -> Step:
        status = yield from self._condition(node.first)
        last = len(node.rest) - 1
        for position, (op, each) in enumerate(node.rest):
            if (status == 0) == (op == "&&"):
                status = yield from (self.run(each) if position == last else self._condition(each))
        return status

    def _if(self, node: If) -> Step:
        for condition, body in node.clauses:
            if (yield from self._condition(condition)) == 0:
                return (yield from self.run(body))
        if node.otherwise is not None:
            return (yield from self.run(node.otherwise))
        self.state.status = 0
        return 0

    def _loop(self, node: Loop) -> Step:
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

    def _for(self, node: For) -> Step:
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

    def _case(self, node: Case) -> Step:
        text = yield from self.text(node.word)
        self.state.status = 0
        for alternatives, body in node.items:
            for word in alternatives:
                pattern = yield from self.pattern(word)
                if patterns.matches(pattern, text):
                    return (yield from self.run(body)) if body is not None else 0
        return 0

    def _redirected(self, node: Redirected) -> Step:
        try:
            saved = yield from self.redirect(node.redirects)
        except CommandFailed as error:
            yield from self.complain(error.message)
            return self._failed(error.status)
        try:
            return (yield from self.run(node.body))
        finally:
            self.restore(saved)

    # -- processes ----------------------------------------------------------------------------------------

    def fork(self, node: Node, fds: dict[int, Stream] | None = None, *, background: bool = False) -> Process:
        """A child shell that runs a node.

        Raises:
            CommandFailed: the container is full.
        """
        state = self.state.fork()
        handled = [number for number, action in self.state.traps.items() if action and number]

        def program(process: Process) -> Step:
            shell = Interpreter(process, state, script=self.script, top_pid=self.shell_pid)
            shell.line = self.line
            shell._tested = self._tested
            return (yield from shell.run_to_end(shell.run(node)))

        streams = dict(self.process.fds)
        streams.update(fds or {})
        if background and not fds:
            streams[0] = NullStream()
        try:
            child = self.process.kernel.spawn(self.process, list(self.process.argv), program, fds=streams)
        except CannotFork:
            raise CommandFailed("can't fork: Resource temporarily unavailable", 2, fatal=True) from None
        child.ignored -= set(handled)
        if background and "interactive" not in self.state.options:
            child.ignored |= {signals.INT, signals.QUIT}
        return child

    def background(self, node: Node) -> int:
        """Start `node &`."""
        child = self.fork(node, background=True)
        self.state.background = child.pid
        over = [each for each in self.process.children.values() if each.status is not None]
        for each in over[:-KEPT_JOBS]:
            self.process.reap(each)
        return 0

    def _pipeline(self, node: Pipeline) -> Step:
        if len(node.commands) == 1:
            status = int((yield from self._condition(node.commands[0])) == 0)
            self.state.status = status
            return status
        children: list[Process] = []
        previous: Stream | None = None
        reader = self.process.fds.get(0)
        for position, command in enumerate(node.commands):
            last = position == len(node.commands) - 1
            pipe = Pipe()
            fds: dict[int, Stream] = {} if reader is None else {0: reader}
            if not last:
                fds[1] = pipe.writer
            children.append(self.fork(command, fds))
            reader = pipe.reader
            if not last:
                reader.hold()
            if previous is not None:
                previous.release()
            previous = reader
        status = yield from self.foreground(children)
        return self._failed(status)

    def foreground(self, children: list[Process]) -> Step:
        """Wait for children in the foreground; traps run after that. Returns the last one's status."""
        statuses: list[int] = []
        for child in children:
            ended = yield from self.process.wait_child(child)
            statuses.append(ended.code)
            yield from self._mention(ended)
        if self.process.pending:
            yield from self.run_traps()
        if "pipefail" in self.state.options:
            return next((status for status in reversed(statuses) if status), 0)
        return statuses[-1]

    def _mention(self, ended: ExitStatus) -> Generator[Syscall, Reason, None]:
        if ended.signal is not None and ended.signal not in (signals.INT, signals.PIPE):
            yield from self.process.complain(signals.DEATHS.get(ended.signal, f"Signal {ended.signal}"))

    def substitute(self, body: Sequence) -> Generator[Syscall, Reason, str]:
        """Run `$(…)` in a child and take its output."""
        pipe = Pipe()
        pipe.reader.hold()
        child = self.fork(body, {1: pipe.writer})
        output = bytearray()
        while True:
            chunk = pipe.reader.try_read(65536)
            if chunk is None:
                yield from self.process.wait(pipe.reader.readable)
                continue
            if not chunk:
                break
            output += chunk
            self.process.set_memory(BASE_MEMORY + self.state.size + len(output))
            if len(output) > 8 * 1024 * 1024:
                pipe.reader.release()
                raise OutOfMemory
        pipe.reader.release()
        self.state.status = yield from self.foreground([child])
        return output.replace(b"\0", b"").decode("utf-8", "surrogateescape").rstrip("\n")

    # -- traps --------------------------------------------------------------------------------------------

    def run_traps(self) -> Generator[Syscall, Reason, None]:
        """Run the actions of signals that have come; `$?` stays what it was."""
        if self._in_trap:
            return
        while self.process.pending:
            number = self.process.pending.pop(0)
            action = self.state.traps.get(number)
            if not action:
                continue
            status = self.state.status
            self._in_trap = True
            try:
                yield from self.run_text(action)
            finally:
                self._in_trap = False
            self.state.status = status

    # -- simple commands ----------------------------------------------------------------------------------

    def _simple(self, node: Simple) -> Step:
        self.line = node.line
        if self.process.pending:
            yield from self.run_traps()
        pause = self.process.cpu.charge(1)
        if pause is not None:
            yield from self.process.sleep_for_computing(pause)
            if self.process.pending:
                yield from self.run_traps()
        quiet = node.words and node.words[0].literal == "[["
        try:
            if node.words and any(word.literal is None for word in node.words):
                argv = yield from self.fields(node.words, split=not quiet)
            else:
                argv = [word.literal or "" for word in node.words]
            if not argv:
                return self._failed((yield from self._assignments_only(node)))
            return self._failed((yield from self._command(node, argv)))
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

    def _command(self, node: Simple, argv: list[str]) -> Step:
        from lab.embedded.runtime.shell.builtins import BUILTINS, SPECIAL

        assigned: dict[str, str] = {}
        for variable, word in node.assignments:
            assigned[variable] = yield from self.text(word, assignment=True)
        name = argv[0]
        if "xtrace" in self.state.options:
            prefix = self.state.get("PS4") or "+ "
            shown = " ".join(
                [*(f"{key}={_shown(value)}" for key, value in assigned.items()), *map(_shown, argv)]
            )
            yield from self.process.complain(prefix + shown)
        special = name in SPECIAL
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
            if name in BUILTINS:
                return (yield from self._with(assigned, BUILTINS[name](self, argv)))
            return (yield from self.external(argv, assigned))
        finally:
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

    def external(self, argv: list[str], assigned: dict[str, str]) -> Step:
        """Run a program and wait for it."""
        env = {**self.state.environment(), **assigned}
        kernel = self.process.kernel
        try:
            program = kernel.load(self.process, argv, path=assigned.get("PATH", self.state.get("PATH") or ""))
        except FileError as error:
            if error.code == "EINVAL":
                program = self.script_program(argv)
            else:
                raise self.not_run(argv[0], error) from None
        try:
            child = kernel.spawn(self.process, argv, program, env=env)
        except CannotFork:
            raise CommandFailed("can't fork: Resource temporarily unavailable", 2, fatal=True) from None
        self.forget_traps_in(child)
        return (yield from self.foreground([child]))

    def forget_traps_in(self, child: Process) -> None:
        """A program started by the shell handles no signals itself; ignored ones stay ignored."""
        child.handled.clear()

    def not_run(self, name: str, error: FileError) -> CommandFailed:
        """Why a command could not be run, as ash says it."""
        if error.code == "EACCES":
            return CommandFailed(f"{name}: Permission denied", 126)
        return CommandFailed(f"{name}: not found", 127)

    def script_program(self, argv: list[str]) -> Program:
        """The program for an executable text without `#!`: the shell itself."""
        from lab.embedded.runtime.shell.main import run_file

        return lambda process: run_file(process, argv[0], argv)

    def replace(self, argv: list[str]) -> None:
        """`exec`: become another program.

        Raises:
            Exec: always, unless the program cannot be run (CommandFailed).
        """
        try:
            program = self.process.kernel.load(self.process, argv, path=self.state.get("PATH") or "")
        except FileError as error:
            if error.code != "EINVAL":
                failed = self.not_run(argv[0], error)
                failed.fatal = True
                raise failed from None
            program = self.script_program(argv)
        self.process.env = self.state.environment()
        raise Exec(argv, program)


def _substitutes(word: Word) -> bool:
    return any(isinstance(part, Substitution) for part in word.parts)


def _shown(text: str) -> str:
    return text if re.fullmatch(r"[\w@%+=:,./\[\]-]+", text) else "'" + text.replace("'", "'\\''") + "'"
