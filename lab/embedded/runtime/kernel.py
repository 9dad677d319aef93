"""One container's processes: PIDs, signals, memory, executing files.

Invariants:
    * PID 1 without a handler for a signal ignores it, SIGKILL from outside excepted; others die of it
      (pid_namespaces(7)).
    * When PID 1 ends, all others are killed at the same instant, and only then the container has ended.
    * When all processes together exceed the memory limit, every one of them is killed, as cgroup v2 with
      `memory.oom.group` does (Kubernetes since 1.28).
    * The container ends with its main process, which is PID 1 unless the PID namespace is another's.
    * A process ends exactly once; its descriptors are let go at that instant.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from lab.embedded.runtime import signals
from lab.embedded.runtime.capabilities import DEFAULT as DEFAULT_CAPABILITIES
from lab.embedded.runtime.filesystem import Directory, File, FileError
from lab.embedded.runtime.interface import ExitStatus
from lab.embedded.runtime.metering import CpuMeter
from lab.embedded.runtime.mounting import Mounts, may
from lab.embedded.runtime.namespaces import PidNamespace
from lab.embedded.runtime.process import Process, Program
from lab.embedded.runtime.streams import BrokenPipe, NullStream, Stream
from lab.embedded.runtime.tasks import Pause, Reason, Syscall, Task

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Generator

    from lab.embedded.clock.agenda import Agenda
    from lab.embedded.runtime.network import Host, Network

_LOGGER = logging.getLogger(__name__)

PROCESS_LIMIT = 256
"""Processes a container may have at once: what bounds a fork bomb (a pid cgroup's EAGAIN)."""

FORK_CHARGE = 20
"""What starting a process costs its parent, in charges."""

CROWDED = 64
"""Processes from which on starting one more takes time: what makes a fork bomb slow instead of endless."""

NODE_MEMORY = 4 * 1024**3
"""Bytes a container without a limit can use before the node itself is out of memory."""


class Exec(Exception):  # noqa: N818 (what happened, not a mistake)
    """The running program is replaced by another one (execve)."""

    def __init__(self, argv: list[str], program: Program) -> None:
        super().__init__(argv[0])
        self.argv = argv
        self.program = program


class CannotFork(Exception):  # noqa: N818 (what happened, not a mistake)
    """The container has as many processes as it may have."""


class Caller(Protocol):
    """Who wants to run a file: a process, or a container that has none yet."""

    env: dict[str, str]
    cwd: str
    uid: int


class Kernel:
    """The processes of one container."""

    def __init__(  # noqa: PLR0913 (what a container is made of)
        self, agenda: Agenda, rng: random.Random, files: Mounts, network: Network, host: Host,
        programs: Callable[[str], Program | None], *, memory_limit: int | None = None,
        namespace: PidNamespace | None = None, capabilities: frozenset[str] = DEFAULT_CAPABILITIES,
    ) -> None:  # fmt: skip
        """`namespace`: the PID namespace to join; None: one of its own."""
        self.agenda = agenda
        self.rng = rng
        self.files = files
        self.network = network
        self.host = host
        self.namespace = namespace or PidNamespace()
        self.processes = self.namespace.processes
        """All that the container's processes see, those of other containers among them."""
        self.own: dict[int, Process] = {}
        self.main: Process | None = None
        self.capabilities = capabilities
        """What root may do in here."""
        self.memory_limit = memory_limit
        self.meter = CpuMeter()
        self.on_exit: Callable[[ExitStatus], None] | None = None
        self._programs = programs
        self._oom = False
        self.over = False

    def random_bytes(self, count: int) -> bytes:
        """Bytes from the cluster's seed."""
        return self.rng.randbytes(count)

    # -- executing ----------------------------------------------------------------------------------------

    def find(self, name: str, path: str, cwd: str, uid: int) -> str:
        """Where a command lies: itself if it has a slash, else the first executable on `path`.

        Raises:
            FileError: ENOENT; EACCES when only files that may not be executed were found.
        """
        denied = False
        candidates = [name] if "/" in name else [f"{each or '.'}/{name}" for each in path.split(":")]
        for candidate in candidates:
            try:
                node = self.files.lookup(candidate, cwd).node
            except FileError as error:
                if "/" in name:
                    raise
                denied = denied or error.code == "EACCES"
                continue
            if node is None:
                continue
            if not isinstance(node, File) or not may(node, uid, 1):
                denied = True
                continue
            return candidate
        raise FileError("EACCES" if denied else "ENOENT")

    def load(self, process: Caller, argv: list[str], path: str | None = None) -> Program:
        """The program a command line runs, looked up in the process' PATH.

        Raises:
            FileError: as execve(2); EINVAL stands for ENOEXEC (neither a program nor a script with `#!`).
        """
        if path is None:
            path = process.env.get("PATH", DEFAULT_PATH)
        where = self.find(argv[0], path, process.cwd, process.uid)
        return self._program_at(where, process, depth=0)

    def _program_at(self, where: str, process: Caller, depth: int) -> Program:
        node = self.files.node(where, process.cwd)
        if isinstance(node, Directory) or not isinstance(node, File) or not may(node, process.uid, 1):
            raise FileError("EACCES")
        if node.program is not None:
            program = self._programs(node.program)
            if program is None:
                raise FileError("EINVAL")
            return program
        first = bytes(node.data[:256]).split(b"\n", 1)[0]
        if not first.startswith(b"#!") or depth > 4:
            raise FileError("EINVAL")
        words = first[2:].decode("utf-8", "replace").strip().split(None, 1)
        if not words:
            raise FileError("EINVAL")
        return _scripted(self._program_at(words[0], process, depth + 1), words, where)

    # -- starting and ending ------------------------------------------------------------------------------

    def spawn(
        self, parent: Process | None, argv: list[str], program: Program, *, env: dict[str, str] | None = None,
        fds: dict[int, Stream] | None = None, uid: int | None = None, cwd: str | None = None,
    ) -> Process:  # fmt: skip
        """Start a process; `fds` None: those of the parent.

        Raises:
            CannotFork: the container is full.
        """
        if len(self.own) >= PROCESS_LIMIT or self.over or self.namespace.over:
            raise CannotFork
        inherited = parent.env if parent else {}
        pid = self.namespace.number(joining=self.main is None)
        process = Process(self, pid, parent, list(argv), dict(env if env is not None else inherited))
        self.main = self.main or process
        process.uid = uid if uid is not None else process.uid
        process.cwd = cwd if cwd is not None else process.cwd
        for fd, stream in (fds if fds is not None else parent.fds if parent else {}).items():
            process.install(fd, stream)
        self.processes[process.pid] = self.own[process.pid] = process
        if parent is not None:
            parent.children[process.pid] = process
        process.task = Task(
            self.agenda,
            _run(process, program),
            lambda code, error: self._ended(process, code, error),
            f"process {process.pid} ({' '.join(argv)[:80]}) of {self.host.namespace}/{self.host.hostname}",
        )
        process.task.start(self._fork_delay(parent))
        self.check_memory()
        return process

    def _fork_delay(self, parent: Process | None) -> float:
        """Seconds until a new process begins: 0 unless its parent is out of credit or the container fills."""
        if parent is None:
            return 0.0
        crowd = len(self.own)
        crowding = crowd / PROCESS_LIMIT if crowd > CROWDED else 0.0
        computing = parent.cpu.charge(FORK_CHARGE) or 0.0
        self.meter.spend(self.agenda.now(), computing)
        return max(computing, crowding)

    def _ended(self, process: Process, code: Any, error: BaseException | None) -> None:
        if process.doom is not None:
            status = process.doom
        elif error is None:
            status = ExitStatus(int(code) & 0xFF)
        elif isinstance(error, BrokenPipe):
            status = ExitStatus(128 + signals.PIPE, signals.PIPE)
        elif isinstance(error, RecursionError):
            status = ExitStatus(128 + signals.SEGV, signals.SEGV)
        else:
            status = self._broken(process, error)
        self._bury(process, status)

    def _broken(self, process: Process, error: BaseException) -> ExitStatus:
        """A program of the simulation itself is at fault: it aborts, and nothing else comes to harm."""
        _LOGGER.error("the simulated program %r is broken", process.argv, exc_info=error)
        complaint = f"{process.argv[0]}: internal error of the simulation: {type(error).__name__}: {error}\n"
        stream = process.fds.get(2)
        if stream is not None:
            with suppress(FileError, BrokenPipe):
                stream.try_write(complaint.encode("utf-8", "replace"))
        return ExitStatus(128 + signals.ABRT, signals.ABRT)

    def _bury(self, process: Process, status: ExitStatus) -> None:
        process.status = status
        process.settle_account(self.agenda.now())
        self.processes.pop(process.pid, None)
        self.own.pop(process.pid, None)
        for fd in list(process.fds):
            process.close(fd)
        first = self.processes.get(1)
        for orphan in process.children.values():
            orphan.parent = first  # which adopts it, but does not wait for it: it is no job of its
        process.ended.notify()
        if process.parent is not None and process.parent.status is None:
            self.signal(process.parent, signals.CHLD)
        if process.pid == 1:
            self.namespace.over = True
        if process is self.main:
            self._end_container(status)

    def _end_container(self, status: ExitStatus) -> None:
        self.over = True
        killed = ExitStatus(128 + signals.KILL, signals.KILL, self._oom)
        for process in list(self.own.values()):
            self.terminate(process, killed)
        for process in list(self.processes.values()) if self.namespace.over else ():
            self.terminate(process, ExitStatus(128 + signals.KILL, signals.KILL))
        if self.on_exit is not None:
            callback = self.on_exit
            self.agenda.call_soon(lambda: callback(status))

    def terminate(self, process: Process, status: ExitStatus) -> None:
        """End a process at once, or at its next step if it is the one that runs."""
        if process.status is not None or process.doom is not None:
            return
        if process.task.running:
            process.doom = status
            return
        process.task.cancel()
        process.kernel._bury(process, status)  # noqa: SLF001 (another container's, in the same namespace)

    # -- signals ------------------------------------------------------------------------------------------

    def signal(self, process: Process, number: int, *, outside: bool = False) -> None:
        """Send a signal; `outside`: from the node, whose SIGKILL ends even PID 1."""
        if process.status is not None or number == 0 or number in process.ignored:
            return
        if number in process.handled:
            process.pending.append(number)
            process.task.wake("signal")
            return
        if number in signals.HARMLESS:
            return
        if process.pid == 1 and not (outside and number in (signals.KILL, signals.STOP)):
            return
        self.terminate(process, ExitStatus(128 + number, number))

    # -- memory -------------------------------------------------------------------------------------------

    def memory_usage(self) -> int:
        """Bytes in use by all processes."""
        return sum(process.memory for process in self.own.values()) + self.files.memory()

    def check_memory(self) -> None:
        """Kill the container if it uses more than it may."""
        if not self.over and self.memory_usage() > (self.memory_limit or NODE_MEMORY):
            self.out_of_memory()

    def out_of_memory(self) -> None:
        """Kill every process, PID 1 first, so that the container ends as OOM killed."""
        self._oom = True
        for process in sorted(self.own.values(), key=lambda each: each.pid):
            self.terminate(process, ExitStatus(128 + signals.KILL, signals.KILL, oom_killed=True))


DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""PATH when a container's environment has none, as runc sets it."""


def _run(process: Process, program: Program) -> Generator[Syscall, Reason, int]:
    """Run a program, and those it replaces itself with; a doomed process goes no further."""
    while True:
        try:
            steps = program(process)
            reason: Reason = "start"
            while True:
                call = next(steps) if reason == "start" else steps.send(reason)
                if process.doom is not None:
                    steps.close()
                    return 0
                reason = yield call
                if reason == "start":  # cannot be: only the first resume starts
                    reason = "notified"
        except StopIteration as stop:
            return int(stop.value or 0)
        except Exec as replacement:
            process.argv = replacement.argv
            process.handled.clear()
            process.pending.clear()
            program = replacement.program
        except FileError as error:
            yield from process.complain(f"{process.argv[0].rsplit('/', 1)[-1]}: {error}")
            return 1


def _scripted(program: Program, words: list[str], where: str) -> Program:
    def run(process: Process) -> Generator[Syscall, Reason, int]:
        process.argv = [*words, where, *process.argv[1:]]
        return (yield from program(process))

    return run


def silent() -> dict[int, Stream]:
    """Descriptors of a process nobody listens to."""
    return {fd: NullStream() for fd in (0, 1, 2)}


__all__ = ["DEFAULT_PATH", "CannotFork", "Exec", "Kernel", "Pause", "silent"]
