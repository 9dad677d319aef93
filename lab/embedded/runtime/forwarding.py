"""A connection from outside to a port of a pod's loopback, carried in chunks: what port-forward stands on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.runtime.network import ConnectFailed, Host, Network, Socket
from lab.embedded.runtime.streams import BrokenPipe
from lab.embedded.runtime.tasks import Task, Wait, WaitQueue

if TYPE_CHECKING:
    from collections.abc import Callable

_LOOPBACK = "127.0.0.1"
_CHUNK = 65536


def forward(
    network: Network, host: Host, port: int, on_data: Callable[[bytes], None], on_end: Callable[[], None]
) -> Forwarded | str:
    """Connect as a process of the pod would; why not (`connection refused`), where nobody listens."""
    try:
        socket = network.connect(host, _LOOPBACK, port)
    except ConnectFailed as failed:
        return failed.reason
    return Forwarded(network, socket, on_data, on_end)


class Forwarded:
    """See `interface.Connection`. One task carries what comes from the pod, one what goes to it."""

    def __init__(
        self, network: Network, socket: Socket, on_data: Callable[[bytes], None], on_end: Callable[[], None]
    ) -> None:
        self._socket = socket
        self._socket.hold()
        self._on_data, self._on_end = on_data, on_end
        self._outgoing = bytearray()
        self._finished = False
        self._closed = False
        self._more = WaitQueue()
        self._tasks = [Task(network.agenda, steps, _ended) for steps in (self._carry_out(), self._carry_in())]
        for task in self._tasks:
            task.start()

    def write(self, data: bytes) -> None:
        """See `interface.Connection`."""
        self._outgoing += data
        self._more.notify()

    def finish(self) -> None:
        """See `interface.Connection`."""
        self._finished = True
        self._more.notify()

    def close(self) -> None:
        """See `interface.Connection`."""
        if self._closed:
            return
        self._closed = True
        for task in self._tasks:
            if not task.over and not task.running:
                task.cancel()
        self._socket.release()

    def _carry_out(self) -> Any:
        while not self._closed:
            chunk = self._socket.try_read(_CHUNK)
            if chunk is None:
                yield Wait((self._socket.readable,))
            elif chunk:
                self._on_data(chunk)
            else:
                self._on_end()
                return

    def _carry_in(self) -> Any:
        while not self._closed:
            if not self._outgoing:
                if self._finished:
                    self._socket.finish()
                    return
                yield Wait((self._more,))
                continue
            try:
                done = self._socket.try_write(bytes(self._outgoing[:_CHUNK]))
            except BrokenPipe:
                return  # the pod's end is closed; its side of the conversation tells
            del self._outgoing[:done]
            if not done:
                yield Wait((self._socket.writable,))


def _ended(_: Any, error: BaseException | None) -> None:
    if error is not None:
        raise error
