"""gRPC health checks over the simulated network: HTTP/2 as h2 speaks it, and the protocol's two messages.

The client is the kubelet's prober: it counts as connected when the server has sent its SETTINGS (which is why
a server that is no HTTP/2 shows as a time-out to connect), and tries again after a back-off until its time is
over. The server greets first, as grpc-go does, so an HTTP/1 client sees those bytes.
Source: `pkg/probe/grpc/grpc.go`, grpc-go's `internal/transport`, `grpc/health/v1/health.proto`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

import h2.config
import h2.connection
import h2.events
import h2.exceptions
from msgspec import Struct

from lab.embedded.runtime.interface import HealthAnswer
from lab.embedded.runtime.network import ConnectFailed, Host, Network, Socket, never, receive, send
from lab.embedded.runtime.streams import BrokenPipe, Stream

if TYPE_CHECKING:
    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.tasks import Reason, Syscall

CHECK = "/grpc.health.v1.Health/Check"
STATUSES = ("UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN")
"""`HealthCheckResponse.ServingStatus` by number."""
OK, DEADLINE_EXCEEDED, NOT_FOUND, UNIMPLEMENTED, UNAVAILABLE = 0, 4, 5, 12, 14
_GREETING = b"\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x05\x00\x00\x40\x00"
"""The SETTINGS frame grpc-go's server begins with: the frame size, and nothing else."""
_FIRST_BACKOFF, _FACTOR = 1.0, 1.6
_BROKEN = (h2.exceptions.ProtocolError, BrokenPipe)


class Rpc(Struct, frozen=True):
    """A call as a server sees it: the method's path and the message's bytes."""

    path: str
    message: bytes


class Reply(Struct, frozen=True):
    """What a server answers to a call: a message, or a status that is not OK."""

    message: bytes = b""
    code: int = OK
    text: str = ""


Handler = Callable[[Rpc], Generator["Syscall", "Reason", Reply]]


# -- messages -----------------------------------------------------------------------------------------------


def health_request(service: str) -> bytes:
    """A `HealthCheckRequest`."""
    name = service.encode()
    return b"\x0a" + _varint(len(name)) + name if name else b""


def requested_service(message: bytes) -> str:
    """The service of a `HealthCheckRequest`."""
    if message[:1] != b"\x0a":
        return ""
    length, at = _read_varint(message, 1)
    return message[at : at + length].decode("utf-8", "replace")


def health_response(status: str) -> bytes:
    """A `HealthCheckResponse`."""
    number = STATUSES.index(status)
    return b"\x08" + _varint(number) if number else b""


def response_status(message: bytes) -> str:
    """The status of a `HealthCheckResponse`."""
    number = _read_varint(message, 1)[0] if message[:1] == b"\x08" else 0
    return STATUSES[number] if number < len(STATUSES) else str(number)


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while at < len(data):
        byte = data[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            break
    return number, at


def _framed(message: bytes) -> bytes:
    return b"\x00" + len(message).to_bytes(4, "big") + message


# -- client -------------------------------------------------------------------------------------------------


def check(
    network: Network, source: Host, address: str, port: int, service: str, timeout: float
) -> Generator[Syscall, Reason, HealthAnswer]:
    """Ask a server for the health of a service, as the kubelet does; takes at most `timeout` seconds."""
    until, backoff = network.agenda.after(timeout), _FIRST_BACKOFF
    while network.agenda.now() < until:
        try:
            socket = network.connect(source, address, port)
        except ConnectFailed:
            pass
        else:
            socket.hold()
            try:
                answer = yield from _Call(network, socket, f"{address}:{port}", service, until).run()
            finally:
                socket.release()
            if answer is not None:
                return answer
        yield from never(min(until, network.agenda.after(backoff)), network.agenda)
        backoff *= _FACTOR
    return HealthAnswer("not connected")


class _Call:
    """One connection of the client, and the one call on it."""

    def __init__(self, network: Network, socket: Socket, authority: str, service: str, until: float) -> None:
        self._agenda, self._socket, self._until = network.agenda, socket, until
        self._authority, self._service = authority, service
        config = h2.config.H2Configuration(client_side=True, header_encoding="utf-8")
        self._connection = h2.connection.H2Connection(config)
        self._connected = False
        self._headers: dict[str, str] = {}
        self._body = bytearray()
        self._over = False

    def run(self) -> Generator[Syscall, Reason, HealthAnswer | None]:
        """The answer; None when there is no connection in gRPC's sense."""
        self._connection.initiate_connection()
        try:
            while not self._over:
                yield from send(self._socket, self._connection.data_to_send(), self._until, self._agenda)
                data = yield from receive(self._socket, self._until, self._agenda)
                if data is None:
                    return HealthAnswer("no answer in time") if self._connected else None
                if not data:
                    break
                for event in self._connection.receive_data(data):
                    self._take(event)
            yield from send(self._socket, self._connection.data_to_send(), self._until, self._agenda)
        except _BROKEN:
            pass
        return self._answer()

    def _take(self, event: h2.events.Event) -> None:
        match event:
            case h2.events.RemoteSettingsChanged():
                if not self._connected:
                    self._connected = True
                    self._ask()
            case h2.events.ResponseReceived() | h2.events.TrailersReceived():
                self._headers.update({str(name): str(value) for name, value in event.headers or ()})
            case h2.events.DataReceived():
                self._body += event.data or b""
            case h2.events.StreamEnded() | h2.events.StreamReset() | h2.events.ConnectionTerminated():
                self._over = True

    def _ask(self) -> None:
        headers = [(":method", "POST"), (":scheme", "http"), (":path", CHECK),
                   (":authority", self._authority),
                   ("content-type", "application/grpc"), ("user-agent", "kube-probe/1.36 grpc-go/1.72.2"),
                   ("te", "trailers")]  # fmt: skip
        self._connection.send_headers(1, headers)
        self._connection.send_data(1, _framed(health_request(self._service)), end_stream=True)

    def _answer(self) -> HealthAnswer | None:
        if not self._connected:
            return None
        if "grpc-status" not in self._headers:
            return HealthAnswer("refused", code=UNAVAILABLE, message="error reading from server: EOF")
        code = int(self._headers["grpc-status"])
        if code != OK:
            return HealthAnswer("refused", code=code, message=unquote(self._headers.get("grpc-message", "")))
        return HealthAnswer("answered", status=response_status(bytes(self._body[5:])))


# -- server -------------------------------------------------------------------------------------------------


def answer_in_child(process: Process, socket: Socket, handler: Handler) -> None:
    """Answer one connection's calls in a child; when no child can be had, the connection closes."""
    from lab.embedded.runtime.kernel import CannotFork  # noqa: PLC0415 (a cycle otherwise)

    def run(child: Process) -> Generator[Syscall, Reason, int]:
        yield from _converse(child, socket, handler)
        return 0

    fds: dict[int, Stream] = {fd: process.fds[fd] for fd in (1, 2) if fd in process.fds}
    socket.hold()
    try:
        child = process.kernel.spawn(process, list(process.argv), run, fds={**fds, 9: socket})
        child.memory = 0  # a thread, not a process: it shares its parent's memory
    except CannotFork:
        pass
    finally:
        socket.release()


def _converse(process: Process, socket: Socket, handler: Handler) -> Generator[Syscall, Reason, None]:
    agenda = process.kernel.agenda
    config = h2.config.H2Configuration(client_side=False, header_encoding="utf-8")
    connection = h2.connection.H2Connection(config)
    connection.initiate_connection()
    connection.data_to_send()
    paths: dict[int, str] = {}
    bodies: dict[int, bytearray] = {}
    try:
        yield from send(socket, _GREETING, None, agenda)
        while data := (yield from receive(socket, None, agenda)):
            for event in connection.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    headers = {str(name): str(value) for name, value in event.headers or ()}
                    paths[event.stream_id], bodies[event.stream_id] = headers.get(":path", ""), bytearray()
                elif isinstance(event, h2.events.DataReceived):
                    bodies[event.stream_id] += event.data or b""
                elif isinstance(event, h2.events.StreamEnded):
                    stream = event.stream_id
                    reply = yield from handler(Rpc(paths.pop(stream), bytes(bodies.pop(stream)[5:])))
                    _reply(connection, stream, reply)
            yield from send(socket, connection.data_to_send(), None, agenda)
    except _BROKEN:
        return


def _reply(connection: h2.connection.H2Connection, stream: int, reply: Reply) -> None:
    headers = [(":status", "200"), ("content-type", "application/grpc")]
    status = [("grpc-status", str(reply.code)), ("grpc-message", quote(reply.text, safe=" "))]
    if reply.code != OK:
        connection.send_headers(stream, headers + status, end_stream=True)
        return
    connection.send_headers(stream, headers)
    connection.send_data(stream, _framed(reply.message))
    connection.send_headers(stream, status, end_stream=True)
