"""A process: a program's steps, its descriptors, its environment, its share of memory and time.

Computing is charged in commands, never in host time. A slice of `SLICE` charges costs little cluster time;
a process that goes on and on without anything changing (`while :; do :; done`) is put off for longer and
longer, up to `IDLE_CEILING`; one that does change something has a long cheap run (a loop of 100 000
commands takes a second) before its price rises too. Waiting for anything gives the credit back.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, TypeAlias

from lab.embedded.runtime.fifos import Fifo
from lab.embedded.runtime.filesystem import Device, Directory, File, FileError
from lab.embedded.runtime.mounting import may
from lab.embedded.runtime.namespaces import may_trace
from lab.embedded.runtime.streams import (
    FileStream,
    FullStream,
    NullStream,
    RandomStream,
    Stream,
    ZeroStream,
)
from lab.embedded.runtime.tasks import Pause, Reason, Syscall, Wait, WaitQueue

if TYPE_CHECKING:
    from lab.embedded.runtime.interface import ExitStatus
    from lab.embedded.runtime.kernel import Kernel
    from lab.embedded.runtime.tasks import Task

Program: TypeAlias = Callable[["Process"], Generator[Syscall, Reason, int]]
"""What an executable does: steps that may wait, ending with the exit status."""

SECONDS_A_CHARGE = 1e-5
"""Cluster time one command costs while credit lasts: about what ash takes on a slow core."""
SLICE = 1000
"""Charges between two pauses of a process that gets something done."""
IDLE_SLICE = 20
"""Charges between two pauses of a process that changes nothing."""
IDLE_GRACE = 600
"""Charges without any change that cost nothing yet, so that a script's few commands take no time at all."""
IDLE_FLOOR, IDLE_CEILING = 0.002, 0.5
"""Seconds: the first and the longest pause of a process that changes nothing."""
CREDIT = 250_000
"""Charges at the cheap price; after them each slice costs half as much again as the one before."""
_REST = 0.001
"""Seconds a process must have waited to count as one that does not only compute."""
HOG_CEILING = 10.0
"""Seconds: the longest pause of a process that gets something done."""
BASE_MEMORY = 512 * 1024
"""Bytes a busybox process counts for by itself."""


class CpuAccount:
    """How much a process has computed since it last waited."""

    __slots__ = ("_idle_pause", "_idle_used", "_slice_pause", "_slice_used", "changed", "unpaid", "used")

    def __init__(self) -> None:
        self.used = 0
        self.changed = False
        self.unpaid = 0
        """Charges that no pause has paid for yet: they took no time so far, and count as computing."""
        self._slice_used = 0
        self._idle_pause = IDLE_FLOOR
        self._idle_used = 0
        self._slice_pause = SLICE * SECONDS_A_CHARGE

    def charge(self, count: int) -> float | None:
        """Add charges; the pause that is due (seconds), or None while the slice lasts."""
        self._slice_used += count
        self.unpaid += count
        if self._slice_used < IDLE_SLICE:
            return None
        if not self.changed:
            self._idle_used += self._slice_used
            self._slice_used = 0
            if self._idle_used <= IDLE_GRACE:
                return None
            pause, self._idle_pause = self._idle_pause, min(self._idle_pause * 1.5, IDLE_CEILING)
            self.unpaid = 0
            return pause
        if self._slice_used < SLICE:
            return None
        self.used += self._slice_used
        share = self._slice_used / SLICE
        self._slice_used = 0
        self.changed = False
        self._idle_pause, self._idle_used = IDLE_FLOOR, 0
        if self.used > CREDIT:
            self._slice_pause = min(self._slice_pause * 1.5, HOG_CEILING)
        self.unpaid = 0
        return self._slice_pause * share

    def owe(self, count: int) -> None:
        """Add charges that the next `charge` pays for: where something was done that cannot wait."""
        self._slice_used += count
        self.unpaid += count

    def rest(self, seconds: float) -> None:
        """The process waited this long for something else than computing time."""
        charges = int(seconds / SECONDS_A_CHARGE)
        self.used = max(0, self.used - charges)
        self._slice_used = max(0, self._slice_used - charges)
        if self.used <= CREDIT:
            self._slice_pause = SLICE * SECONDS_A_CHARGE
        if seconds > _REST:  # less is no rest: `while usleep 1` is as busy as `while :`
            self._idle_pause, self._idle_used = IDLE_FLOOR, 0

    def inherit(self, other: CpuAccount) -> None:
        """Go on where another account stands: forking must not be a way to fresh credit."""
        self.used = max(self.used, other.used)
        self._slice_pause = max(self._slice_pause, other._slice_pause)
        self._idle_pause = max(self._idle_pause, other._idle_pause)
        self._idle_used = max(self._idle_used, other._idle_used)
        self._slice_used = max(self._slice_used, other._slice_used)


class Process:
    """One process of a container. Programs get it as their only argument."""

    def __init__(
        self, kernel: Kernel, pid: int, parent: Process | None, argv: list[str], env: dict[str, str]
    ) -> None:
        self.kernel = kernel
        self.pid = pid
        self.parent = parent
        self.argv = argv
        self.env = env
        self.cwd: str = parent.cwd if parent else "/"
        self.uid: int = parent.uid if parent else 0
        self.umask: int = parent.umask if parent else 0o022
        self.fds: dict[int, Stream] = {}
        self.children: dict[int, Process] = {}
        self.status: ExitStatus | None = None
        self.ended = WaitQueue()
        self.ignored: set[int] = set(parent.ignored) if parent else set()
        self.handled: set[int] = set()
        self.pending: list[int] = []
        self.session: int = parent.session if parent else pid
        self.cpu = CpuAccount()
        if parent:
            self.cpu.inherit(parent.cpu)
        self.memory = BASE_MEMORY
        self.started_at = kernel.agenda.now()
        self.task: Task
        self.doom: ExitStatus | None = None
        """Set when a signal ended the process while it was running; it ends at its next step."""

    @property
    def capabilities(self) -> frozenset[str]:
        """What it may do beyond its user's rights: root all that the container has, another user nothing."""
        return self.kernel.capabilities if self.uid == 0 else frozenset()

    # -- time ---------------------------------------------------------------------------------------------

    def now(self) -> float:
        """Seconds of cluster time."""
        return self.kernel.agenda.now()

    def after(self, seconds: float) -> float:
        """When `seconds` of cluster time from now will have passed: what to wait until."""
        return self.kernel.agenda.after(seconds)

    def sleep(self, seconds: float) -> Generator[Syscall, Reason, None]:
        """Wait for cluster time to pass; handled signals do not shorten it."""
        began = self.now()
        until = self.after(seconds)
        while self.now() < until:
            yield Wait((), until)
        self._rest(began)

    def wait(self, *queues: WaitQueue, until: float | None = None) -> Generator[Syscall, Reason, Reason]:
        """Wait for one of `queues`, a time, or a handled signal; returns which it was."""
        began = self.now()
        reason: Reason = yield Wait(queues, until)
        self._rest(began)
        return reason

    def _rest(self, began: float) -> None:
        """It has waited since `began`; what it computed before that is put on the container's account."""
        self.settle_account(began)
        self.cpu.rest(self.now() - began)

    def settle_account(self, when: float) -> None:
        """Put the computing that no pause has paid for on the container's account."""
        if self.cpu.unpaid:
            self.kernel.meter.spend(when, self.cpu.unpaid * SECONDS_A_CHARGE)
            self.cpu.unpaid = 0

    def compute(self, charges: int = 1, *, changed: bool = False) -> Generator[Syscall, Reason, None]:
        """Charge computing, pausing when a slice is used up."""
        if changed:
            self.cpu.changed = True
        pause = self.cpu.charge(charges)
        if pause is not None:
            self.kernel.meter.spend(self.now(), pause)
            yield Pause(pause)

    def sleep_for_computing(self, seconds: float) -> Generator[Syscall, Reason, None]:
        """The pause a charge asked for."""
        self.kernel.meter.spend(self.now(), seconds)
        yield Pause(seconds)

    # -- descriptors --------------------------------------------------------------------------------------

    def install(self, fd: int, stream: Stream) -> None:
        """Let `fd` stand for `stream`; what it stood for is let go."""
        stream.hold()
        self.close(fd)
        self.fds[fd] = stream

    def close(self, fd: int) -> None:
        """Let go of a descriptor; a free one is no error."""
        stream = self.fds.pop(fd, None)
        if stream is not None:
            stream.release()

    def stream(self, fd: int) -> Stream:
        """What a descriptor stands for.

        Raises:
            FileError: EBADF.
        """
        stream = self.fds.get(fd)
        if stream is None:
            raise FileError("EBADF")
        return stream

    def open(
        self,
        path: str,
        *,
        write: bool = False,
        append: bool = False,
        read: bool = True,
        truncate: bool = True,
    ) -> Stream:
        """Open a file or device. Writing makes the file and empties it, unless `append` or not `truncate`.

        Raises:
            FileError: as open(2).
        """
        files = self.kernel.files
        place = files.lookup(path, self.cwd)
        node = place.node
        if isinstance(node, Fifo):
            if not may(node, self.uid, 2 if write else 4):
                raise FileError("EACCES")
            return node.open(write=write)
        if isinstance(node, Device):
            return self._device(node)
        if isinstance(node, Directory) and write:
            raise FileError("EISDIR")
        if write:
            file, tree = files.create(path, self.cwd, self.uid, 0o666 & ~self.umask)
            self.cpu.changed = True
            if truncate and not append and file.data:
                tree.grow(-min(len(file.data), tree.used))
                file.data.clear()
            file.mtime = self.now()
            return FileStream(file, tree, self.now, read=read, write=True, append=append)
        if node is None:
            raise FileError("ENOENT")
        if isinstance(node, Directory):
            raise FileError("EISDIR")
        if not isinstance(node, File):
            raise FileError("EINVAL")
        if not may(node, self.uid, 4):
            raise FileError("EACCES")
        return FileStream(node, place.tree, self.now, read=True, write=False)

    def _device(self, node: Device) -> Stream:
        kind, _, detail = node.kind.partition(":")
        match kind:
            case "null":
                return NullStream()
            case "zero":
                return ZeroStream()
            case "full":
                return FullStream()
            case "urandom":
                return RandomStream(self.kernel.random_bytes)
            case "fd":
                pid, _, number = detail.rpartition(":")
                owner = self.kernel.processes.get(int(pid)) if pid else self
                if owner is None:
                    raise FileError("ENOENT")
                if not may_trace(self, owner):
                    raise FileError("EACCES")
                stream = owner.fds.get(int(number))
                if stream is None:
                    raise FileError("ENOENT")
                return stream
            case "tty":
                stream = next((each for each in self.fds.values() if each.is_tty), None)
                if stream is None:
                    raise FileError("ENOENT")
                return stream
            case _:
                raise FileError("EINVAL")

    def read(self, fd: int, count: int = 65536) -> Generator[Syscall, Reason, bytes]:
        """Read up to `count` bytes, waiting for them; b"" at the end."""
        stream = self.stream(fd)
        while (chunk := stream.try_read(count)) is None:
            yield from self.wait(stream.readable)
        if chunk:
            yield from self.compute(1, changed=True)
        return chunk

    def read_all(self, fd: int, limit: int = 16 * 1024 * 1024) -> Generator[Syscall, Reason, bytes]:
        """Read to the end, counting it as memory; stops (as killed for memory) beyond the host's bound."""
        parts = bytearray()
        while chunk := (yield from self.read(fd)):
            parts += chunk
            self.set_memory(BASE_MEMORY + len(parts))
            if len(parts) > limit:
                self.kernel.out_of_memory()
                yield Pause(0.0)
        return bytes(parts)

    def write(self, fd: int, data: bytes) -> Generator[Syscall, Reason, None]:
        """Write all of `data`, waiting for room.

        Raises:
            BrokenPipe, FileError: as `Stream.try_write`.
        """
        yield from self.write_to(self.stream(fd), data)

    def write_to(self, stream: Stream, data: bytes) -> Generator[Syscall, Reason, None]:
        """Write all of `data` to a stream that need have no descriptor of this process.

        Raises:
            BrokenPipe, FileError: as `Stream.try_write`.
        """
        while data:
            done = stream.try_write(data)
            if done == 0:
                yield from self.wait(stream.writable)
                continue
            yield from self.compute(1 + done // stream.bytes_a_charge, changed=True)
            data = data[done:]

    def print(self, text: str) -> Generator[Syscall, Reason, None]:
        """Write a line to standard output."""
        yield from self.write(1, (text + "\n").encode("utf-8", "surrogateescape"))

    def complain(self, text: str) -> Generator[Syscall, Reason, None]:
        """Write a line to standard error, if there is one."""
        try:
            yield from self.write(2, (text + "\n").encode("utf-8", "surrogateescape"))
        except FileError:
            return

    # -- memory, signals, children ------------------------------------------------------------------------

    def set_memory(self, count: int) -> None:
        """Say how many bytes the process uses now; beyond the container's limit the kernel kills."""
        grown = count > self.memory
        self.memory = count
        if grown:
            self.kernel.check_memory()

    def spawn(self, argv: list[str], env: dict[str, str] | None = None, **options: Any) -> Process:
        """Start a program as a child (fork and exec), with this process' descriptors.

        Raises:
            FileError: EACCES, ENOENT as execve(2).
        """
        program = self.kernel.load(self, argv)
        return self.kernel.spawn(self, argv, program, env=env, **options)

    def wait_child(self, child: Process) -> Generator[Syscall, Reason, ExitStatus]:
        """Wait for a child to end, whatever signals arrive meanwhile."""
        while child.status is None:
            yield from self.wait(child.ended)
        self.reap(child)
        return child.status

    def reap(self, child: Process) -> None:
        """Take note of a child's end; its computing counts as ours."""
        self.children.pop(child.pid, None)
        self.cpu.inherit(child.cpu)
