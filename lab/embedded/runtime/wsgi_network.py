"""Puts the sockets of `wsgi_sockets` in the place of the standard library's, and what waits for them.

Runs in the child process (`wsgi_child`), imports only the standard library, and nothing of the lab.
"""

from __future__ import annotations

import errno
import ipaddress
import selectors
import socket
import socketserver
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lab.embedded.runtime.wsgi_sockets import Network, Socket
else:  # by its short name: the child has the lab's files, and not the lab
    from wsgi_sockets import Socket


class Selector:
    """`selectors.DefaultSelector` for reading: what servers use to see whether a client has more to say."""

    def __init__(self) -> None:
        self._registered: dict[Socket, selectors.SelectorKey] = {}

    def register(self, fileobj: Socket, events: int, data: Any = None) -> selectors.SelectorKey:
        """Watch a socket."""
        key = selectors.SelectorKey(fileobj, fileobj.fileno(), events, data)
        self._registered[fileobj] = key
        return key

    def unregister(self, fileobj: Socket) -> selectors.SelectorKey:
        """Watch a socket no longer."""
        return self._registered.pop(fileobj)

    def get_map(self) -> dict[Socket, selectors.SelectorKey]:
        """What is watched."""
        return self._registered

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Those that can be read, when there is one or `timeout` (cluster seconds) is over."""
        if not (ready := self._ready()) and (timeout is None or timeout > 0):
            self._wait(timeout)
            ready = self._ready()
        return [(key, selectors.EVENT_READ) for key in ready]

    def _ready(self) -> list[selectors.SelectorKey]:
        return [key for each, key in self._registered.items() if each.has_arrived]

    def _wait(self, timeout: float | None) -> None:
        for watched in self._registered:
            scheduler = watched.network.scheduler
            break
        else:
            return
        fiber = scheduler.current()
        assert fiber is not None  # noqa: S101 (only fibers have sockets)
        for watched in self._registered:
            watched.watch(fiber)
        scheduler.wait(None if timeout is None else scheduler.now + timeout)
        for watched in self._registered:
            watched.unwatch(fiber)

    def close(self) -> None:
        """Watch nothing."""
        self._registered.clear()

    def __enter__(self) -> Selector:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def install(network: Network) -> None:
    """Put these sockets in the place of the standard library's, for everything imported from now on."""
    Socket.network = network
    patched: Any = socket
    patched.socket = Socket
    patched.SocketType = Socket
    patched.getaddrinfo = _resolver(network)
    patched.gethostbyname = lambda host: patched.getaddrinfo(host, 0)[0][4][0]
    patched.getfqdn = lambda name="": name or socket.gethostname()
    patched.fromfd = network.copy
    patched.socketpair = _refuse
    patched.has_dualstack_ipv6 = lambda: False
    selectors.DefaultSelector = Selector  # type: ignore[assignment, misc]  # the real ones wait for real descriptors
    server: Any = socketserver.BaseServer
    server.serve_forever = _serve_forever
    server.shutdown = _shutdown


def _resolver(network: Network) -> Any:
    def getaddrinfo(
        host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0
    ) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        number = int(port or 0)
        if name in {None, ""}:
            found = ["0.0.0.0" if flags & socket.AI_PASSIVE else "127.0.0.1"]  # noqa: S104 (what it means)
        elif name == "localhost":
            found = ["127.0.0.1"]
        else:
            try:
                found = [str(ipaddress.ip_address(name))]
            except ValueError:
                found = network.ask(kind="resolve", name=name)
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, number)) for address in found]

    return getaddrinfo


def _refuse(*_: Any, **__: Any) -> Any:
    raise OSError(errno.ENOSYS, "not available to edited apps on the embedded cluster")


def _serve_forever(self: Any, poll_interval: float = 0.5) -> None:
    """`socketserver`'s loop without a selector: accept blocks, and a closed socket ends it."""
    self._podlab_stop = False
    while not self._podlab_stop:
        self._handle_request_noblock()
        if self.socket.fileno() == -1:
            return
        self.service_actions()


def _shutdown(self: Any) -> None:
    self._podlab_stop = True
    self.socket.shutdown(socket.SHUT_RDWR)
