"""RESP, Redis' protocol: requests as arrays or as plain lines, replies of five kinds."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, TypeAlias, Union

from lab.embedded.runtime.network import Socket, receive, send

if TYPE_CHECKING:
    from collections.abc import Generator

    from lab.embedded.clock.agenda import Agenda
    from lab.embedded.runtime.tasks import Reason, Syscall

LONGEST = 1024 * 1024
MOST_PARTS = 1024


class Status(str):
    """A simple string: `OK`."""

    __slots__ = ()


class Failure(Exception):  # noqa: N818 (a reply of the protocol)
    """An error reply: `ERR …`, `WRONGTYPE …`."""


Reply: TypeAlias = Union[int, str, Status, Failure, "list[Reply]", None]


class Closed(Exception):  # noqa: N818 (what happened)
    """The other end is gone, or speaks something else."""


def encode(reply: Reply) -> bytes:
    """A reply as it travels."""
    match reply:
        case None:
            return b"$-1\r\n"
        case Failure():
            return f"-{reply}\r\n".encode()
        case int():
            return f":{reply}\r\n".encode()
        case Status():
            return f"+{reply}\r\n".encode()
        case str():
            data = reply.encode("utf-8", "surrogateescape")
            return f"${len(data)}\r\n".encode() + data + b"\r\n"
        case _:
            return f"*{len(reply)}\r\n".encode() + b"".join(encode(each) for each in reply)


class Wire:
    """One end of a connection."""

    def __init__(self, socket: Socket, agenda: Agenda) -> None:
        self._socket, self._agenda, self._buffer = socket, agenda, b""

    def write(self, data: bytes) -> Generator[Syscall, Reason, None]:
        """Send bytes."""
        yield from send(self._socket, data, None, self._agenda)

    def _more(self) -> Generator[Syscall, Reason, None]:
        data = yield from receive(self._socket, None, self._agenda)
        if not data or len(self._buffer) > LONGEST:
            raise Closed
        self._buffer += data

    def _line(self) -> Generator[Syscall, Reason, str]:
        while b"\n" not in self._buffer:
            yield from self._more()
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.rstrip(b"\r").decode("utf-8", "surrogateescape")

    def _bulk(self, length: int) -> Generator[Syscall, Reason, str]:
        if not 0 <= length <= LONGEST:
            raise Closed
        while len(self._buffer) < length + 2:
            yield from self._more()
        data, self._buffer = self._buffer[:length], self._buffer[length + 2 :]
        return data.decode("utf-8", "surrogateescape")

    def request(self) -> Generator[Syscall, Reason, list[str]]:
        """The next command's words; a plain line is one too (`nc` speaks so).

        Raises:
            Closed: there is none.
        """
        line = yield from self._line()
        if not line.startswith("*"):
            try:
                return shlex.split(line)
            except ValueError:
                return line.split()
        count = _number(line[1:])
        if not 0 <= count <= MOST_PARTS:
            raise Closed
        words = []
        for _ in range(count):
            head = yield from self._line()
            words.append((yield from self._bulk(_number(head[1:]))))
        return words

    def reply(self) -> Generator[Syscall, Reason, Reply]:
        """The next reply.

        Raises:
            Closed: there is none.
        """
        line = yield from self._line()
        kind, rest = line[:1], line[1:]
        if kind == "+":
            return Status(rest)
        if kind == "-":
            return Failure(rest)
        if kind == ":":
            return _number(rest)
        length = _number(rest)
        if length < 0:
            return None
        if kind == "$":
            return (yield from self._bulk(length))
        found: list[Reply] = []
        while len(found) < min(length, LONGEST):
            found += [(yield from self.reply())]
        return found


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise Closed from None
