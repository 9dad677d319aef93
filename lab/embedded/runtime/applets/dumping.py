"""Applets that show bytes: od, hexdump, xxd, cksum."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.embedded.runtime.applets.inputs import whole
from lab.embedded.runtime.applets.options import Applet, Failed, Step, count, parse
from lab.embedded.runtime.filesystem import FileError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.tasks import Reason, Syscall

_NAMED = {0: "\\0", 7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r"}
_ROW = 16


def _content(process: Process, paths: list[str]) -> Generator[Syscall, Reason, bytes]:
    data = b""
    for path in paths or ["-"]:
        try:
            data += yield from whole(process, path)
        except FileError as error:
            raise Failed(f"{path}: {error}") from None
    return data


def _letter(byte: int) -> str:
    return _NAMED.get(byte) or (chr(byte) if 32 <= byte < 127 else f"{byte:03o}")


def _words(size: int, shape: str) -> Callable[[bytes], str]:
    def show(row: bytes) -> str:
        parts = [int.from_bytes(row[at : at + size], "little") for at in range(0, len(row), size)]
        return "".join(" " + format(each, shape) for each in parts)

    return show


_SHOWS: dict[str, Callable[[bytes], str]] = {
    "c": lambda row: "".join(f"{_letter(byte):>4}" for byte in row),
    "o": _words(2, "06o"), "x": _words(2, "04x"), "d": _words(2, "5d"),
    "o2": _words(2, "06o"), "x1": _words(1, "02x"), "x2": _words(2, "04x"), "x4": _words(4, "08x"),
    "o1": _words(1, "03o"), "u1": _words(1, "3d"), "d1": _words(1, "4d"), "u2": _words(2, "5d"),
}  # fmt: skip


def _od(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "cdoxbvA:t:N:j:w:")
    kind = options.get("t") or next((each for each in "cxdo" if each in options), "o")
    kind = "o1" if "b" in options and "t" not in options else kind
    if kind not in _SHOWS:
        raise Failed(f"invalid type string '{kind}'")
    data = yield from _content(process, options.operands)
    start = count(options.get("j", "0"))
    data = data[start : start + count(options.get("N"))] if "N" in options else data[start:]
    radix = options.get("A", "o")
    last = b""
    for at in range(0, len(data), _ROW):
        row = data[at : at + _ROW]
        if row == last and len(row) == _ROW and "v" not in options:
            continue
        last = row
        yield from process.print(_offset(start + at, radix) + _SHOWS[kind](row))
    if radix != "n":
        yield from process.print(_offset(start + len(data), radix))
    return 0


def _offset(at: int, radix: str) -> str:
    return {"o": f"{at:07o}", "d": f"{at:07d}", "x": f"{at:06x}", "n": ""}.get(radix, f"{at:07o}")


def _hexdump(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "Cbcdoxvn:s:")
    data = yield from _content(process, options.operands)
    data = data[count(options.get("s", "0")) :]
    data = data[: count(options.get("n"))] if "n" in options else data
    for at in range(0, len(data), _ROW):
        row = data[at : at + _ROW]
        if "C" in options:
            left = "".join(f" {byte:02x}" for byte in row[:8])
            right = "".join(f" {byte:02x}" for byte in row[8:])
            text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
            yield from process.print(f"{at:08x} {left:<24} {right:<24}  |{text}|")
        else:
            yield from process.print(f"{at:07x}{_SHOWS['x'](row)}")
    if data:
        yield from process.print(f"{len(data):08x}" if "C" in options else f"{len(data):07x}")
    return 0


def _xxd(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "pril:s:c:g:")
    data = yield from _content(process, options.operands)
    if "r" in options:
        text = data.decode("ascii", "replace")
        if "p" not in options:
            text = "".join(line.partition(": ")[2].partition("  ")[0] for line in text.splitlines())
        try:
            yield from process.write(1, bytes.fromhex(text))
        except ValueError:
            raise Failed("invalid input") from None
        return 0
    data = data[: count(options.get("l"))] if "l" in options else data
    if "p" in options:
        for at in range(0, len(data), 30):
            yield from process.print(data[at : at + 30].hex())
        return 0
    for at in range(0, len(data), _ROW):
        row = data[at : at + _ROW]
        pairs = " ".join(row[each : each + 2].hex() for each in range(0, len(row), 2))
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        yield from process.print(f"{at:08x}: {pairs:<39}  {text}")
    return 0


def _cksum(process: Process, arguments: list[str]) -> Step:
    status = 0
    for path in parse(arguments, "").operands or ["-"]:
        try:
            data = yield from whole(process, path)
        except FileError as error:
            yield from process.complain(f"cksum: can't open '{path}': {error}")
            status = 1
            continue
        yield from process.print(f"{_crc(data)} {len(data)}" + (f" {path}" if path != "-" else ""))
    return status


def _crc(data: bytes) -> int:
    """The CRC of POSIX' cksum."""
    length, tail = len(data), bytearray()
    while length:
        tail.append(length & 0xFF)
        length >>= 8
    value = 0
    for byte in data + bytes(tail):
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1) ^ 0x04C11DB7 if value & 0x80000000 else value << 1
        value &= 0xFFFFFFFF
    return ~value & 0xFFFFFFFF


APPLETS = (
    Applet("od", "od [-abcdfhilovxs] [-t TYPE] [-A RADIX] [-N SIZE] [-j SKIP] [FILE]...", _od),
    Applet("hexdump", "hexdump [-bcdoxCv] [-n LEN] [-s OFS] [FILE]...", _hexdump),
    Applet("xxd", "xxd [-pri] [-g N] [-c N] [-l LEN] [-s OFS] [FILE]", _xxd),
    Applet("cksum", "cksum FILE...", _cksum),
)
