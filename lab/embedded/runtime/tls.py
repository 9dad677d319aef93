"""What a client that asks for https gets here: no program of the simulation speaks TLS, so never an answer.

The greeting is a true one: a server in the clear makes of it what it makes of any noise, and the error says
which as Go's net/http does. A port where nobody listens is refused before it comes to that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.embedded.runtime.network import receive, send
from lab.embedded.runtime.streams import BrokenPipe

if TYPE_CHECKING:
    from collections.abc import Generator

    from lab.embedded.clock.agenda import Agenda
    from lab.embedded.runtime.network import Socket
    from lab.embedded.runtime.tasks import Reason, Syscall

_GROUPS = bytes.fromhex("000a00040002001d")
_VERSIONS = bytes.fromhex("002b0003020304")
_EXTENSIONS = _GROUPS + _VERSIONS
_HELLO = b"\x03\x03" + bytes(range(32)) + b"\0" + b"\0\x02\x13\x01" + b"\x01\0"
_BODY = _HELLO + len(_EXTENSIONS).to_bytes(2, "big") + _EXTENSIONS
_MESSAGE = b"\x01" + len(_BODY).to_bytes(3, "big") + _BODY
CLIENT_HELLO = b"\x16\x03\x01" + len(_MESSAGE).to_bytes(2, "big") + _MESSAGE
"""A ClientHello of TLS 1.3 (RFC 8446, section 4.1.2) whose random bytes are none."""


def refusal(socket: Socket, until: float, agenda: Agenda) -> Generator[Syscall, Reason, str]:
    """Greet a server in TLS; why that came to nothing, in Go's words."""
    timeout = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
    try:
        if not (yield from send(socket, CLIENT_HELLO, until, agenda)):
            return timeout
    except BrokenPipe:
        pass  # an answer may have come before the other end closed
    got = b""
    while len(got) < len(b"HTTP/"):
        chunk = yield from receive(socket, until, agenda)
        if chunk is None:
            return timeout
        if not chunk:
            break
        got += chunk
    if not got:
        return "EOF"
    if got.startswith(b"HTTP/"):
        return "http: server gave HTTP response to HTTPS client"
    return "tls: first record does not look like a TLS handshake"
