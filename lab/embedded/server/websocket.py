"""A websocket on a connection: `wsproto` makes the frames, this joins it to the connection.

Always holds: messages arrive whole and in order, whatever the frames they came in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Ping,
    TextMessage,
)
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import RemoteProtocolError

from lab.embedded.server.connection import LARGEST_BODY, Connection

if TYPE_CHECKING:
    from collections.abc import Callable


class NotAWebSocket(Exception):  # noqa: N818 (a fact)
    """The request asks for no websocket, or wrongly; the words say what is wrong."""


class WebSocket:
    """The server's end. `receive` is called with each message, `left` once, when the client has ended it."""

    def __init__(
        self, connection: Connection, receive: Callable[[bytes], None], left: Callable[[], None]
    ) -> None:
        self._connection = connection
        self._receive = receive
        self._left = left
        self._frames = WSConnection(ConnectionType.SERVER)
        self._parts: list[bytes] = []
        self._size = 0
        self._open = False

    async def accept(self, protocol: str) -> None:
        """Answer the request: from now on it is a websocket that speaks this subprotocol.

        Raises:
            NotAWebSocket: the request does not ask for one.
        """
        request = self._connection.request
        try:
            self._frames.initiate_upgrade_connection(list(request.headers), request.target.decode("latin-1"))
        except RemoteProtocolError as error:
            raise NotAWebSocket(str(error)) from error
        next(iter(self._frames.events()))  # the request itself
        self._open = True
        await self._connection.write(self._frames.send(AcceptConnection(subprotocol=protocol)))
        self._connection.switch(self._arrive)

    async def send(self, message: bytes) -> None:
        """Send a binary message; returns when the client has room for more."""
        if self._open:
            await self._connection.write(self._frames.send(BytesMessage(data=message)))

    async def close(self) -> None:
        """End it normally."""
        if self._open:
            self._open = False
            farewell = CloseConnection(code=CloseReason.NORMAL_CLOSURE)
            await self._connection.write(self._frames.send(farewell))

    def _arrive(self, data: bytes) -> None:
        try:
            self._frames.receive_data(data)
            for event in self._frames.events():
                self._happen(event)
        except RemoteProtocolError:
            self._end()

    def _happen(self, event: Event) -> None:
        if isinstance(event, (BytesMessage, TextMessage)):
            self._gather(event)
        elif isinstance(event, Ping):
            self._connection.push(self._frames.send(event.response()))
        elif isinstance(event, CloseConnection):
            if self._open:
                self._connection.push(self._frames.send(event.response()))
            self._end()

    def _gather(self, event: BytesMessage | TextMessage) -> None:
        part = event.data.encode() if isinstance(event, TextMessage) else bytes(event.data)
        self._parts.append(part)
        self._size += len(part)
        if self._size > LARGEST_BODY:
            self._connection.cut()
        elif event.message_finished:
            message, self._parts, self._size = b"".join(self._parts), [], 0
            self._receive(message)

    def _end(self) -> None:
        self._open = False
        self._left()
