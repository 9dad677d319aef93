"""Applets that compare files: cmp, comm, diff."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from lab.embedded.runtime.applets.inputs import whole
from lab.embedded.runtime.applets.options import Applet, Failed, Step, Usage, parse
from lab.embedded.runtime.filesystem import FileError

if TYPE_CHECKING:
    from collections.abc import Generator

    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.tasks import Reason, Syscall

_LONGEST = 20_000
"""Lines of a file that diff looks at: what bounds its work."""


def _two(process: Process, paths: list[str]) -> Generator[Syscall, Reason, tuple[bytes, bytes]]:
    if len(paths) != 2:
        raise Usage("")
    found = []
    for path in paths:
        try:
            found.append((yield from whole(process, path)))
        except FileError as error:
            raise Failed(f"{path}: {error}", 2) from None
    return found[0], found[1]


def _cmp(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "sln:")
    left, right = yield from _two(process, options.operands)
    if left == right:
        return 0
    first, second = options.operands
    at = next((at for at, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), None)
    if "s" in options:
        return 1
    if at is None:
        shorter = first if len(left) < len(right) else second
        yield from process.complain(f"cmp: EOF on {shorter}")
        return 1
    line = left[:at].count(b"\n") + 1
    yield from process.print(f"{first} {second} differ: char {at + 1}, line {line}")
    return 1


def _comm(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "123")
    left, right = ((each.splitlines()) for each in (yield from _two(process, options.operands)))
    hidden = {number for number in "123" if number in options}

    def put(column: int, line: bytes) -> Generator[Syscall, Reason, None]:
        if str(column) not in hidden:
            tabs = sum(1 for before in range(1, column) if str(before) not in hidden)
            yield from process.write(1, b"\t" * tabs + line + b"\n")

    while left or right:
        if left and right and left[0] == right[0]:
            yield from put(3, left.pop(0))
            right.pop(0)
        elif left and (not right or left[0] < right[0]):
            yield from put(1, left.pop(0))
        else:
            yield from put(2, right.pop(0))
    return 0


def _diff(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "abBdiNqrTstwuU:L:")
    left, right = yield from _two(process, options.operands)
    if left == right:
        return 0
    first, second = options.operands
    if "q" in options:
        yield from process.print(f"Files {first} and {second} differ")
        return 1
    lines = [each.decode("utf-8", "surrogateescape").splitlines()[:_LONGEST] for each in (left, right)]
    yield from process.compute(len(lines[0]) + len(lines[1]))
    context = int(options.get("U", "3"))
    for line in difflib.unified_diff(lines[0], lines[1], first, second, n=context, lineterm=""):
        yield from process.print(line)
    return 1


APPLETS = (
    Applet("cmp", "cmp [-ls] [-n NUM] FILE1 [FILE2]", _cmp),
    Applet("comm", "comm [-123] FILE1 FILE2", _comm),
    Applet("diff", "diff [-abBdiNqrTstw] [-L LABEL] [-S FILE] [-U LINES] FILE1 FILE2", _diff),
)
