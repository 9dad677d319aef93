"""SPDY/3.1 frames, as far as port-forward needs them: streams, their data, and pings.

kubectl speaks SPDY inside a websocket (subprotocol `SPDY/3.1+portforward.k8s.io`). A frame is a control frame
(first bit 1: version, type, flags, length) or data (stream, flags, length). Header blocks are compressed with
one zlib context for each direction, primed with the dictionary of the SPDY/3 draft (2.6.10.1). There is no
flow control: the Go library at the other end has none either.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SYN_STREAM, SYN_REPLY, RST_STREAM, PING, GOAWAY = 1, 2, 3, 6, 7
FIN = 1
CANCEL = 5
"""The status of a RST_STREAM that ends a stream nobody wants any more."""
_CONTROL = 0x8000
_VERSION = 3
_LARGEST = 1 << 24
_WORDS = (
    "options", "head", "post", "put", "delete", "trace", "accept", "accept-charset", "accept-encoding",
    "accept-language", "accept-ranges", "age", "allow", "authorization", "cache-control", "connection",
    "content-base", "content-encoding", "content-language", "content-length", "content-location",
    "content-md5", "content-range", "content-type", "date", "etag", "expect", "expires", "from", "host",
    "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "last-modified",
    "location", "max-forwards", "pragma", "proxy-authenticate", "proxy-authorization", "range", "referer",
    "retry-after", "server", "te", "trailer", "transfer-encoding", "upgrade", "user-agent", "vary", "via",
    "warning", "www-authenticate", "method", "get", "status", "200 OK", "version", "HTTP/1.1", "url",
    "public", "set-cookie", "keep-alive", "origin",
)  # fmt: skip
_REST = (
    b"100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505"
    b"203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized"
    b"403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented503 Service Unavailable"
    b"Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT"
    b"chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,"
    b"text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0."
)


def dictionary() -> bytes:
    """What both compression contexts begin with."""
    words = (word.encode() for word in _WORDS)
    return b"".join(struct.pack(">I", len(word)) + word for word in words) + _REST


class MalformedError(ValueError):
    """What came is no SPDY/3."""


class Frame(Struct, frozen=True):
    """One frame from the other side; `type` 0 is data, and only SYN_STREAM brings headers."""

    type: int
    stream: int
    flags: int = 0
    data: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def last(self) -> bool:
        """Whether the sender sends nothing more on this stream."""
        return bool(self.flags & FIN)


class Framer:
    """Both directions of one connection."""

    def __init__(self) -> None:
        known = dictionary()
        self._inflate = zlib.decompressobj(zdict=known)
        self._deflate = zlib.compressobj(zdict=known)
        self._held = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that are whole now.

        Raises:
            MalformedError: this is no SPDY/3.
        """
        self._held += data
        while len(self._held) >= 8:
            first, second, rest = struct.unpack_from(">HHI", self._held)
            flags, length = rest >> 24, rest & (_LARGEST - 1)
            if len(self._held) < 8 + length:
                return
            body = bytes(self._held[8 : 8 + length])
            del self._held[: 8 + length]
            if not first & _CONTROL:
                yield Frame(0, (first << 16 | second) & 0x7FFFFFFF, flags, body)
            elif first != _CONTROL | _VERSION:
                raise MalformedError(f"SPDY version {first & 0x7FFF}, not 3")
            else:
                yield self._control(second, flags, body)

    def _control(self, kind: int, flags: int, body: bytes) -> Frame:
        stream = struct.unpack_from(">I", body)[0] & 0x7FFFFFFF if len(body) >= 4 else 0
        if kind != SYN_STREAM:
            return Frame(kind, stream, flags, body[4:])
        if len(body) < 10:
            raise MalformedError("a SYN_STREAM without headers")
        try:
            return Frame(kind, stream, flags, headers=_headers(self._inflate.decompress(body[10:])))
        except (zlib.error, struct.error) as error:
            raise MalformedError(f"a header block that cannot be read: {error}") from error

    def reply(self, stream: int) -> bytes:
        """SYN_REPLY: the stream is accepted, with nothing to say about it."""
        block = self._deflate.compress(struct.pack(">I", 0)) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
        return _control_frame(SYN_REPLY, struct.pack(">I", stream) + block)

    @staticmethod
    def data(stream: int, data: bytes, *, last: bool = False) -> bytes:
        """Data of a stream; `last`: nothing follows."""
        return struct.pack(">II", stream, (FIN if last else 0) << 24 | len(data)) + data

    @staticmethod
    def reset(stream: int) -> bytes:
        """RST_STREAM: the stream is over for both."""
        return _control_frame(RST_STREAM, struct.pack(">II", stream, CANCEL))

    @staticmethod
    def pong(number: int) -> bytes:
        """The answer to a ping: the same again."""
        return _control_frame(PING, struct.pack(">I", number))


def _control_frame(kind: int, body: bytes) -> bytes:
    return struct.pack(">HHI", _CONTROL | _VERSION, kind, len(body)) + body


def _headers(block: bytes) -> dict[str, str]:
    count, place = struct.unpack_from(">I", block)[0], 4
    texts = []
    for _ in range(2 * count):
        length = struct.unpack_from(">I", block, place)[0]
        texts.append(block[place + 4 : place + 4 + length].decode("utf-8", "replace"))
        place += 4 + length
    return dict(zip(texts[::2], texts[1::2], strict=True))
