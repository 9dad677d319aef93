"""Requests and answers without a transport: what the routes take and give.

The routes run on the cluster thread and know no socket. An adapter (`listener` for TCP, or the cluster itself
in-process) makes a `Request`, and is handed one of three answers: a whole body, a stream of chunks (watches,
logs) or a session of frames both ways (exec, attach).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import orjson
from msgspec import Struct, field

if TYPE_CHECKING:
    from lab.embedded.api.errors import ApiError

JSON = "application/json"


class Request(Struct, frozen=True):
    """One HTTP request. Header names are in lower case; `path` is percent-decoded."""

    method: str
    path: str
    query: Mapping[str, Sequence[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    raw_query: str = ""
    """The query string as it came, for the proxy."""
    client: int = 0
    """The number of the connection it came by; 0: none."""

    def header(self, name: str) -> str:
        """A header's value, or the empty string."""
        return self.headers.get(name, "")


class Answer(Struct, frozen=True):
    """A whole answer."""

    status: int
    body: bytes = b""
    content_type: str = JSON
    headers: Sequence[tuple[str, str]] = ()


class Stream(Protocol):
    """A body that comes in chunks. Both methods are called on the cluster thread."""

    def start(self, send: Callable[[bytes], None], end: Callable[[], None]) -> None:
        """Begin sending; `end` closes the body."""

    def stop(self) -> None:
        """The client has gone."""


class StreamAnswer(Struct, frozen=True):
    """An answer whose body is a stream, with status 200."""

    stream: Stream
    content_type: str = JSON
    headers: Sequence[tuple[str, str]] = ()


class Session(Protocol):
    """A websocket's conversation. All methods are called on the cluster thread."""

    def start(self, send: Callable[[bytes], None], end: Callable[[], None]) -> None:
        """Begin; `send` sends a binary frame, `end` closes the connection normally."""

    def receive(self, frame: bytes) -> None:
        """A frame from the client."""

    def stop(self) -> None:
        """The client has gone."""


class SessionAnswer(Struct, frozen=True):
    """An answer that turns the connection into a websocket."""

    session: Session
    protocol: str


AnyAnswer = Answer | StreamAnswer | SessionAnswer
Reply = Callable[[AnyAnswer], None]
"""Called once, on the cluster thread, with the answer to a request."""


def json_answer(value: Any, status: int = 200, headers: Sequence[tuple[str, str]] = ()) -> Answer:
    """A JSON body."""
    return Answer(status, orjson.dumps(value), JSON, headers)


def text_answer(text: str, status: int = 200) -> Answer:
    """A plain text body."""
    return Answer(status, text.encode(), "text/plain; charset=utf-8")


def error_answer(error: ApiError) -> Answer:
    """The `Status` of an error."""
    return json_answer(error.status(), error.code)
