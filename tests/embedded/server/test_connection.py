"""HTTP as it comes over a socket: asked well, asked badly, asked ahead, and left in the middle."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import pytest

from lab.embedded.server import connection as connections
from lab.embedded.server.connection import Connection, TooLarge

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

GET = b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n"


async def echo(connection: Connection) -> None:
    try:
        body = await connection.body()
    except TooLarge:
        await connection.respond(413, [("Connection", "close")], b"too large")
        return
    words = connection.request.target + b":" + body
    await connection.respond(200, [("Content-Type", "text/plain")], words)


async def said(answer: Callable[[Connection], Awaitable[None]], sent: bytes) -> bytes:
    """All that comes back for these bytes, until the server closes or the client has sent `close`."""
    known: set[Connection] = set()
    server = await asyncio.get_running_loop().create_server(lambda: Connection(answer, known), "127.0.0.1")
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(sent)
    got = await reader.read()
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
    server.close()
    while known:
        await asyncio.sleep(0)
    return got


def test_requests_sent_ahead_are_answered_in_their_order() -> None:
    last = b"GET /c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    got = asyncio.run(said(echo, GET % b"a" + GET % b"b" + last))
    assert got.count(b"HTTP/1.1 200") == 3
    assert got.index(b"/a:") < got.index(b"/b:") < got.index(b"/c:")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"\x16\x03\x01 not http\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * (connections.LARGEST_HEAD + 10), b"431"),
    ],
)
def test_what_is_not_http_is_refused(sent: bytes, status: bytes) -> None:
    got = asyncio.run(said(echo, sent))
    assert got.startswith(b"HTTP/1.1 " + status)


def test_a_head_is_answered_without_its_body() -> None:
    sent = b"HEAD /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    head, _, body = asyncio.run(said(echo, sent)).partition(b"\r\n\r\n")
    assert b"Content-Length: 3" in head
    assert body == b""


def test_who_asks_before_sending_is_told_to_send() -> None:
    sent = (
        b"POST /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\n"
        b"Content-Length: 2\r\n\r\nhi"
    )
    # the body comes with the head here, so nobody waits: the server must not say 100 then
    assert asyncio.run(said(echo, sent)).endswith(b"/a:hi")
    known: set[Connection] = set()

    async def waits() -> bytes:
        server = await asyncio.get_running_loop().create_server(lambda: Connection(echo, known), "127.0.0.1")
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(sent[:-2])
        line = await reader.readline()
        writer.write(b"hi")
        rest = await reader.read()
        writer.close()
        server.close()
        return line + rest

    got = asyncio.run(waits())
    assert got.startswith(b"HTTP/1.1 100")
    assert got.endswith(b"/a:hi")


def test_a_body_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "LARGEST_BODY", 10)
    sent = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n" + b"x" * 11
    assert asyncio.run(said(echo, sent)).startswith(b"HTTP/1.1 413")


def test_a_mistake_of_ours_is_a_500_and_closes(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(connections.LOG, "exception", lambda text, *_: told.append(text))

    async def breaks(_: Connection) -> None:
        raise ValueError("a mistake")

    got = asyncio.run(said(breaks, GET % b"a" + GET % b"b"))
    assert got.startswith(b"HTTP/1.1 500")
    assert got.count(b"HTTP/1.1") == 1
    assert told == ["answering %s failed"]


def test_the_work_ends_when_its_client_leaves() -> None:
    async def left() -> bool:
        begun, ended = asyncio.Event(), asyncio.Event()

        async def waits(_: Connection) -> None:
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()

        known: set[Connection] = set()
        server = await asyncio.get_running_loop().create_server(lambda: Connection(waits, known), "127.0.0.1")
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(GET % b"a")
        await begun.wait()
        writer.close()
        await ended.wait()
        server.close()
        return not known

    assert asyncio.run(left())
