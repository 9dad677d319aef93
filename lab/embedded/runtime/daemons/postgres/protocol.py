"""The wire protocol, version 3: as much of it as logging in and asking simple questions takes."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from lab.embedded.runtime.network import Socket, receive, send

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from lab.embedded.clock.agenda import Agenda
    from lab.embedded.runtime.tasks import Reason, Syscall

VERSION = 196608
SSL_REQUEST = 80877103
LONGEST = 1024 * 1024
"""Bytes of one message that are taken."""


class Closed(Exception):  # noqa: N818 (what happened, not a mistake)
    """The other end closed the connection, or said something that is no PostgreSQL, or time ran out."""


class Wire:
    """One end of a connection."""

    def __init__(self, socket: Socket, agenda: Agenda, until: float | None = None) -> None:
        self._socket, self._agenda, self._until = socket, agenda, until
        self._buffer = b""

    def send(self, kind: bytes, body: bytes = b"") -> Generator[Syscall, Reason, None]:
        """Send one message; `kind` is empty for the first one of a client."""
        yield from self.send_raw(kind + struct.pack("!I", len(body) + 4) + body)

    def send_raw(self, data: bytes) -> Generator[Syscall, Reason, None]:
        """Send bytes as they are."""
        yield from send(self._socket, data, self._until, self._agenda)

    def take(self, count: int) -> Generator[Syscall, Reason, bytes]:
        """Exactly `count` bytes.

        Raises:
            Closed: they do not come.
        """
        while len(self._buffer) < count:
            data = yield from receive(self._socket, self._until, self._agenda)
            if not data:
                raise Closed
            self._buffer += data
        head, self._buffer = self._buffer[:count], self._buffer[count:]
        return head

    def message(self, *, first: bool = False) -> Generator[Syscall, Reason, tuple[bytes, bytes]]:
        """The next message: its kind (empty for a client's first one) and its body.

        Raises:
            Closed: there is none.
        """
        kind = b"" if first else (yield from self.take(1))
        length: int = struct.unpack("!I", (yield from self.take(4)))[0] - 4
        if not 0 <= length <= LONGEST:
            raise Closed
        return kind, (yield from self.take(length))


def startup(parameters: Mapping[str, str]) -> bytes:
    """The body of a client's first message."""
    pairs = b"".join(f"{name}\0{value}\0".encode() for name, value in parameters.items())
    return struct.pack("!I", VERSION) + pairs + b"\0"


def parameters(body: bytes) -> dict[str, str]:
    """What a client's first message says."""
    words = [each.decode("utf-8", "replace") for each in body[4:].split(b"\0")]
    return dict(zip(words[::2], words[1::2], strict=False))


def row_description(names: Sequence[str]) -> bytes:
    """Column names; every column is text."""
    out = struct.pack("!H", len(names))
    for name in names:
        out += name.encode() + b"\0" + struct.pack("!IHIhiH", 0, 0, 25, -1, -1, 0)
    return out


def column_names(body: bytes) -> list[str]:
    """The names of a row description."""
    count, at, names = struct.unpack("!H", body[:2])[0], 2, []
    for _ in range(count):
        end = body.index(b"\0", at)
        names.append(body[at:end].decode())
        at = end + 19
    return names


def row(values: Sequence[str | None]) -> bytes:
    """A row's values; None is NULL."""
    out = struct.pack("!H", len(values))
    for value in values:
        data = None if value is None else value.encode()
        out += struct.pack("!i", -1) if data is None else struct.pack("!i", len(data)) + data
    return out


def row_values(body: bytes) -> list[str]:
    """The values of a row; NULL is empty, as psql prints it."""
    count, at, values = struct.unpack("!H", body[:2])[0], 2, []
    for _ in range(count):
        length: int = struct.unpack("!i", body[at : at + 4])[0]
        at += 4
        values.append(body[at : at + length].decode() if length >= 0 else "")
        at += max(length, 0)
    return values


def error(severity: str, code: str, text: str) -> bytes:
    """An error's body."""
    return f"S{severity}\0V{severity}\0C{code}\0M{text}\0\0".encode()


def error_text(body: bytes) -> str:
    """An error as clients print it: `FATAL:  …`."""
    fields = {part[:1]: part[1:].decode("utf-8", "replace") for part in body.split(b"\0") if part}
    return f"{fields.get(b'S', 'ERROR')}:  {fields.get(b'M', '')}"
