"""The shell's processes: subshells, background jobs, pipelines' parts and command substitutions.

Each is a process of its own with a copy of the shell's state, as fork(2) gives them. A mix-in of the
interpreter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.embedded.runtime import signals
from lab.embedded.runtime.kernel import CannotFork
from lab.embedded.runtime.process import BASE_MEMORY, Process
from lab.embedded.runtime.shell.control import CommandFailed
from lab.embedded.runtime.shell.redirection import Redirector
from lab.embedded.runtime.shell.state import OutOfMemory
from lab.embedded.runtime.streams import NullStream, Pipe, Stream

if TYPE_CHECKING:
    from collections.abc import Generator

    from lab.embedded.runtime.interface import ExitStatus
    from lab.embedded.runtime.process import Program
    from lab.embedded.runtime.shell.syntax import Node, Sequence
    from lab.embedded.runtime.tasks import Reason, Syscall

    Step = Generator[Syscall, Reason, int]

KEPT_JOBS = 64
"""Ended background jobs whose status is kept for `wait`."""
HARDENED = (signals.TERM, signals.QUIT)
"""Signals a shell at a terminal ignores; what it starts does not."""


class JobRunner(Redirector):
    """Forks and waits."""

    _in_trap = False

    def child_program(self, node: Node) -> Program:
        """The program of a child shell that runs a node (the interpreter's)."""
        raise NotImplementedError

    def run_text(self, text: str) -> Step:
        """Run a program text (the interpreter's)."""
        raise NotImplementedError

    def fork(self, node: Node, fds: dict[int, Stream] | None = None, *, background: bool = False) -> Process:
        """A child shell that runs a node.

        Raises:
            CommandFailed: the container is full.
        """
        streams = dict(self.process.fds)
        streams.update(fds or {})
        if background and not fds:
            streams[0] = NullStream()
        child = self.start(list(self.process.argv), self.child_program(node), fds=streams)
        if background and "interactive" not in self.state.options:
            child.ignored |= {signals.INT, signals.QUIT}
        return child

    def start(
        self,
        argv: list[str],
        program: Program,
        *,
        env: dict[str, str] | None = None,
        fds: dict[int, Stream] | None = None,
    ) -> Process:
        """Start a child. It handles no signals yet; those the shell ignores by `trap ''` stay ignored.

        Raises:
            CommandFailed: the container is full.
        """
        try:
            child = self.process.kernel.spawn(self.process, argv, program, env=env, fds=fds)
        except CannotFork:
            raise CommandFailed("can't fork: Resource temporarily unavailable", 2, fatal=True) from None
        if "interactive" in self.state.options:
            child.ignored.difference_update(each for each in HARDENED if self.state.traps.get(each) != "")
        return child

    def background(self, node: Node) -> int:
        """Start `node &`."""
        child = self.fork(node, background=True)
        self.state.background = child.pid
        over = [each for each in self.process.children.values() if each.status is not None]
        for each in over[:-KEPT_JOBS]:
            self.process.reap(each)
        return 0

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
