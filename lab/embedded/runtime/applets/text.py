"""Applets that show or pick text: cat, head, tail, wc, tac, rev."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lab.embedded.runtime.applets.inputs import Lines, all_lines, open_input, whole
from lab.embedded.runtime.applets.options import Applet, Failed, Step, count, parse
from lab.embedded.runtime.filesystem import FileError
from lab.embedded.runtime.streams import Stream, ZeroStream

if TYPE_CHECKING:
    from collections.abc import Generator

    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.tasks import Reason, Syscall


def _cat(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "nbvteA")
    status, number = 0, 0
    for path in options.operands or ["-"]:
        try:
            stream = open_input(process, path)
        except FileError as error:
            text = "read error" if error.code == "EISDIR" else f"can't open '{path}'"
            yield from process.complain(f"cat: {text}: {error}")
            status = 1
            continue
        process.install(3, stream)
        if "n" in options:
            lines = Lines(process, stream)
            while (line := (yield from lines.next())) is not None:
                number += 1
                yield from process.write(1, b"%6d\t%s" % (number, line))
            continue
        while chunk := (yield from process.read(3)):
            yield from process.write(1, chunk)
    return status


def _page(process: Process, arguments: list[str]) -> Step:
    """`less` and `more` without their keys, as where output is no terminal: all of the files."""
    return (yield from _cat(process, [each for each in arguments if not each.startswith(("-", "+"))]))


def _with_letters(arguments: list[str]) -> list[str]:
    """`-5` is `-n 5`, but for the value of another option."""
    return [
        re.sub(r"^-(\d+)$", r"-n\1", each) if before not in ("-n", "-c", "-s") else each
        for before, each in zip(["", *arguments], arguments, strict=False)
    ]


def _head(process: Process, arguments: list[str]) -> Step:
    options = parse(_with_letters(arguments), "n:c:qv")
    status, shown = 0, False
    for path in options.operands or ["-"]:
        try:
            stream = open_input(process, path)
        except FileError as error:
            yield from process.complain(f"head: {path}: {error}")
            status = 1
            continue
        if (len(options.operands) > 1 or "v" in options) and "q" not in options:
            yield from process.print(("\n" if shown else "") + f"==> {_title(path)} <==")
        shown = True
        process.install(3, stream)
        if "c" in options:
            left = count(options.get("c"))
            while left > 0 and (chunk := (yield from process.read(3, left))):
                yield from process.write(1, chunk)
                left -= len(chunk)
            continue
        lines, left = Lines(process, stream), count(options.get("n", "10"))
        if left < 0:
            yield from _all_but(process, lines, -left)
            continue
        while left > 0 and (line := (yield from lines.next())) is not None:
            yield from process.write(1, line)
            left -= 1
    return status


def _all_but(process: Process, lines: Lines, last: int) -> Generator[Syscall, Reason, None]:
    """All lines but the last few (`head -n -1`)."""
    held: list[bytes] = []
    while (line := (yield from lines.next())) is not None:
        held.append(line)
        if len(held) > last:
            yield from process.write(1, held.pop(0))


def _tail(process: Process, arguments: list[str]) -> Step:
    options = parse(_with_letters(arguments), "n:c:fFs:qv")
    follow = bool({"f", "F"} & options.flags)
    status, followed, awaited = 0, list[Stream](), list[str]()
    for path in options.operands or ["-"]:
        try:
            stream = open_input(process, path)
        except FileError as error:
            yield from process.complain(f"tail: can't open '{path}': {error}")
            status = 1
            awaited += [path] if "F" in options else []
            continue
        if isinstance(stream, ZeroStream):
            yield from _swallow(process)
        if (len(options.operands) > 1 or "v" in options) and "q" not in options:
            yield from process.print(("\n" if followed else "") + f"==> {_title(path)} <==")
        process.install(3, stream)
        content = bytearray()
        while chunk := (yield from process.read(3)):
            content += chunk
            process.set_memory(process.memory + len(chunk))
            if len(content) > 32 * 1024 * 1024:
                process.kernel.out_of_memory()
        yield from process.write(1, _end(bytes(content), options.get("n", "10"), options.get("c")))
        followed.append(stream.hold())
    if not followed and not awaited:
        raise Failed("no files")
    if follow:
        yield from _follow(process, followed, awaited)
    return status


def _follow(process: Process, followed: list[Stream], awaited: list[str]) -> Generator[Syscall, Reason, None]:
    """Print what comes, once a second, also of files that are not there yet (`tail -F`)."""
    while True:
        for path in list(awaited):
            try:
                followed.append(open_input(process, path).hold())
            except FileError:
                continue
            awaited.remove(path)
            yield from process.complain(f"tail: {path} has appeared; following end of new file")
        for stream in followed:
            while fresh := stream.try_read(65536):
                yield from process.write(1, fresh)
        yield from process.sleep(1.0)


def _swallow(process: Process) -> Generator[Syscall, Reason, None]:
    """`tail /dev/zero` keeps everything it reads, waiting for a line's end: memory goes at 1 GiB a second."""
    while True:
        process.set_memory(process.memory + 16 * 1024 * 1024)
        yield from process.sleep(0.015625)


def _title(path: str) -> str:
    return "standard input" if path == "-" else path


def _end(content: bytes, lines: str, size: str) -> bytes:
    number = size or lines
    amount = count(number.lstrip("+"))
    if size:
        return (
            content[amount - 1 :] if number.startswith("+") else content[max(0, len(content) - abs(amount)) :]
        )
    pieces = content.splitlines(keepends=True)
    if number.startswith("+"):
        return b"".join(pieces[max(0, amount - 1) :])
    return b"".join(pieces[-abs(amount) :]) if amount else b""


def _wc(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "clwmL")
    totals, status = [0, 0, 0, 0, 0], 0
    chosen = [at for at, flag in enumerate("lwmcL") if flag in options] or [0, 1, 3]
    wide = len(chosen) > 1 or len(options.operands) > 1
    for path in options.operands or ["-"]:
        try:
            content = yield from whole(process, path)
        except FileError as error:
            yield from process.complain(f"wc: {path}: {error}")
            status = 1
            continue
        characters = len(content.decode("utf-8", "replace"))
        longest = max(map(len, content.split(b"\n")))
        counts = [content.count(b"\n"), len(content.split()), characters, len(content), longest]
        totals = [each + more for each, more in zip(totals, counts, strict=True)]
        yield from process.print(_counted(counts, chosen, path if options.operands else "", wide=wide))
    if len(options.operands) > 1:
        yield from process.print(_counted(totals, chosen, "total", wide=True))
    return status


def _counted(counts: list[int], chosen: list[int], name: str, *, wide: bool) -> str:
    numbers = " ".join(f"{counts[at]:>9}" if wide else str(counts[at]) for at in chosen)
    return f"{numbers} {name}".rstrip() if name else numbers


def _tac(process: Process, arguments: list[str]) -> Step:
    lines, status = yield from all_lines(process, arguments, "tac")
    yield from process.write(1, b"".join(line + b"\n" for line in reversed(lines)))
    return status


def _rev(process: Process, arguments: list[str]) -> Step:
    lines, status = yield from all_lines(process, arguments, "rev")
    yield from process.write(
        1, b"".join(line.decode("utf-8", "replace")[::-1].encode() + b"\n" for line in lines)
    )
    return status


APPLETS = (
    Applet("cat", "cat [-nbvteA] [FILE]...", _cat),
    Applet("less", "less [FILE]...", _page),
    Applet("more", "more [FILE]...", _page),
    Applet("head", "head [OPTIONS] [FILE]...", _head),
    Applet("tail", "tail [OPTIONS] [FILE]...", _tail),
    Applet("wc", "wc [-cmlwL] [FILE]...", _wc),
    Applet("tac", "tac [FILE]...", _tac),
    Applet("rev", "rev [FILE]...", _rev),
)
