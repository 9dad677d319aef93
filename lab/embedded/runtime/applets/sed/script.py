"""Reading sed's scripts, with busybox's complaints and its tolerance (blocks need not be closed)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct, field

from lab.embedded.runtime.applets.options import Failed
from lab.embedded.runtime.applets.regexes import byte_regex

if TYPE_CHECKING:
    from lab.embedded.runtime.regex.searching import Regex

LAST = -1
"""The line number that stands for `$`."""
_ONE_ADDRESS = "air:"
_PLAIN = "=dDgGhHlnNpPqx"
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "f": "\f", "v": "\v"}


class Command(Struct):
    """One command of a script."""

    name: str = ""
    first: int | Regex | None = None
    """A line number, `LAST`, an expression; None: every line."""
    last: int | Regex | None = None
    lines: int | None = None
    """How many lines after the first (`2,+3`)."""
    negate: bool = False
    pattern: Regex | None = None
    """What `s` looks for; None: what was looked for before."""
    replacement: list[bytes | int] = field(default_factory=list)
    """Texts, and groups by number, 0 for the whole."""
    everywhere: bool = False
    printed: bool = False
    which: int = 1
    text: bytes = b""
    """What `a`, `i`, `c` print; a label; a file's name; `y`'s table."""
    close: int = 0
    """Of a `{`: where it is closed."""
    within: bool = False
    """Whether the range it works on has begun."""
    spent: bool = False
    """A range that began at a line's number does not begin again."""


class Script:
    """The commands of all `-e` and `-f`, in order."""

    def __init__(self, *, extended: bool) -> None:
        self.commands: list[Command] = []
        self._extended = extended
        self._open: list[Command] = []
        self.previous: Regex | None = None
        """The last expression read: what an empty one stands for."""
        self._text, self._at = "", 0

    def read(self, text: str) -> None:
        """Add the commands of a text.

        Raises:
            Failed: it is none.
        """
        self._text, self._at = text, 0
        while True:
            self._skip(" \t\n\r\v\f;")
            if self._at >= len(text):
                break
            if text[self._at] == "#":
                self._line()
                continue
            self._command()
        for each in self._open:
            each.close = len(self.commands)

    # -- pieces -------------------------------------------------------------------------------------------

    def _skip(self, chars: str) -> None:
        while self._at < len(self._text) and self._text[self._at] in chars:
            self._at += 1

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _line(self) -> str:
        """The rest of the line; a backslash before its end goes on with the next one."""
        match = re.compile(r"(?:[^\\\n]|\\.|\\\Z)*", re.DOTALL).match(self._text, self._at)
        found = match.group() if match else ""
        self._at += len(found)
        return found

    def _command(self) -> None:
        command = Command()
        self._addresses(command)
        self._skip(" \t")
        if self._peek() == "!":
            command.negate = True
            self._at += 1
            self._skip(" \t!" if self._text[self._at : self._at + 1] != "!" else " \t")
        name = self._peek()
        if not name or name == "\n" or name.isdigit():
            raise Failed("missing command")
        self._at += 1
        if name == "}":
            if self._open:
                self._open.pop().close = len(self.commands)
            return
        command.name = name
        if command.last is not None and name in _ONE_ADDRESS:
            raise Failed(f"command '{name}' uses only one address")
        self._arguments(command)
        self.commands.append(command)

    def _addresses(self, command: Command) -> None:
        command.first = self._address()
        if self._peek() != ",":
            return
        self._at += 1
        self._skip(" \t")
        if match := re.compile(r"\+(\d+)").match(self._text, self._at):
            self._at = match.end()
            command.lines = int(match[1])
            command.last = 0
            return
        command.last = self._address()
        if command.last is None or command.first is None:
            raise Failed("no address after comma")

    def _address(self) -> int | Regex | None:
        char = self._peek()
        if char.isdigit():
            match = re.compile(r"\d+").match(self._text, self._at)
            self._at = match.end() if match else self._at
            return int(match.group()[:15]) if match else None
        if char == "$":
            self._at += 1
            return LAST
        if char == "/" or (char == "\\" and self._text[self._at + 1 : self._at + 2]):
            if char == "\\":
                self._at += 1
            mark = self._peek()
            self._at += 1
            source = self._until(mark, expression=True)
            ignore_case = self._peek() == "I"
            self._at += ignore_case
            if source:
                self.previous = byte_regex(source, extended=self._extended, ignore_case=ignore_case)
            elif self.previous is None:
                raise Failed("no previous regexp")
            return self.previous
        return None

    def _until(self, mark: str, *, expression: bool) -> str:
        """The text up to the next unescaped mark, which is skipped; in a bracket a mark is none."""
        out: list[str] = []
        text = self._text
        while self._at < len(text):
            char = text[self._at]
            if char == "\\" and self._at + 1 < len(text):
                following = text[self._at + 1]
                self._at += 2
                if following == mark:
                    out.append(mark if expression or mark != "&" else "\\" + mark)
                elif expression and following == "\n":
                    out.append("\n")
                else:
                    out.append("\\" + following)
                continue
            if char == mark:
                self._at += 1
                return "".join(out)
            bracket = re.compile(r"\[\^?\]?(?:\[:\w+:\]|[^\]])*\]", re.DOTALL) if expression else None
            match = bracket.match(text, self._at) if bracket and char == "[" else None
            out.append(match.group() if match else char)
            self._at += len(out[-1])
        raise Failed(f"unmatched '{mark}'")

    # -- arguments ----------------------------------------------------------------------------------------

    def _arguments(self, command: Command) -> None:
        name = command.name
        if name == "{":
            self._open.append(command)
        elif name == "s":
            self._substitution(command)
        elif name == "y":
            self._translation(command)
        elif name in "aic":
            command.text = self._appended()
        elif name in "rw":
            command.text = self._file()
        elif name in ":btT":
            self._skip(" \t")
            match = re.compile(r"[^;\n]*").match(self._text, self._at)
            label = match.group() if match else ""
            self._at += len(label)
            command.text = label.strip().encode("utf-8", "surrogateescape")
        elif name not in _PLAIN:
            raise Failed(f"unsupported command {name}")

    def _file(self) -> bytes:
        self._skip(" \t")
        name = self._line().strip()
        if not name:
            raise Failed("empty filename")
        return name.encode("utf-8", "surrogateescape")

    def _appended(self) -> bytes:
        self._skip(" \t")
        rest = self._line()
        if rest.startswith("\\\n"):
            rest = rest[2:]
        elif rest.startswith("\\"):
            rest = rest[1:]
        text = re.sub(r"\\(.)", lambda match: match[1].replace("t", "\t"), rest, flags=re.DOTALL)
        return (text.removesuffix("\\") + "\n").encode("utf-8", "surrogateescape")

    def _translation(self, command: Command) -> None:
        mark = self._peek()
        if not mark:
            raise Failed("bad format in substitution expression")
        self._at += 1
        before, after = (
            re.sub(
                r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), self._until(mark, expression=False)
            )
            for _ in range(2)
        )
        table = bytearray(range(256))
        codes = after.encode("utf-8", "surrogateescape")
        for at, code in enumerate(before.encode("utf-8", "surrogateescape")):
            if at < len(codes):
                table[code] = codes[at]
        command.text = bytes(table)

    def _substitution(self, command: Command) -> None:
        mark = self._peek()
        if not mark or mark in "\n\\":
            raise Failed("bad format in substitution expression")
        self._at += 1
        source = self._until(mark, expression=True)
        template = self._until(mark, expression=False)
        ignore_case = self._flags(command)
        if source:
            command.pattern = byte_regex(source, extended=self._extended, ignore_case=ignore_case)
            self.previous = command.pattern
        elif self.previous is None:
            raise Failed("no previous regexp")
        command.replacement = _template(template)

    def _flags(self, command: Command) -> bool:
        ignore_case = False
        while (char := self._peek()) and char not in ";\n}# \t\r":
            if match := re.compile(r"\d+").match(self._text, self._at):
                command.which = max(1, int(match.group()[:9]))
                self._at = match.end()
                continue
            self._at += 1
            if char == "g":
                command.everywhere, command.which = True, 1
            elif char == "p":
                command.printed = True
            elif char in "iI":
                ignore_case = True
            elif char == "w":
                command.text = self._file()
                return ignore_case
            else:
                raise Failed("bad option in substitution expression")
        return ignore_case


def _template(text: str) -> list[bytes | int]:
    r"""The replacement of `s`: `&`, `\1`, `\n`; any other backslash makes the next character ordinary."""
    parts: list[bytes | int] = []
    for match in re.finditer(r"&|\\(.)|[^&\\]+|\\\Z", text, re.DOTALL):
        piece, escaped = match.group(), match[1]
        if piece == "&":
            parts.append(0)
        elif escaped and escaped in "0123456789":
            parts.append(int(escaped))
        else:
            plain = _ESCAPES.get(escaped, escaped) if escaped else piece
            parts.append(plain.encode("utf-8", "surrogateescape"))
    return parts
