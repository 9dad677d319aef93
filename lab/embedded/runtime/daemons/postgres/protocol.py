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


NUMBERS = frozenset((20, 21, 23, 700, 701, 1700))
"""Types whose values stand to the right."""


def row_description(names: Sequence[str], types: Sequence[int]) -> bytes:
    """Column names and the OIDs of their types; every value travels as text."""
    out = struct.pack("!H", len(names))
    for name, kind in zip(names, types, strict=True):
        out += name.encode() + b"\0" + struct.pack("!IHIhiH", 0, 0, kind, -1, -1, 0)
    return out


def columns(body: bytes) -> list[tuple[str, int]]:
    """The names and types of a row description."""
    count, at, found = struct.unpack("!H", body[:2])[0], 2, []
    for _ in range(count):
        end = body.index(b"\0", at)
        kind: int = struct.unpack("!I", body[end + 7 : end + 11])[0]
        found.append((body[at:end].decode(), kind))
        at = end + 19
    return found


def row(values: Sequence[str | None]) -> bytes:
    """A row's values; None is NULL."""
    out = struct.pack("!H", len(values))
    for value in values:
        data = None if value is None else value.encode()
        out += struct.pack("!i", -1) if data is None else struct.pack("!i", len(data)) + data
    return out


def row_values(body: bytes) -> list[str | None]:
    """The values of a row; None is NULL."""
    count, at, values = struct.unpack("!H", body[:2])[0], 2, list[str | None]()
    for _ in range(count):
        length: int = struct.unpack("!i", body[at : at + 4])[0]
        at += 4
        values.append(body[at : at + length].decode("utf-8", "replace") if length >= 0 else None)
        at += max(length, 0)
    return values


def error(
    severity: str, code: str, text: str, *, at: int | None = None, detail: str = "", hint: str = ""
) -> bytes:
    """The body of an error or a notice; `at` is a place in the statement, in characters from 0."""
    parts = [("S", severity), ("V", severity), ("C", code), ("M", text), ("D", detail), ("H", hint),
             ("P", str(at + 1) if at is not None else "")]  # fmt: skip
    return "".join(f"{key}{value}\0" for key, value in parts if value).encode() + b"\0"


def fields(body: bytes) -> dict[str, str]:
    """What an error or a notice says, by its one-letter keys."""
    text = body.decode("utf-8", "replace")
    return {part[:1]: part[1:] for part in text.split("\0") if part}


def error_text(body: bytes, statement: str = "") -> str:
    """An error as clients print it: `ERROR:  …`, with the line it is in, detail and hint."""
    said = fields(body)
    lines = [f"{said.get('S', 'ERROR')}:  {said.get('M', '')}"]
    if statement and said.get("P", "").isdigit():
        at = int(said["P"]) - 1
        begin = statement.rfind("\n", 0, at) + 1
        line = statement[begin:].split("\n", 1)[0]
        lead = f"LINE {statement.count(chr(10), 0, at) + 1}: "
        lines += [lead + line, " " * (len(lead) + at - begin) + "^"]
    lines += [f"{name}:  {said[key]}" for key, name in (("D", "DETAIL"), ("H", "HINT")) if key in said]
    return "\n".join(lines)
