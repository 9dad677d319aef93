"""HTTP/1.1 over the simulated network's byte streams, spoken by h11.

One client for the kubelet's probes, the API server's proxy and `wget`; one server loop for `httpd`, the
well-known images and the lab's own. Errors are worded as Go's net/http words them; applets word theirs
themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urljoin, urlsplit

import h11
from msgspec import Struct

from lab.embedded.runtime.interface import HttpAnswer, HttpCall
from lab.embedded.runtime.network import (
    ANY_ADDRESS,
    NO_HOST,
    TIMED_OUT,
    ConnectFailed,
    Host,
    Network,
    Socket,
    never,
    receive,
    send,
)
from lab.embedded.runtime.streams import BrokenPipe, Stream
from lab.embedded.runtime.tasks import Reason, Syscall
from lab.embedded.runtime.tls import refusal

if TYPE_CHECKING:
    from lab.embedded.runtime.process import Process, Program

BODY_LIMIT = 16 * 1024 * 1024
"""Bytes of a body that are taken before the connection is given up."""

MAX_REDIRECTS = 10
"""As net/http: `stopped after 10 redirects`."""


class HttpRequest(Struct, frozen=True):
    """A request as a server sees it."""

    method: str
    target: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    client: str = ""
    """The client's address."""

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.split("?", 1)[0]


class HttpResponse(Struct, frozen=True):
    """What a server answers."""

    status: int
    body: bytes = b""
    headers: Sequence[tuple[str, str]] = ()


Handler: TypeAlias = Callable[[HttpRequest], Generator[Syscall, Reason, HttpResponse | None]]
"""Answers one request in cluster time; None: closes the connection without an answer."""


# -- client -------------------------------------------------------------------------------------------------


def fetch(
    network: Network, source: Host, address: str, port: int, call: HttpCall, timeout: float
) -> Generator[Syscall, Reason, HttpAnswer]:
    """One request from `source`, redirects on the same host followed as the kubelet's prober does."""
    url = f"{call.scheme}://{address}:{port}{call.path}"
    first_url = url
    until = network.agenda.after(timeout)
    method, body = call.method, call.body
    for _ in range(MAX_REDIRECTS):
        hop = urlsplit(url)
        path = (hop.path or "/") + (f"?{hop.query}" if hop.query else "")
        step = HttpCall(method, path, call.headers, body, hop.scheme)
        default = 443 if hop.scheme == "https" else 80
        answer = yield from exchange(network, source, address, hop.port or default, step, until, url)
        location = next((value for name, value in answer.headers if name.lower() == "location"), None)
        if answer.status not in (301, 302, 303, 307, 308) or location is None:
            return answer
        url = urljoin(url, location)
        if urlsplit(url).hostname != urlsplit(first_url).hostname:
            return answer
        if answer.status in (301, 302, 303) and method not in ("GET", "HEAD"):
            method, body = "GET", b""
    return HttpAnswer(0, error=f'{_verb(call.method)} "{url}": stopped after 10 redirects')


def dial_error(address: str, port: int, reason: str) -> str:
    """Why there is no connection, as Go's net package words it."""
    if reason == NO_HOST:
        return f"dial tcp: lookup {address} on 10.96.0.10:53: no such host"
    return f"dial tcp {address}:{port}: connect: {reason}"


def exchange(
    network: Network, source: Host, address: str, port: int, call: HttpCall, until: float, url: str
) -> Generator[Syscall, Reason, HttpAnswer]:
    """One request and its answer, without following redirects; `url` is what errors name."""
    prefix = f'{_verb(call.method)} "{url}": '
    try:
        socket = network.connect(source, address, port)
    except ConnectFailed as failed:
        if failed.reason == TIMED_OUT:
            yield from never(until, network.agenda)
            return HttpAnswer(
                0, error=f"{prefix}dial tcp {address}:{port}: i/o timeout "
                "(Client.Timeout exceeded while awaiting headers)",
            )  # fmt: skip
        return HttpAnswer(0, error=prefix + dial_error(address, port, failed.reason))
    socket.hold()
    try:
        if call.scheme == "https":
            return HttpAnswer(0, error=prefix + (yield from refusal(socket, until, network.agenda)))
        return (yield from _converse(network, socket, address, port, call, until, prefix))
    finally:
        socket.release()


def _converse(
    network: Network, socket: Socket, address: str, port: int, call: HttpCall, until: float, prefix: str
) -> Generator[Syscall, Reason, HttpAnswer]:
    connection = h11.Connection(h11.CLIENT)
    timeout = f"{prefix}context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
    try:
        if not (yield from send(socket, _encode(connection, address, port, call), until, network.agenda)):
            return HttpAnswer(0, error=timeout)
    except BrokenPipe:
        pass  # an answer may have come before the other end closed
    status, headers, body = 0, [], bytearray()
    while True:
        try:
            event = connection.next_event()
        except h11.RemoteProtocolError as error:
            return HttpAnswer(0, error=prefix + _malformed(connection, error))
        if event is h11.NEED_DATA:
            chunk = yield from receive(socket, until, network.agenda)
            if chunk is None:
                return HttpAnswer(0, error=timeout if not status else f"{prefix}context deadline exceeded "
                                  "(Client.Timeout or context cancellation while reading body)")  # fmt: skip
            if not chunk and not status and not connection.trailing_data[0]:
                return HttpAnswer(0, error=f"{prefix}EOF")
            connection.receive_data(chunk)
        elif isinstance(event, h11.Response):
            status = event.status_code
            named = event.headers.raw_items()  # as the server wrote them: curl -i shows them so
            headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in named]
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > BODY_LIMIT:
                return HttpAnswer(status, headers, bytes(body))
        elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed) or event is h11.PAUSED:
            return HttpAnswer(status, headers, bytes(body))


def quoted(data: bytes) -> str:
    """Bytes as Go's `%q` prints them."""
    shown = {7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}
    return (
        '"'
        + "".join(shown.get(each) or (chr(each) if 32 <= each < 127 else f"\\x{each:02x}") for each in data)
        + '"'
    )


def _malformed(connection: h11.Connection, error: Exception) -> str:
    seen = connection.trailing_data[0][:40]
    if connection.their_state is h11.ERROR and seen and not seen.startswith(b"HTTP/"):
        line = quoted(seen.split(b"\n", 1)[0].rstrip(b"\r"))
        return f"net/http: HTTP/1.x transport connection broken: malformed HTTP response {line}"
    return (
        "unexpected EOF"
        if "incomplete" in str(error) or "closed" in str(error)
        else f"malformed HTTP response: {error}"
    )


def _encode(connection: h11.Connection, address: str, port: int, call: HttpCall) -> bytes:
    names = {name.lower() for name, _ in call.headers}
    headers = list(call.headers)
    if "host" not in names:
        headers.insert(0, ("Host", address if port == 80 else f"{address}:{port}"))
    if call.body and "content-length" not in names:
        headers.append(("Content-Length", str(len(call.body))))
    if "connection" not in names:
        headers.append(("Connection", "close"))
    path = call.path if call.path.startswith("/") else "/" + call.path
    out = connection.send(h11.Request(method=call.method, target=path, headers=headers)) or b""
    if call.body:
        out += connection.send(h11.Data(data=call.body)) or b""
    return out + (connection.send(h11.EndOfMessage()) or b"")


def _verb(method: str) -> str:
    return method.capitalize()


# -- server -------------------------------------------------------------------------------------------------


def serve(
    process: Process,
    port: int,
    handler: Handler,
    address: str = ANY_ADDRESS,
) -> Generator[Syscall, Reason, int]:
    """Serve for ever on a port: each connection has a child of its own, so a slow answer stops nobody.

    Returns 1 at once when the port is taken.
    """
    listener = process.kernel.host.listen(address, port)
    if listener is None:
        return 1
    fd = _free_fd(process)
    process.install(fd, listener)
    while True:
        socket = listener.try_accept()
        if socket is None:
            yield from process.wait(listener.readable)
            continue
        yield from process.compute(10, changed=True)
        answer_in_child(process, socket, handler)


def answer_in_child(process: Process, socket: Socket, handler: Handler) -> None:
    """Answer one connection's requests in a child; when no child can be had, the connection closes."""

    def run(child: Process) -> Generator[Syscall, Reason, int]:
        yield from converse(child, socket, handler)
        return 0

    serve_in_child(process, socket, run, list(process.argv), (1, 2))


def serve_in_child(
    process: Process, socket: Socket, run: Program, argv: list[str], fds: Sequence[int] = ()
) -> Process | None:
    """Give a connection to a child that has these descriptors of its parent's, too; None: there can be none.

    The child counts no memory of its own: it is a connection's thread, not a process.
    """
    from lab.embedded.runtime.kernel import CannotFork  # noqa: PLC0415 (a cycle otherwise)

    descriptors: dict[int, Stream] = {fd: process.fds[fd] for fd in fds if fd in process.fds}
    socket.hold()
    try:
        child = process.kernel.spawn(process, argv, run, fds={**descriptors, 9: socket})
    except CannotFork:
        return None
    finally:
        socket.release()
    child.memory = 0
    return child


def converse(process: Process, socket: Socket, handler: Handler) -> Generator[Syscall, Reason, None]:
    """Answer the requests of one connection, until it closes or says something that is no HTTP."""
    connection = h11.Connection(h11.SERVER)
    request: h11.Request | None = None
    body = bytearray()
    while True:
        try:
            event = connection.next_event()
        except h11.RemoteProtocolError:
            yield from _say(process, socket, connection, HttpResponse(400, b"Bad Request\n"))
            return
        if event is h11.NEED_DATA:
            chunk = yield from receive(socket, None, process.kernel.agenda)
            connection.receive_data(chunk or b"")
        elif isinstance(event, h11.Request):
            request, body = event, bytearray()
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > BODY_LIMIT:
                return
        elif isinstance(event, h11.EndOfMessage) and request is not None:
            headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers]
            seen = HttpRequest(
                request.method.decode(),
                request.target.decode("latin-1"),
                headers,
                bytes(body),
                socket.remote[0],
            )
            response = yield from handler(seen)
            if response is None or not (yield from _say(process, socket, connection, response, seen.method)):
                return
        else:
            return


def _say(
    process: Process, socket: Socket, connection: h11.Connection, response: HttpResponse, method: str = "GET"
) -> Generator[Syscall, Reason, bool]:
    names = {name.lower() for name, _ in response.headers}
    headers = [*response.headers]
    if "content-length" not in names and "transfer-encoding" not in names:
        headers.append(("Content-Length", str(len(response.body))))
    try:
        out = connection.send(h11.Response(status_code=response.status, headers=headers)) or b""
        if response.body and method != "HEAD":
            out += connection.send(h11.Data(data=response.body)) or b""
        out += connection.send(h11.EndOfMessage()) or b""
        yield from send(socket, out, None, process.kernel.agenda)
        if connection.our_state is not h11.DONE or connection.their_state is not h11.DONE:
            return False
        connection.start_next_cycle()
    except (h11.LocalProtocolError, BrokenPipe):
        return False
    return True


def _free_fd(process: Process) -> int:
    return next(fd for fd in range(3, 1024) if fd not in process.fds)
