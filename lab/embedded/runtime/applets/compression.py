"""gzip, gunzip and zcat."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING

from lab.embedded.runtime.applets.inputs import whole
from lab.embedded.runtime.applets.options import Applet, Failed, Options, Step, parse
from lab.embedded.runtime.filesystem import FileError

if TYPE_CHECKING:
    from collections.abc import Generator

    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.tasks import Reason, Syscall

LARGEST = 64 * 1024 * 1024
"""Bytes that a file may unpack to: a few bytes can say that they are gigabytes."""


_ENDINGS = (".tgz", ".gz", ".Z")


def pack(content: bytes) -> bytes:
    """Compressed, without a time, so that it is the same every time."""
    return gzip.compress(content, 6, mtime=0)


def unpack(content: bytes) -> bytes:
    """Uncompressed.

    Raises:
        Failed: it is no gzip, is cut short, or too large for the simulation.
    """
    out = bytearray()
    rest = content
    while rest:
        if not rest.startswith(b"\x1f\x8b"):
            raise Failed("invalid magic")
        machine = zlib.decompressobj(31)
        try:
            out += machine.decompress(rest, LARGEST - len(out) + 1)
        except zlib.error:
            raise Failed("crc error") from None
        if len(out) > LARGEST:
            raise Failed("out of memory")
        if not machine.eof:
            raise Failed("unexpected end of file")
        rest = machine.unused_data
    return bytes(out)


def _gzip(process: Process, arguments: list[str]) -> Step:
    name = process.argv[0].rsplit("/", 1)[-1]
    options = parse(arguments, "cfkdtqvn123456789")
    backwards = name in ("gunzip", "zcat") or "d" in options or "t" in options
    status = 0
    for path in options.operands or ["-"]:
        if backwards and path != "-" and not {"c", "t"} & options.flags and not path.endswith(_ENDINGS):
            yield from process.complain(f"{name}: {path}: unknown suffix - ignored")
            status = 1
            continue
        try:
            content = yield from whole(process, path)
            yield from process.compute(len(content) // 256, changed=True)
            made = unpack(content) if backwards else pack(content)
        except (FileError, Failed) as error:
            yield from process.complain(f"{name}: {path}: {error}" if path != "-" else f"{name}: {error}")
            status = 1
            continue
        if "t" in options:
            continue
        if path == "-" or "c" in options or name == "zcat":
            yield from process.write(1, made)
        else:
            status = (yield from _replace(process, path, made, options, backwards=backwards)) or status
    return status


def _replace(
    process: Process, path: str, made: bytes, options: Options, *, backwards: bool
) -> Generator[Syscall, Reason, int]:
    files = process.kernel.files
    name = process.argv[0].rsplit("/", 1)[-1]
    if backwards:
        ending = next(each for each in _ENDINGS if path.endswith(each))
        target = path.removesuffix(ending) + (".tar" if ending == ".tgz" else "")
    else:
        target = path + ".gz"
    if files.exists(target, process.cwd) is not None and "f" not in options:
        yield from process.complain(f"{name}: can't open '{target}': File exists")
        return 1
    process.install(4, process.open(target, write=True))
    yield from process.write(4, made)
    process.close(4)
    if "k" not in options:
        files.unlink(path, process.cwd, process.uid)
    return 0


APPLETS = (
    Applet("gzip", "gzip [-cfkdt123456789] [FILE]...", _gzip),
    Applet("gunzip", "gunzip [-cfkt] [FILE]...", _gzip),
    Applet("zcat", "zcat [FILE]...", _gzip),
)
