"""Applets that condense or encode: md5sum, sha1sum, sha256sum, sha512sum, base64."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from lab.embedded.runtime.applets.inputs import whole
from lab.embedded.runtime.applets.options import Applet, Failed, Options, Run, Step, parse
from lab.embedded.runtime.filesystem import FileError

if TYPE_CHECKING:
    from lab.embedded.runtime.process import Process


def _check(process: Process, algorithm: str, lists: list[str], options: Options) -> Step:
    """Compare files with the sums a list gives."""
    total = wrong = 0
    for path in lists:
        for line in (yield from whole(process, path)).decode("utf-8", "replace").splitlines():
            wanted, _, name = line.partition(" ")
            total += 1
            try:
                content = yield from whole(process, name.lstrip(" *"))
                good = hashlib.new(algorithm, content, usedforsecurity=False).hexdigest() == wanted.lower()
            except FileError as error:
                yield from process.complain(f"{algorithm}sum: can't open '{name.lstrip(' *')}': {error}")
                good = False
            wrong += not good
            if "s" not in options:
                yield from process.print(f"{name.lstrip(' *')}: {'OK' if good else 'FAILED'}")
    if wrong and "s" not in options:
        yield from process.complain(
            f"{algorithm}sum: WARNING: {wrong} of {total} computed checksums did NOT match"
        )
    return int(bool(wrong))


def _sum(algorithm: str) -> Run:
    def run(process: Process, arguments: list[str]) -> Step:
        options = parse(arguments, "csw")
        if "c" in options:
            return (yield from _check(process, algorithm, options.operands or ["-"], options))
        status = 0
        for path in options.operands or ["-"]:
            try:
                content = yield from whole(process, path)
            except FileError as error:
                yield from process.complain(f"{algorithm}sum: can't open '{path}': {error}")
                status = 1
                continue
            yield from process.print(
                f"{hashlib.new(algorithm, content, usedforsecurity=False).hexdigest()}  {path}"
            )
        return status

    return run


def _base64(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "dw:")
    content = yield from whole(process, options.operands[0] if options.operands else "-")
    if "d" in options:
        try:
            decoded = base64.b64decode(b"".join(content.split()), validate=True)
        except ValueError:
            raise Failed("truncated input") from None
        yield from process.write(1, decoded)
        return 0
    encoded = base64.b64encode(content).decode()
    width = int(options.get("w", "76") or 76)
    lines = [encoded[at : at + width] for at in range(0, len(encoded), width)] if width else [encoded]
    yield from process.write(1, ("\n".join(lines) + ("\n" if width else "")).encode())
    return 0


APPLETS = (
    *(
        Applet(f"{name}sum", f"{name}sum [-c[sw]] [FILE]...", _sum(name))
        for name in ("md5", "sha1", "sha256", "sha512")
    ),
    Applet("base64", "base64 [-d] [-w COL] [FILE]", _base64),
)
