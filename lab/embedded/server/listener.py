"""The socket side: aiohttp in a thread and event loop of its own, TLS and a bearer token, loopback only.

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
from typing import TYPE_CHECKING, Any, Protocol

from aiohttp import WSMsgType, web

from lab.embedded.api.errors import ApiError
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
    from collections.abc import Callable

    from lab.embedded.server.tls import Identity

LOG = logging.getLogger(__name__)
LARGEST_BODY = 64 * 1024 * 1024
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
        self._tasks: set[asyncio.Task[Any]] = set()

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
        server = web.Server(self._handle, access_log=None, handler_cancellation=True)
        runner = web.ServerRunner(server, shutdown_timeout=0.2)
        await runner.setup()
        site = web.SockSite(runner, self._socket, ssl_context=self._identity.context)
        await site.start()
        self._started.set()
        await self._closing.wait()
        for task in tuple(self._tasks):
            task.cancel()
        transports = [connection.transport for connection in server.connections]
        await runner.cleanup()
        # TLS says good-bye over several turns of a loop that is about to end: cut what is still open
        for transport in transports:
            if transport is not None:
                with contextlib.suppress(AttributeError):  # asyncio's: this one has ended by itself meanwhile
                    transport.abort()
        await asyncio.sleep(0.01)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self.last_request += 1
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
        try:
            return await self._answered(request)
        finally:
            if task is not None:
                self._tasks.discard(task)

    async def _answered(self, request: web.BaseRequest) -> web.StreamResponse:
        if not self._admitted(request):
            return _response(error_answer(ApiError(401, "Unauthorized", "Unauthorized")), [])
        body = await _body(request)
        if body is None:
            too_large = ApiError(
                413, "RequestEntityTooLarge", f"the request is larger than {LARGEST_BODY} bytes"
            )
            return _response(error_answer(too_large), [])
        future: asyncio.Future[tuple[AnyAnswer, list[tuple[str, str]]]] = self._loop.create_future()

        def deliver(answer: AnyAnswer, headers: list[tuple[str, str]]) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                self._loop.call_soon_threadsafe(_settle_future, future, (answer, headers), self._gate)

        self._gate.submit(_request(request, body), deliver)
        answer, headers = await future
        if isinstance(answer, Answer):
            return _response(answer, headers)
        if isinstance(answer, StreamAnswer):
            return await self._stream(request, answer, headers)
        return await self._session(request, answer)

    def _admitted(self, request: web.BaseRequest) -> bool:
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {self._identity.token}".encode())

    async def _stream(
        self, request: web.BaseRequest, answer: StreamAnswer, headers: list[tuple[str, str]]
    ) -> web.StreamResponse:
        queue = _Chunks(self._loop, self._gate, answer.stream)
        try:
            response = web.StreamResponse(headers=[*headers, *answer.headers])
            response.content_type = answer.content_type
            await response.prepare(request)
            queue.start()
            while (chunks := await queue.take()) is not None:
                await response.write(b"".join(chunks))
            await response.write_eof()
        except ConnectionError:
            LOG.debug("client of %s left", request.path)
        finally:
            queue.stop()
        return response

    async def _session(self, request: web.BaseRequest, answer: SessionAnswer) -> web.StreamResponse:
        socket_ = web.WebSocketResponse(protocols=(answer.protocol,), max_msg_size=LARGEST_BODY)
        queue = _Chunks(self._loop, self._gate, answer.session)
        reader: asyncio.Task[None] | None = None
        try:
            await socket_.prepare(request)
            queue.start()
            reader = asyncio.ensure_future(self._read_frames(socket_, answer.session, queue))
            while (frames := await queue.take()) is not None:
                for frame in frames:
                    await socket_.send_bytes(frame)
            await socket_.close()
        except ConnectionError:
            LOG.debug("client of %s left", request.path)
        finally:
            queue.stop()
            if reader is not None:
                reader.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await reader
        return socket_

    async def _read_frames(self, socket_: web.WebSocketResponse, session: Session, queue: _Chunks) -> None:
        async for message in socket_:
            if message.type is WSMsgType.BINARY:
                self._gate.post(partial(session.receive, message.data))
            elif message.type is WSMsgType.TEXT:
                self._gate.post(partial(session.receive, message.data.encode()))
        queue.finish()


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
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((_HOST, port))
        listening.listen(256)
    except OSError as error:
        listening.close()
        raise PortTaken(error.errno, f"port {port} on {_HOST} is taken: {error.strerror}") from error
    listening.setblocking(False)
    return listening


async def _body(request: web.BaseRequest) -> bytes | None:
    parts, size = [], 0
    async for part in request.content.iter_any():
        size += len(part)
        if size > LARGEST_BODY:
            return None
        parts.append(part)
    return b"".join(parts)


def _request(request: web.BaseRequest, body: bytes) -> Request:
    query: dict[str, list[str]] = {}
    for key, value in request.query.items():
        query.setdefault(key, []).append(value)
    headers = {key.lower(): value for key, value in request.headers.items()}
    return Request(request.method, request.path, query, headers, body, request.rel_url.raw_query_string)


def _response(answer: Answer, headers: list[tuple[str, str]]) -> web.Response:
    response = web.Response(status=answer.status, body=answer.body, headers=[*headers, *answer.headers])
    if answer.content_type:
        response.headers["Content-Type"] = answer.content_type
    return response
