"""Sockets of an edited app's process: byte streams that go over the pipe to the simulated network.

Runs in the child process (`wsgi_child`), imports only the standard library, and nothing of the lab. What
the standard library builds on sockets (`socketserver`, `http.server`, `http.client`, `urllib`) and what is
built on that (Flask's server) works unchanged; `select` and asyncio do not, and say so.
"""

from __future__ import annotations

import errno
import io
import os
import socket
from collections import deque
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from lab.embedded.runtime.wsgi_threads import Fiber, Scheduler

FIRST_NUMBER = 100_000
"""File numbers of these sockets: no real descriptor of the process can have one."""


class Outside(Protocol):
    """What carries effects out of the process."""

    def effect(self, **words: Any) -> None:
        """Tell the outside something."""


class Network:
    """All sockets of the process, and what came in for them."""

    def __init__(self, scheduler: Scheduler, outside: Outside) -> None:
        self.scheduler = scheduler
        self._outside = outside
        self._count = FIRST_NUMBER
        self._sockets: dict[int, Socket] = {}
        self._answers: dict[int, Any] = {}
        self._asking: dict[int, Fiber] = {}
        self.own_address = "127.0.0.1"

    def number(self, owner: Socket | None = None) -> int:
        """A number nobody had before."""
        self._count += 1
        if owner is not None:
            self._sockets[self._count] = owner
        return self._count

    def tell(self, **words: Any) -> None:
        """Something the outside need not answer."""
        self._outside.effect(**words)

    def ask(self, until: float | None = None, **words: Any) -> Any:
        """Something the outside answers (`id` is added); None when it did not in time."""
        asked = self.number()
        self._outside.effect(ask=asked, **words)
        fiber = self.scheduler.current()
        assert fiber is not None  # noqa: S101 (only fibers have sockets)
        self._asking[asked] = fiber
        while asked not in self._answers:
            if not self.scheduler.wait(until) and until is not None and self.scheduler.now >= until:
                self._asking.pop(asked, None)
                return None
        self._asking.pop(asked, None)
        return self._answers.pop(asked)

    def event(self, event: dict[str, Any]) -> None:
        """Take what the outside says."""
        kind = event["kind"]
        if kind == "answer":
            self._answers[event["ask"]] = event["value"]
            if fiber := self._asking.get(event["ask"]):
                self.scheduler.wake(fiber)
            return
        found = self._sockets.get(event["socket"])
        if found is None:
            return
        if kind == "accept":
            found.take(Socket.connected(self, event["connection"], tuple(event["peer"]), found.address))
        elif kind == "data":
            found.take(event["data"].encode("latin-1"))
        elif kind == "end":
            found.take(b"")

    def copy(self, number: int, *_: Any) -> Socket:
        """One more owner of a socket (`socket.fromfd`)."""
        found = self._sockets.get(number)
        if found is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        found.copies += 1
        return found

    def adopt(self, number: int, owner: Socket) -> None:
        """A connection the outside has given a number."""
        self._sockets[number] = owner

    def forget(self, number: int) -> None:
        """A socket is closed."""
        if self._sockets.pop(number, None) is not None:
            self.tell(kind="close", socket=number)


class Socket:
    """`socket.socket` for TCP."""

    network: Network

    def __init__(self, family: int = -1, type: int = -1, proto: int = -1, fileno: int | None = None) -> None:  # noqa: ARG002 (the standard's)
        self.family = socket.AF_INET if family == -1 else family
        self.type = socket.SOCK_STREAM if type == -1 else type
        self.proto = 0
        self._datagrams = self.type & 0xF == socket.SOCK_DGRAM
        if self.family not in {socket.AF_INET, socket.AF_INET6} or self.type & 0xF > socket.SOCK_DGRAM:
            raise OSError(errno.EAFNOSUPPORT, os.strerror(errno.EAFNOSUPPORT))
        self.address: tuple[str, int] = ("0.0.0.0", 0)  # noqa: S104 (an unbound socket's)
        self.peer: tuple[str, int] | None = None
        self._timeout: float | None = socket.getdefaulttimeout()
        self._arrived: deque[Any] = deque()
        self._waiting: deque[Fiber] = deque()
        self._ended = False
        self._files = 0
        self._closed = False
        self.copies = 0
        """How many more own this socket (`fromfd`)."""
        self.id = self.network.number(self)

    @classmethod
    def connected(cls, network: Network, number: int, peer: tuple[str, int], own: tuple[str, int]) -> Socket:
        """One end of a connection that the outside has made."""
        made = cls()
        network._sockets.pop(made.id, None)
        made.id, made.peer, made.address = number, peer, own
        network.adopt(number, made)
        return made

    # --- what comes in ---------------------------------------------------------------------------------

    def take(self, item: Any) -> None:
        """A connection, data, or b"" for the end."""
        self._arrived.append(item)
        if self._waiting:
            self.network.scheduler.wake(self._waiting.popleft())

    @property
    def has_arrived(self) -> bool:
        """Whether reading would not wait."""
        return bool(self._arrived) or self._ended or self._closed

    def watch(self, fiber: Fiber) -> None:
        """Wake `fiber` too when something arrives."""
        self._waiting.append(fiber)

    def unwatch(self, fiber: Fiber) -> None:
        """It waits no longer."""
        if fiber in self._waiting:
            self._waiting.remove(fiber)

    def _next(self) -> Any:
        scheduler = self.network.scheduler
        until = None if self._timeout is None else scheduler.now + self._timeout
        while not self._arrived:
            if self._closed:
                raise OSError(errno.EBADF, os.strerror(errno.EBADF))
            if self._timeout == 0:
                raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
            fiber = scheduler.current()
            assert fiber is not None  # noqa: S101 (only fibers have sockets)
            self._waiting.append(fiber)
            if not scheduler.wait(until):
                self.unwatch(fiber)
                raise TimeoutError("timed out")
        return self._arrived.popleft()

    # --- the standard's methods ------------------------------------------------------------------------

    def bind(self, address: tuple[str, int]) -> None:
        """Remember where to listen; `listen` finds out whether that can be."""
        host = str(address[0])
        self.address = ("0.0.0.0" if host == "" else host, int(address[1]))  # noqa: S104 (what "" means to bind)

    def listen(self, backlog: int = 128) -> None:  # noqa: ARG002 (the standard's)
        """Accept connections."""
        host, port = self.address
        answer = self.network.ask(kind="listen", socket=self.id, host=_numeric(host), port=port)
        if answer["error"]:
            raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
        self.address = (host, int(answer["port"]))

    def accept(self) -> tuple[Socket, tuple[str, int]]:
        """The next connection."""
        connection: Socket = self._next()
        assert connection.peer is not None  # noqa: S101 (the outside names it)
        return connection, connection.peer

    def connect(self, address: tuple[str, int]) -> None:
        """Connect, or raise as the standard's does."""
        host, port = str(address[0]), int(address[1])
        if self._datagrams:  # how programs ask for their own address; nothing is ever sent
            self.address, self.peer = (self.network.own_address, 0), (host, port)
            return
        until = None if self._timeout is None else self.network.scheduler.now + self._timeout
        answer = self.network.ask(until, kind="connect", socket=self.id, host=host, port=port)
        if answer is None:
            raise TimeoutError("timed out")
        if answer["error"]:
            raise _error(str(answer["error"]))
        self.peer = (host, port)

    def connect_ex(self, address: tuple[str, int]) -> int:
        """Connect, or give the error's number."""
        try:
            self.connect(address)
        except OSError as error:
            return error.errno or errno.ETIMEDOUT
        return 0

    def recv(self, count: int, flags: int = 0) -> bytes:
        """Up to `count` bytes; b"" at the end."""
        if self._ended:
            return b""
        data: bytes = self._next()
        if not data:
            self._ended = True
        if len(data) > count:
            self._arrived.appendleft(data[count:])
        if flags & socket.MSG_PEEK:
            self._arrived.appendleft(data[:count])
        return data[:count]

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        """As `recv`, into a buffer."""
        view = memoryview(buffer).cast("B")
        data = self.recv(nbytes or len(view), flags)
        view[: len(data)] = data
        return len(data)

    def send(self, data: Any, flags: int = 0) -> int:  # noqa: ARG002 (the standard's)
        """Send all of it."""
        raw = bytes(data)
        if self._closed:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        self.network.tell(kind="send", socket=self.id, data=raw.decode("latin-1"))
        return len(raw)

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send all of it."""
        self.send(data, flags)

    def shutdown(self, how: int) -> None:
        """No more in one direction, or both."""
        if self.peer is None and how != socket.SHUT_WR:
            self._closed = True
            while self._waiting:
                self.network.scheduler.wake(self._waiting.popleft())
        if how != socket.SHUT_RD:
            self.network.tell(kind="shutdown", socket=self.id)

    def close(self) -> None:
        """Close, when the last file made of it is closed too."""
        if self.copies:
            self.copies -= 1
            return
        self._closed = True
        while self._waiting:
            self.network.scheduler.wake(self._waiting.popleft())
        if not self._files:
            self.network.forget(self.id)

    def detach(self) -> int:
        """The number, and no longer an owner."""
        return self.id

    def makefile(self, mode: str = "r", buffering: int | None = None, **text: Any) -> Any:
        """A file over it."""
        self._files += 1
        raw = _File(self, mode)
        size = io.DEFAULT_BUFFER_SIZE if buffering is None or buffering < 0 else buffering
        if size == 0:
            return raw
        made: Any = io.BufferedReader(raw, size) if "r" in mode else io.BufferedWriter(raw, size)
        if "r" in mode and "w" in mode:
            made = io.BufferedRWPair(raw, raw, size)
        return made if "b" in mode else io.TextIOWrapper(made, **text)

    def file_closed(self) -> None:
        """A file made of it is closed."""
        self._files -= 1
        if self._closed and not self._files:
            self.network.forget(self.id)

    def settimeout(self, seconds: float | None) -> None:
        """Seconds of cluster time for every blocking call; None: for ever."""
        self._timeout = seconds

    def gettimeout(self) -> float | None:
        """What `settimeout` set."""
        return self._timeout

    def setblocking(self, flag: bool) -> None:
        """Wait for ever, or not at all."""
        self._timeout = None if flag else 0.0

    def setsockopt(self, *_: Any) -> None:
        """No option changes anything here."""

    def getsockopt(self, *_: Any) -> int:
        """No option is set."""
        return 0

    def set_inheritable(self, inheritable: bool) -> None:
        """There is nobody to inherit it."""

    def get_inheritable(self) -> bool:
        """There is nobody to inherit it."""
        return False

    def getsockname(self) -> tuple[str, int]:
        """The own address."""
        return self.address

    def getpeername(self) -> tuple[str, int]:
        """The other's address."""
        if self.peer is None:
            raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN))
        return self.peer

    def fileno(self) -> int:
        """A number that is no descriptor."""
        return -1 if self._closed else int(self.id or -1)

    def __enter__(self) -> Socket:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _File(io.RawIOBase):
    """The raw file under `makefile`."""

    def __init__(self, owner: Socket, mode: str) -> None:
        super().__init__()
        self._owner, self._mode = owner, mode

    def readable(self) -> bool:
        return "r" in self._mode

    def writable(self) -> bool:
        return "w" in self._mode

    def readinto(self, buffer: Any) -> int:
        return self._owner.recv_into(buffer)

    def write(self, data: Any) -> int:
        return self._owner.send(data)

    def fileno(self) -> int:
        return self._owner.fileno()

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._owner.file_closed()


def _error(text: str) -> OSError:
    names = {"connection refused": errno.ECONNREFUSED, "no route to host": errno.EHOSTUNREACH}
    for words, number in names.items():
        if words in text:
            return OSError(number, os.strerror(number))  # OSError picks the subclass by its number
    if "timeout" in text:
        return TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
    return OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH))


def _numeric(host: str) -> str:
    return "127.0.0.1" if host == "localhost" else host
