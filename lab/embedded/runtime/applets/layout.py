"""Applets that lay lines out anew: nl, paste, fold, split, factor, strings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lab.embedded.runtime.applets.inputs import all_lines, whole
from lab.embedded.runtime.applets.options import Applet, Failed, Step, count, parse

if TYPE_CHECKING:
    from lab.embedded.runtime.process import Process

_LARGEST = 10**12
"""The largest number that is factored."""
_MOST_FILES = 26 * 26


def _nl(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "b:i:l:n:ps:v:w:")
    lines, status = yield from all_lines(process, options.operands, "nl")
    number, step, width = int(options.get("v", "1")), int(options.get("i", "1")), int(options.get("w", "6"))
    for line in lines:
        if line or options.get("b") == "a":
            yield from process.write(
                1, f"{number:>{width}}{options.get('s', chr(9))}".encode() + line + b"\n"
            )
            number += step
        else:
            yield from process.write(1, b" " * (width + 1) + b"\n")
    return status


def _paste(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "d:s")
    marks = (options.get("d", "\t").replace("\\n", "\n").replace("\\t", "\t") or "\0").encode()
    columns = []
    status = 0
    for path in options.operands or ["-"]:
        lines, failed = yield from all_lines(process, [path], "paste")
        columns.append(lines)
        status = status or failed
    if "s" not in options:
        longest = max(len(lines) for lines in columns)
        columns = [[lines[at] if at < len(lines) else b"" for lines in columns] for at in range(longest)]
    for row in columns:
        joined = row[0] if row else b""
        for at, part in enumerate(row[1:]):
            joined += marks[at % len(marks) : at % len(marks) + 1] + part
        yield from process.write(1, joined + b"\n")
    return status


def _fold(process: Process, arguments: list[str]) -> Step:
    options = parse([re.sub(r"^-(\d+)$", r"-w\1", each) for each in arguments], "bsw:")
    width = int(options.get("w", "80"))
    if width < 1:
        raise Failed(f"invalid number '{options.get('w')}'")
    content = b""
    for path in options.operands or ["-"]:
        content += yield from whole(process, path)
    for line in content.splitlines(keepends=True):
        rest = line
        while len(rest.rstrip(b"\n")) > width:
            at = width
            if "s" in options and (space := rest.rfind(b" ", 0, width)) >= 0:
                at = space + 1
            yield from process.write(1, rest[:at] + b"\n")
            rest = rest[at:]
        yield from process.write(1, rest)
    return 0


def _split(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "a:b:l:")
    content = yield from whole(process, (options.operands or ["-"])[0])
    prefix = options.operands[1] if len(options.operands) > 1 else "x"
    if "b" in options:
        size = max(1, count(options.get("b")))
        parts = [content[at : at + size] for at in range(0, len(content), size)]
    else:
        lines, size = content.splitlines(keepends=True), max(1, int(options.get("l", "1000")))
        parts = [b"".join(lines[at : at + size]) for at in range(0, len(lines), size)]
    if len(parts) > _MOST_FILES:
        raise Failed("suffixes exhausted")
    for number, part in enumerate(parts):
        name = prefix + chr(97 + number // 26) + chr(97 + number % 26)
        process.install(4, process.open(name, write=True))
        yield from process.write(4, part)
    return 0


def _factor(process: Process, arguments: list[str]) -> Step:
    for word in arguments:
        if not word.isdigit() or int(word) > _LARGEST:
            raise Failed(f"invalid number '{word}'")
        left, found, divisor = int(word), [], 2
        while divisor * divisor <= left:
            while left % divisor == 0:
                found.append(divisor)
                left //= divisor
            divisor += 1 if divisor == 2 else 2
        yield from process.compute(divisor // 16)
        shown = [*found, left] if left > 1 else found
        yield from process.print(f"{word}:" + "".join(f" {each}" for each in shown))
    return 0


def _strings(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "fon:")
    least = int(options.get("n", "4"))
    for path in options.operands or ["-"]:
        content = yield from whole(process, path)
        for match in re.finditer(rb"[\x20-\x7e\t]{%d,}" % least, content):
            yield from process.write(1, match[0] + b"\n")
    return 0


APPLETS = (
    Applet("nl", "nl [OPTIONS] [FILE]...", _nl),
    Applet("paste", "paste [-d LIST] [-s] [FILE]...", _paste),
    Applet("fold", "fold [-bs] [-w WIDTH] [FILE]...", _fold),
    Applet("split", "split [OPTIONS] [INPUT [PREFIX]]", _split),
    Applet("factor", "factor [NUMBER]...", _factor),
    Applet("strings", "strings [-fo] [-t o|d|x] [-n LEN] [FILE]...", _strings),
)
