"""Sessions of `kubectl exec` and `kubectl attach`: a client's input and output, and when they end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from lab.embedded.runtime import signals
from lab.embedded.runtime.interface import ExitStatus
from lab.embedded.runtime.streams import InputStream, NullStream, OutputStream, Stream
from lab.embedded.runtime.tasks import Task, Wait
from lab.embedded.runtime.terminals import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.embedded.clock.agenda import Agenda
    from lab.embedded.runtime.logs import Log
    from lab.embedded.runtime.process import Process


class Attachable(Protocol):
    """What an attachment needs of a container."""

    logs: Log

    def listen(self, callback: Callable[[str, bytes], None]) -> Callable[[], None]:
        """Be given PID 1's output as it comes; returns the unsubscriber."""


class Session:
    """See `interface.ExecSession`."""

    def __init__(self, agenda: Agenda, on_exit: Callable[[ExitStatus], None]) -> None:
        self._agenda, self._on_exit = agenda, on_exit
        self._process: Process | None = None
        self._input: InputStream | Terminal | None = None
        self.over = False

    def streams(
        self, on_output: Callable[[str, bytes], None], *, stdin: bool, tty: bool
    ) -> dict[int, Stream]:
        """The descriptors of the session's process."""
        if tty:
            terminal = Terminal(lambda data: on_output("stdout", data), self._interrupt)
            self._input = terminal
            return {0: terminal, 1: terminal, 2: terminal}
        source: Stream = NullStream()
        if stdin:
            source = self._input = InputStream()
        return {0: source, 1: OutputStream(lambda data: on_output("stdout", data)),
                2: OutputStream(lambda data: on_output("stderr", data))}  # fmt: skip

    def attach(self, process: Process) -> None:
        """The session's process has started."""
        self._process = process

        def watch() -> Any:
            while process.status is None:
                yield Wait((process.ended,))
            return process.status

        def ended(status: Any, error: BaseException | None) -> None:
            if error is not None:
                raise error
            self._finish(status)

        Task(self._agenda, watch(), ended).start()

    def _finish(self, status: ExitStatus) -> None:
        if not self.over:
            self.over = True
            self._on_exit(status)

    def container_ended(self) -> None:
        """The container ended under the session."""
        self._finish(ExitStatus(128 + signals.KILL, signals.KILL))

    def _interrupt(self) -> None:
        first = self._process
        if first is None or first.status is not None:
            return
        for each in list(first.kernel.processes.values()):
            if each.session == first.session:
                first.kernel.signal(each, signals.INT)

    def write_stdin(self, data: bytes) -> None:
        """See `ExecSession`."""
        if self._input is not None:
            self._input.feed(data)

    def close_stdin(self) -> None:
        """See `ExecSession`."""
        if self._input is not None:
            self._input.end()

    def resize(self, columns: int, rows: int) -> None:
        """See `ExecSession`."""
        if isinstance(self._input, Terminal):
            self._input.columns, self._input.rows = columns, rows

    def kill(self) -> None:
        """See `ExecSession`."""
        if self._process is not None:
            kernel, first = self._process.kernel, self._process
            for each in list(kernel.processes.values()):
                if each.session == first.session and each is not kernel.main:
                    kernel.terminate(each, ExitStatus(128 + signals.KILL, signals.KILL))


class Attachment:
    """A client attached to PID 1; see `interface.ExecSession`."""

    def __init__(
        self, container: Attachable, on_output: Callable[[str, bytes], None],
        on_exit: Callable[[ExitStatus], None], source: InputStream | Terminal | None,
    ) -> None:  # fmt: skip
        self._source = source
        self._stop = container.listen(on_output)
        self._forget = container.logs.follow(lambda line: on_exit(ExitStatus(0)) if line is None else None)

    def write_stdin(self, data: bytes) -> None:
        """See `ExecSession`."""
        if self._source is not None:
            self._source.feed(data)

    def close_stdin(self) -> None:
        """See `ExecSession`."""
        if self._source is not None:
            self._source.end()

    def resize(self, columns: int, rows: int) -> None:
        """See `ExecSession`."""
        if isinstance(self._source, Terminal):
            self._source.columns, self._source.rows = columns, rows

    def kill(self) -> None:
        """See `ExecSession`; the container goes on."""
        self._stop()
        self._forget()
