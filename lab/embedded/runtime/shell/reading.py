"""The builtins that take input apart: `read` and `getopts`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct, field

from lab.embedded.runtime.filesystem import FileError
from lab.embedded.runtime.shell.control import AppletFailed, CommandFailed

if TYPE_CHECKING:
    from collections.abc import Generator

    from lab.embedded.runtime.shell.commands import CommandRunner
    from lab.embedded.runtime.shell.special import Step
    from lab.embedded.runtime.tasks import Reason, Syscall

LINE_LIMIT = 4_000_000
"""Characters `read` takes before it gives up on a line."""

_CHARGES = 100
"""What it costs to read a thousand characters, one at a time."""

_NAME = re.compile(r"[A-Za-z_]\w*")

_Char = tuple[str, bool]
"""A character, and whether a backslash stood before it."""


def read(shell: CommandRunner, argv: list[str]) -> Step:
    """`read [-r] [-p PROMPT] [-t SECONDS] [-n CHARACTERS] [NAME]…`."""
    raw, prompt, timeout, limit, end = False, "", None, None, "\n"
    rest = argv[1:]
    while rest and rest[0].startswith("-") and len(rest[0]) > 1:
        option = rest.pop(0)
        for position, letter in enumerate(option[1:], 1):
            if letter == "r":
                raw = True
            elif letter in "ptnd":
                value = option[position + 1 :] or (rest.pop(0) if rest else "")
                prompt = value if letter == "p" else prompt
                timeout = float(value) if letter == "t" and re.fullmatch(r"[\d.]+", value) else timeout
                limit = int(value) if letter == "n" and value.isdigit() else limit
                end = value[:1] or "\0" if letter == "d" else end
                break
            elif letter != "s":
                raise CommandFailed(f"illegal option -{letter}", 2)
    wrong = next((name for name in rest if not _NAME.fullmatch(name)), None)
    if wrong is not None:
        raise AppletFailed(f"read: '{wrong}': bad variable name")
    source = shell.process.fds.get(0)
    if prompt and source is not None and source.is_tty:
        yield from shell.process.write(2, prompt.encode())
    line, status = yield from _read_line(shell, _Line(raw, end), timeout=timeout, limit=limit)
    if rest:
        _assign_fields(shell, rest, line)
    else:  # then the line is taken as it is
        shell.assign("REPLY", "".join(char for char, _ in line))
    return status


def _read_line(
    shell: CommandRunner, line: _Line, *, timeout: float | None, limit: int | None
) -> Generator[Syscall, Reason, tuple[list[_Char], int]]:
    """Characters of a line and the status: 0 at its end, 1 at the input's end or after `timeout`."""
    process = shell.process
    try:
        stream = process.stream(0)
    except FileError:
        return [], 1
    until = None if timeout is None else process.after(timeout)
    taken = 0
    while limit is None or len(line.characters) < limit:
        byte = stream.try_read(1)
        if byte is None:
            if process.pending:
                number = process.pending[0]
                yield from shell.run_traps()
                return line.characters, 128 + number
            if until is not None and process.now() >= until:
                return line.characters, 1
            yield from process.wait(stream.readable, until=until)
            continue
        if not byte:
            return line.characters, 1
        if byte != b"\0":
            process.cpu.changed = True
        if line.ends_with(byte):
            return line.characters, 0
        taken += 1
        if taken % 1000 == 0:  # of what is taken: NUL bytes are dropped, and to take them changes nothing
            yield from process.compute(_CHARGES)
            if len(line.characters) > LINE_LIMIT:
                return line.characters, 1
    return line.characters, 0


class _Line(Struct):
    """A line that is being read, byte by byte, because what follows it belongs to others."""

    raw: bool
    end: str = "\n"
    characters: list[_Char] = field(default_factory=list)
    _bytes: bytes = b""
    _escaped: bool = False

    def ends_with(self, byte: bytes) -> bool:
        """Take one more byte; whether the line is complete."""
        self._bytes += byte
        try:
            char = self._bytes.decode()
        except UnicodeDecodeError:
            if len(self._bytes) < 4:
                return False
            char = self._bytes.decode("utf-8", "surrogateescape")
        self._bytes = b""
        if self._escaped:
            self._escaped = False
            if char != "\n":
                self.characters.append((char, True))
        elif char == "\\" and not self.raw:
            self._escaped = True
        elif char == self.end:
            return True
        elif char != "\0":
            self.characters.append((char, False))
        return False


def _assign_fields(shell: CommandRunner, names: list[str], line: list[_Char]) -> None:
    ifs = shell.state.get("IFS")
    ifs = " \t\n" if ifs is None else ifs
    blanks = {char for char in ifs if char in " \t\n"}

    def is_in(item: tuple[str, bool], chars: str | set[str]) -> bool:
        return not item[1] and item[0] in chars

    rest = line
    for position, name in enumerate(names):
        while rest and is_in(rest[0], blanks):
            rest = rest[1:]
        if position == len(names) - 1:
            end = len(rest)
            while end and is_in(rest[end - 1], blanks):
                end -= 1
            value, rest = rest[:end], []
        else:
            end = next((index for index, item in enumerate(rest) if is_in(item, ifs)), len(rest))
            value, rest = rest[:end], rest[end:]
            while rest and is_in(rest[0], blanks):
                rest = rest[1:]
            if rest and is_in(rest[0], ifs) and (end < len(line)):
                rest = rest[1:] if not is_in(rest[0], blanks) else rest
        shell.assign(name, "".join(char for char, _ in value))


def getopts(shell: CommandRunner, argv: list[str]) -> Step:
    """`getopts SPEC NAME [WORD]…`: one option a call, with its place kept in OPTIND."""
    if len(argv) < 3:
        raise CommandFailed("usage: getopts optstring var [arg]", 2)
    spec, name = argv[1], argv[2]
    words = argv[3:] or shell.state.positional
    index = int(shell.state.get("OPTIND") or "1")
    offset = shell.getopts_offset if index == shell.getopts_index else 1
    word = words[index - 1] if index <= len(words) else ""
    if not word.startswith("-") or word in {"-", "--"}:
        shell.assign("OPTIND", str(index + (word == "--")))
        shell.assign(name, "?")
        return 1
    letter = word[offset]
    found = spec.find(letter)
    offset += 1
    value: str | None = None
    if found >= 0 and letter != ":" and spec[found + 1 : found + 2] == ":":
        value = word[offset:] or None
        index, offset = index + 1, 1
        if value is None and index <= len(words):
            value = words[index - 1]
            index += 1
    elif offset >= len(word):
        index, offset = index + 1, 1
    shell.getopts_index, shell.getopts_offset = index, offset
    shell.assign("OPTIND", str(index))
    wants = found >= 0 and spec[found + 1 : found + 2] == ":"
    if found < 0 or letter == ":" or (wants and value is None):
        silent = spec.startswith(":")
        shell.assign("OPTARG", letter if silent else "")
        if not silent:
            text = "No arg for" if wants else "Illegal option"
            yield from shell.process.complain(f"{text} -{letter}" + (" option" if wants else ""))
        shell.assign(name, ":" if silent and wants else "?")
        return 0
    shell.assign("OPTARG", value or "")
    shell.assign(name, letter)
    return 0
