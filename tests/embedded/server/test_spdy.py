"""SPDY frames: in pieces of any size, with headers compressed over the whole connection; and what is none."""

from __future__ import annotations

import struct
import zlib

import pytest

from lab.embedded.server import spdy

DICTIONARY = spdy.dictionary()


def _block(headers: dict[str, str]) -> bytes:
    texts = [text.encode() for pair in headers.items() for text in pair]
    return struct.pack(">I", len(headers)) + b"".join(struct.pack(">I", len(each)) + each for each in texts)


def test_the_dictionary_is_that_of_the_draft() -> None:
    assert len(DICTIONARY) == 1423
    assert zlib.adler32(DICTIONARY) == 0xE3C6A7C2


def test_streams_open_with_headers_in_one_compression_context() -> None:
    deflate, framer = zlib.compressobj(zdict=DICTIONARY), spdy.Framer()
    sent = b""
    for stream in (1, 3):
        block = deflate.compress(_block({"streamtype": "data", "port": "80", "requestid": str(stream)}))
        body = struct.pack(">IIH", stream, 0, 0) + block + deflate.flush(zlib.Z_SYNC_FLUSH)
        sent += struct.pack(">HHI", 0x8003, spdy.SYN_STREAM, len(body)) + body
    sent += spdy.Framer.data(1, b"hello") + spdy.Framer.data(3, b"", last=True) + spdy.Framer.pong(7)
    frames = [frame for byte in sent for frame in framer.feed(bytes([byte]))]
    assert [(each.type, each.stream, each.data, each.last) for each in frames] == [
        (spdy.SYN_STREAM, 1, b"", False), (spdy.SYN_STREAM, 3, b"", False),
        (0, 1, b"hello", False), (0, 3, b"", True), (spdy.PING, 7, b"", False),
    ]  # fmt: skip
    assert frames[1].headers == {"streamtype": "data", "port": "80", "requestid": "3"}


def test_replies_can_be_read() -> None:
    inflate = zlib.decompressobj(zdict=DICTIONARY)
    framer = spdy.Framer()
    for stream in (1, 3):
        reply = framer.reply(stream)
        version, kind, length, number = struct.unpack_from(">HHII", reply)
        assert (version, kind, length, number) == (0x8003, spdy.SYN_REPLY, len(reply) - 8, stream)
        assert inflate.decompress(reply[12:]) == struct.pack(">I", 0)


@pytest.mark.parametrize("data", [b"\x80\x02\0\x01\0\0\0\0", b"\x80\x03\0\x01\0\0\0\x0c" + bytes(12)])
def test_what_is_no_spdy(data: bytes) -> None:
    with pytest.raises(spdy.MalformedError):
        list(spdy.Framer().feed(data))
