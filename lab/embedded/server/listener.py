"""The socket side: an event loop in a thread of its own, TLS and a bearer token, loopback only.

It knows nothing of the cluster but `Gate`: hand a request over, be handed the answer. Chunks and frames come
in batches after the cluster settled, in order. When a client leaves, its stream or session is told to stop.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import socket
import threading
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qsl, unquote

from lab.embedded.api.errors import ApiError
from lab.embedded.server.connection import LARGEST_BODY, Connection, TooLarge
from lab.embedded.server.messages import (
    Answer,
    AnyAnswer,
    Request,
    Session,
    SessionAnswer,
    Stream,
    StreamAnswer,
    error_answer,
)  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lab.embedded.server.tls import Identity

LOG = logging.getLogger(__name__)
_HOST = "127.0.0.1"


class Gate(Protocol):
    """How the listener reaches the cluster thread. All methods may be called from any thread."""

    def submit(self, request: Request, deliver: Callable[[AnyAnswer, list[tuple[str, str]]], None]) -> None:
        """Have a request answered; `deliver` is called on the cluster thread, once it has settled."""

    def post(self, task: Callable[[], None]) -> None:
        """Run a task on the cluster thread."""

    def outlet(self, call: Callable[[Any], None]) -> Callable[[Any], None]:
        """`call`, but made only at the next settle point (for chunks, so that they come in batches)."""


class PortTaken(OSError):  # noqa: N818 (a fact)
    """The port that was asked for is in use."""


class Listener:
    """Serves on loopback until closed."""

    def __init__(self, gate: Gate, identity: Identity, port: int = 0) -> None:
        """Bind, but do not serve yet.

        Raises:
            PortTaken: another process listens there.
        """
        self._gate = gate
        self._identity = identity
        self._socket = _bind(port)
        self.port: int = self._socket.getsockname()[1]
        self.last_request = 0
        """How many requests came so far (for idling)."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="podlab-listener", daemon=True)
        self._started = threading.Event()
        self._closing: asyncio.Event | None = None
        self._connections: set[Connection] = set()

    @property
    def url(self) -> str:
        """Where it serves."""
        return f"https://{_HOST}:{self.port}"

    def start(self) -> None:
        """Serve; returns when connections are accepted."""
        self._thread.start()
        self._started.wait()

    def close(self) -> None:
        """Stop serving, and end the thread; open streams are cut."""
        if self._thread.is_alive() and self._closing is not None:
            self._loop.call_soon_threadsafe(self._closing.set)
            self._thread.join(timeout=10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        self._closing = asyncio.Event()
        server = await self._loop.create_server(
            lambda: Connection(self._answer, self._connections),
            sock=self._socket,
            ssl=self._identity.context,
        )
        self._started.set()
        await self._closing.wait()
        server.close()
        # TLS says good-bye over several turns of a loop that is about to end: cut what is still open
        for connection in tuple(self._connections):
            connection.cut()
        while self._connections or len(asyncio.all_tasks()) > 1:
            await asyncio.sleep(0)

    async def _answer(self, connection: Connection) -> None:
        self.last_request += 1
        if not self._admitted(connection):
            await _respond(connection, error_answer(ApiError(401, "Unauthorized", "Unauthorized")))
            return
        try:
            body = await connection.body()
        except TooLarge:
            words = f"the request is larger than {LARGEST_BODY} bytes"
            await _respond(connection, error_answer(ApiError(413, "RequestEntityTooLarge", words)))
            return
        future: asyncio.Future[tuple[AnyAnswer, list[tuple[str, str]]]] = self._loop.create_future()

        def deliver(answer: AnyAnswer, headers: list[tuple[str, str]]) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                self._loop.call_soon_threadsafe(_settle_future, future, (answer, headers), self._gate)

        self._gate.submit(_request(connection, body), deliver)
        answer, headers = await future
        if isinstance(answer, Answer):
            await _respond(connection, answer, headers)
        elif isinstance(answer, StreamAnswer):
            await self._stream(connection, answer, headers)
        else:
            await self._session(connection, answer)

    def _admitted(self, connection: Connection) -> bool:
        given = connection.header(b"authorization")
        return hmac.compare_digest(given.encode(), f"Bearer {self._identity.token}".encode())

    async def _stream(
        self, connection: Connection, answer: StreamAnswer, headers: list[tuple[str, str]]
    ) -> None:
        queue = _Chunks(self._loop, self._gate, answer.stream)
        try:
            kind = [("Content-Type", answer.content_type)] if answer.content_type else []
            await connection.begin_stream([*headers, *answer.headers, *kind])
            queue.start()
            while (chunks := await queue.take()) is not None:
                await connection.chunk(b"".join(chunks))
            await connection.end_stream()
        finally:
            queue.stop()

    async def _session(self, connection: Connection, answer: SessionAnswer) -> None:
        from lab.embedded.server.websocket import NotAWebSocket, WebSocket  # noqa: PLC0415 (few need it)

        queue = _Chunks(self._loop, self._gate, answer.session)
        receive = answer.session.receive
        websocket = WebSocket(
            connection, lambda message: self._gate.post(partial(receive, message)), queue.finish
        )
        try:
            await websocket.accept(answer.protocol)
            queue.start()
            while (frames := await queue.take()) is not None:
                for frame in frames:
                    await websocket.send(frame)
            await websocket.close()
        except NotAWebSocket as error:
            refusal = ApiError(HTTPStatus.BAD_REQUEST, "BadRequest", f"no websocket: {error}")
            await _respond(connection, error_answer(refusal))
        finally:
            queue.stop()


class _Chunks:
    """What a stream or session sends, on its way from the cluster thread to the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, gate: Gate, source: Stream | Session) -> None:
        self._loop = loop
        self._gate = gate
        self._source = source
        self._held: list[bytes] = []
        self._ended = False
        self._wake = asyncio.Event()

    def start(self) -> None:
        """Let the source begin."""
        send, end = self._gate.outlet(self._arrive), self._gate.outlet(self._arrive)
        self._gate.post(lambda: self._source.start(send, lambda: end(None)))

    def stop(self) -> None:
        """Tell the source that nobody listens any more."""
        self._gate.post(self._source.stop)

    def finish(self) -> None:
        """No more is to be sent (called on the loop)."""
        self._ended = True
        self._wake.set()

    async def take(self) -> list[bytes] | None:
        """All that has come; None at the end."""
        while not self._held and not self._ended:
            self._wake.clear()
            await self._wake.wait()
        if self._held:
            held, self._held = self._held, []
            return held
        return None

    def _arrive(self, data: bytes | None) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            self._loop.call_soon_threadsafe(self._put, data)

    def _put(self, data: bytes | None) -> None:
        if data is None:
            self._ended = True
        else:
            self._held.append(data)
        self._wake.set()


def _settle_future(future: asyncio.Future[Any], value: tuple[AnyAnswer, Any], gate: Gate) -> None:
    if not future.done():
        future.set_result(value)
        return
    answer = value[0]  # the client left before the answer came
    if isinstance(answer, StreamAnswer):
        gate.post(answer.stream.stop)
    elif isinstance(answer, SessionAnswer):
        gate.post(answer.session.stop)


def _bind(port: int) -> socket.socket:
    # asyncio sets TCP_NODELAY only on sockets that are declared to be TCP
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((_HOST, port))
        listening.listen(256)
    except OSError as error:
        listening.close()
        raise PortTaken(error.errno, f"port {port} on {_HOST} is taken: {error.strerror}") from error
    listening.setblocking(False)
    return listening


def _request(connection: Connection, body: bytes) -> Request:
    head = connection.request
    path, _, raw_query = head.target.decode("latin-1").partition("?")
    query: dict[str, list[str]] = {}
    for key, value in parse_qsl(raw_query, keep_blank_values=True):
        query.setdefault(key, []).append(value)
    headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in head.headers}
    return Request(
        head.method.decode("latin-1"), unquote(path), query, headers, body, raw_query, connection.number
    )


async def _respond(connection: Connection, answer: Answer, headers: Sequence[tuple[str, str]] = ()) -> None:
    kind = [("Content-Type", answer.content_type)] if answer.content_type else []
    await connection.respond(answer.status, [*headers, *answer.headers, *kind], answer.body)
