"""The shell's processes: subshells, background jobs, pipelines' parts and command substitutions.

Each is a process of its own with a copy of the shell's state, as fork(2) gives them. A mix-in of the
interpreter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.embedded.runtime import signals
from lab.embedded.runtime.kernel import CannotFork
from lab.embedded.runtime.process import BASE_MEMORY, Process
from lab.embedded.runtime.shell.control import CommandFailed, Leave
from lab.embedded.runtime.shell.jobtable import KEPT_JOBS, JobTable
from lab.embedded.runtime.shell.redirection import Redirector
from lab.embedded.runtime.shell.state import OutOfMemory
from lab.embedded.runtime.shell.syntax import Pipeline
from lab.embedded.runtime.streams import NullStream, Pipe, Stream

if TYPE_CHECKING:
    from collections.abc import Generator

    from lab.embedded.runtime.interface import ExitStatus
    from lab.embedded.runtime.process import Program
    from lab.embedded.runtime.shell.syntax import Node, Sequence, Streamed
    from lab.embedded.runtime.tasks import Reason, Syscall

    Step = Generator[Syscall, Reason, int]

_FIRST_STREAM = 63
"""The descriptor from which on `<(…)` finds a free one, downwards never."""
HARDENED = (signals.TERM, signals.QUIT)
"""Signals a shell at a terminal ignores; what it starts does not."""


class JobRunner(Redirector):
    """Forks and waits."""

    _in_trap = False
    substituted = 0
    """The status of the last command substitution."""

    def __init__(self) -> None:
        self.jobs = JobTable()
        self.streamed: list[int] = []
        """Descriptors of `<(…)` that the running commands were given."""

    def child_program(self, node: Node) -> Program:
        """The program of a child shell that runs a node (the interpreter's)."""
        raise NotImplementedError

    def run_text(self, text: str, *, last: bool = False, line: int | None = None) -> Step:
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

    def background(self, node: Node, text: str) -> int:
        """Start `node &`; of a pipeline, `$!` is the last process."""
        if isinstance(node, Pipeline) and len(node.commands) > 1:
            children = self.pipe_up(node.commands, background=True)
        else:
            children = [self.fork(node, background=True)]
        self.state.background = children[-1].pid
        self.jobs.add(children, text)
        over = [each for each in self.process.children.values() if each.status is not None]
        for each in over[:-KEPT_JOBS]:
            self.process.reap(each)
        return 0

    def pipe_up(self, commands: tuple[Node, ...], *, background: bool = False) -> list[Process]:
        """Start the commands of a pipeline.

        Raises:
            CommandFailed: the container is full.
        """
        children: list[Process] = []
        previous: Stream | None = None
        reader = NullStream() if background else self.process.fds.get(0)
        for position, command in enumerate(commands):
            pipe = Pipe()
            fds: dict[int, Stream] = {} if reader is None else {0: reader}
            last = position == len(commands) - 1
            if not last:
                fds[1] = pipe.writer
            children.append(self.fork(command, fds, background=background))
            reader = pipe.reader
            if not last:
                reader.hold()
            if previous is not None:
                previous.release()
            previous = reader
        return children

    def stream(self, part: Streamed) -> str:
        """See `Expander`: a pipe whose other end the command has."""
        pipe = Pipe()
        ours, theirs = (pipe.writer, pipe.reader) if part.writes else (pipe.reader, pipe.writer)
        ours.hold()
        self.fork(part.body, {0 if part.writes else 1: theirs})
        fd = next(each for each in range(_FIRST_STREAM + 1, 1024) if each not in self.process.fds)
        self.process.install(fd, ours)
        ours.release()
        self.streamed.append(fd)
        return f"/dev/fd/{fd}"

    def forget_streams(self, kept: int) -> None:
        """Close the descriptors of `<(…)` but for the oldest few."""
        while len(self.streamed) > kept:
            self.process.close(self.streamed.pop())

    def foreground(self, children: list[Process]) -> Step:
        """Wait for children in the foreground; traps run after that. Returns the last one's status."""
        statuses: list[int] = []
        for child in children:
            ended = yield from self.process.wait_child(child)
            statuses.append(ended.code)
            yield from self.mention(ended)
        if self.jobs.jobs:
            self.jobs.notice()
        if self.process.pending:
            yield from self.run_traps()
        if "pipefail" in self.state.options:
            return next((status for status in reversed(statuses) if status), 0)
        return statuses[-1]

    def mention(self, ended: ExitStatus) -> Generator[Syscall, Reason, None]:
        """Say of which signal a process died."""
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
        self.substituted = yield from self.foreground([child])
        return output.replace(b"\0", b"").decode("utf-8", "surrogateescape").rstrip("\n")

    def run_traps(self) -> Generator[Syscall, Reason, None]:
        """Run the actions of signals that have come; `$?` stays what it was."""
        if self._in_trap:
            return
        while self.process.pending:
            number = self.process.pending.pop(0)
            action = self.state.traps.get(number)
            if not action:
                if number == signals.INT:  # only a script that is PID 1 catches it without a trap
                    raise Leave(128 + number)
                continue
            yield from self.run_trap(action)

    def run_trap(self, action: str) -> Generator[Syscall, Reason, None]:
        """Run one action; no other runs meanwhile."""
        if self._in_trap:
            return
        status = self.state.status
        self._in_trap = True
        try:
            yield from self.run_text(action)
        finally:
            self._in_trap = False
        self.state.status = status
