"""What servers share: the listeners of one process, answered in children, until a signal or their own end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator
from typing import TYPE_CHECKING

from lab.embedded.clock.agenda import EPOCH
from lab.embedded.runtime.http import answer_in_child
from lab.embedded.runtime.network import ANY_ADDRESS, Listener
from lab.embedded.runtime.tasks import Reason, Syscall, WaitQueue

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.embedded.runtime.http import Handler
    from lab.embedded.runtime.network import Socket
    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.streams import Stream

Step = Generator[Syscall, Reason, int]


class CannotListen(Exception):  # noqa: N818 (what happened, not a mistake)
    """A port cannot be had; `number` and `text` are the C library's (`98`, `Address already in use`)."""

    def __init__(self, port: int, number: int, text: str) -> None:
        super().__init__(f"{port}: {text}")
        self.port, self.number, self.text = port, number, text


class Server:
    """The listening sockets of one process, and who answers on each."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._open: dict[int, tuple[Listener, Callable[[Socket], None]]] = {}
        self.ending = WaitQueue()
        """Notified when the server is to end by itself."""
        self.code: int | None = None
        """The exit code it is to end with; None: it goes on."""

    def listen(self, port: int, answer: Callable[[Socket], None], address: str = ANY_ADDRESS) -> None:
        """Listen on a port; `answer` is given each connection.

        Raises:
            CannotListen: the port is taken. (Any port is anybody's, see `capabilities`.)
        """
        listener = self._process.kernel.host.listen(address, port)
        if listener is None:
            raise CannotListen(port, 98, "Address already in use")
        self.add(listener, answer)

    def add(self, listener: Listener, answer: Callable[[Socket], None]) -> None:
        """Answer on a listener that is there already."""
        fd = next(each for each in range(10, 1024) if each not in self._process.fds)
        self._process.install(fd, listener)
        self._open[fd] = (listener, answer)

    def listen_http(self, port: int, handler: Handler, address: str = ANY_ADDRESS) -> None:
        """Listen on a port and answer HTTP there.

        Raises:
            CannotListen: as `listen`.
        """
        self.listen(port, lambda socket: answer_in_child(self._process, socket, handler), address)

    def end(self, code: int) -> None:
        """End the server with an exit code, from within an answer."""
        self.code = code
        self.ending.notify()

    def close(self) -> None:
        """Listen no longer."""
        for fd in self._open:
            self._process.close(fd)
        self._open.clear()

    def run(self) -> Generator[Syscall, Reason, int | None]:
        """Answer until a signal is pending (None) or the server ends by itself (its exit code)."""
        process = self._process
        while not process.pending and self.code is None:
            accepted = False
            for listener, answer in list(self._open.values()):
                socket = listener.try_accept()
                if socket is not None:
                    accepted = True
                    yield from process.compute(10, changed=True)
                    answer(socket)
            if not accepted:
                queues = [listener.readable for listener, _ in self._open.values()]
                yield from process.wait(*queues, self.ending)
        return self.code


def drain(process: Process) -> Generator[Syscall, Reason, None]:
    """Wait until every child has ended: the connections under way."""
    while busy := [each for each in process.children.values() if each.status is None]:
        yield from process.wait(busy[0].ended)


def descriptors(process: Process) -> dict[int, Stream]:
    """What a helper process is given: the outputs, but none of the listening sockets."""
    return {fd: process.fds[fd] for fd in (1, 2) if fd in process.fds}


def epoch(process: Process) -> float:
    """Seconds since the Unix epoch."""
    return EPOCH + process.now()


def utc(process: Process) -> dt.datetime:
    """What the clock shows, as servers write it into their logs."""
    return dt.datetime.fromtimestamp(epoch(process), dt.UTC)
