"""One client's connection: HTTP/1.1 by `h11` over an asyncio transport, request after request.

The protocol is the library's; here is only what joins it to a transport: waiting for data, writing no faster
than the client reads, and ending the work on a request when its client leaves. It is not a web framework
because importing one takes longer than all the rest of a cluster's start (`make bench`).

Always holds: one request at a time on a connection, and `answer` is cancelled when the connection is lost.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import h11

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

LOG = logging.getLogger(__name__)
LARGEST_HEAD = 64 * 1024
"""Bytes of a request's line and headers."""
LARGEST_BODY = 64 * 1024 * 1024
LARGEST_AHEAD = 16 * 1024 * 1024
"""Bytes a client may send ahead of what is read: more are no requests, and are not kept."""
Event: TypeAlias = "h11.InformationalResponse | h11.Response | h11.Data | h11.EndOfMessage"


_NUMBERS = itertools.count(1)


class TooLarge(Exception):  # noqa: N818 (a fact)
    """The request's body has more than `LARGEST_BODY` bytes."""


class Connection(asyncio.Protocol):
    """A connection of the server's; `answer` is called with it for each request."""

    def __init__(self, answer: Callable[[Connection], Awaitable[None]], known: set[Connection]) -> None:
        """`known` holds the connections that are open."""
        self._answer = answer
        self._known = known
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=LARGEST_HEAD)
        self._more = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._unread = 0
        self.number = next(_NUMBERS)
        """Its own, among all connections of this process."""
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None
        self._receiver: Callable[[bytes], None] | None = None
        self.request = h11.Request(method="GET", target="/", headers=[("Host", "")])
        """The request that is answered."""

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is there."""
        self._transport = cast("asyncio.Transport", transport)
        self._known.add(self)
        self._task = asyncio.get_running_loop().create_task(self._serve())

    def data_received(self, data: bytes) -> None:
        """Bytes of a request, or of what the connection was switched to."""
        if self._receiver is not None:
            self._receiver(data)
            return
        self._http.receive_data(data)
        self._more.set()
        self._unread += len(data)
        if self._unread > LARGEST_AHEAD:
            self.cut()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 (asyncio's signature)
        """The client left, or was left."""
        self._known.discard(self)
        self._transport = None
        self._writable.set()
        if self._task is not None:
            self._task.cancel()

    def pause_writing(self) -> None:
        """The client reads too slowly."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """It has caught up."""
        self._writable.set()

    # What answering needs

    def header(self, name: bytes) -> str:
        """The request's header of this name (in lower case), or the empty string."""
        return next((value.decode("latin-1") for key, value in self.request.headers if key == name), "")

    async def body(self) -> bytes:
        """The request's body, whole.

        Raises:
            TooLarge: it has more than `LARGEST_BODY` bytes; the connection ends with the answer.
        """
        if self._http.they_are_waiting_for_100_continue:
            await self._send(h11.InformationalResponse(status_code=100, headers=[]))
        parts: list[bytes] = []
        size = 0
        while True:
            event = await self._event()
            if not isinstance(event, h11.Data):
                return b"".join(parts)
            size += len(event.data)
            if size > LARGEST_BODY:
                raise TooLarge
            parts.append(bytes(event.data))

    async def respond(self, status: int, headers: Sequence[tuple[str, str]], body: bytes) -> None:
        """Send a whole answer."""
        events: list[Event] = [_head(status, [*headers, ("Content-Length", str(len(body)))])]
        if self.request.method != b"HEAD":
            events.append(h11.Data(data=body))
        await self._send(*events, h11.EndOfMessage())

    async def begin_stream(self, headers: Sequence[tuple[str, str]]) -> None:
        """Send the head of an answer whose body comes in chunks."""
        await self._send(_head(HTTPStatus.OK, headers))

    async def chunk(self, data: bytes) -> None:
        """Send a chunk; returns when the client has room for more."""
        await self._send(h11.Data(data=data))

    async def end_stream(self) -> None:
        """Send the end of the body."""
        await self._send(h11.EndOfMessage())

    def switch(self, receiver: Callable[[bytes], None]) -> None:
        """HTTP is over: `receiver` gets every byte from now on, beginning with what is there already."""
        self._receiver = receiver
        waiting = self._http.trailing_data[0]
        if waiting:
            receiver(bytes(waiting))

    def push(self, data: bytes) -> None:
        """Send a few bytes as they are, after a switch, without waiting for room."""
        if self._transport is not None:
            self._transport.write(data)

    async def write(self, data: bytes) -> None:
        """Send bytes as they are, after a switch; returns when the client has room for more.

        Raises:
            ConnectionResetError: the client has left.
        """
        if self._transport is None:
            raise ConnectionResetError("the client left")
        self._transport.write(data)
        await self._writable.wait()

    def cut(self) -> None:
        """End the connection at once; what is answered on it is cancelled."""
        if self._transport is not None:
            self._transport.abort()

    # Request after request

    async def _serve(self) -> None:
        try:
            while self._receiver is None and await self._one():
                self._http.start_next_cycle()
        except h11.RemoteProtocolError as error:
            await self._refuse(error)
        except ConnectionError:
            LOG.debug("a client left")
        finally:
            if self._transport is not None:
                self._transport.close()

    async def _one(self) -> bool:
        """Answer one request; whether another can follow."""
        event = await self._event()
        if not isinstance(event, h11.Request):
            return False
        self.request = event
        try:
            await self._answer(self)
        except (ConnectionError, h11.RemoteProtocolError):
            raise
        except Exception:
            LOG.exception("answering %s failed", event.target.decode("latin-1"))
            if self._http.our_state is h11.SEND_RESPONSE:
                await self.respond(HTTPStatus.INTERNAL_SERVER_ERROR, [], b"")
            return False
        return self._http.our_state is h11.DONE and self._http.their_state is h11.DONE

    async def _event(self) -> Any:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            self._more.clear()
            await self._more.wait()
        self._unread = 0
        return event

    async def _send(self, *events: Event) -> None:
        data = b"".join(self._http.send(event) or b"" for event in events)
        if data:
            await self.write(data)

    async def _refuse(self, error: h11.RemoteProtocolError) -> None:
        """What came is not HTTP: say so, if that can still be said."""
        if self._http.our_state in {h11.IDLE, h11.SEND_RESPONSE} and self._transport is not None:
            words = f"{error}\n".encode()
            await self.respond(
                error.error_status_hint, [("Content-Type", "text/plain"), ("Connection", "close")], words
            )


def _head(status: int, headers: Sequence[tuple[str, str]]) -> h11.Response:
    encoded = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers]
    return h11.Response(status_code=status, headers=encoded)
