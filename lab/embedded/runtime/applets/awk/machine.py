"""What a running awk program has: variables, the record, files, and the main input."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from lab.embedded.runtime.applets.awk.files import Files
from lab.embedded.runtime.applets.awk.lexer import unescaped
from lab.embedded.runtime.applets.awk.records import Record, cut
from lab.embedded.runtime.applets.awk.values import Array, Given, Value, number, text
from lab.embedded.runtime.applets.inputs import Lines, open_input
from lab.embedded.runtime.applets.options import Failed
from lab.embedded.runtime.filesystem import FileError
from lab.embedded.runtime.process import BASE_MEMORY

if TYPE_CHECKING:
    from collections.abc import Generator

    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.tasks import Reason, Syscall

LONGEST = 16 * 1024 * 1024
"""Characters a text may have before the program counts as out of memory."""
_BYTES_AN_ELEMENT = 120
_ELEMENTS_A_LOOK = 1024


class FileFailed(Failed):
    """A file could not be opened: told without a line of the program."""


class Machine:
    """One run of a program."""

    def __init__(self, process: Process, separator: str, operands: list[str]) -> None:
        self.process = process
        self.variables: dict[str, Value | Array] = {
            "FS": separator, "OFS": " ", "ORS": "\n", "RS": "\n", "SUBSEP": "\x1c", "CONVFMT": "%.6g",
            "OFMT": "%.6g", "NR": 0.0, "FNR": 0.0, "NF": 0.0, "RSTART": 0.0, "RLENGTH": -1.0,
            "FILENAME": None, "ARGC": float(len(operands) + 1), "ERRNO": 0.0, "IGNORECASE": None,
        }  # fmt: skip
        arguments = ["awk", *operands]
        self.variables["ARGV"] = Array({str(at): Given(each) for at, each in enumerate(arguments)})
        self.variables["ENVIRON"] = Array(
            {latin(key): Given(latin(value)) for key, value in process.env.items()}
        )
        self.record = Record(self.variables)
        self.files = Files(process)
        self.status = 0
        self.elements = 0
        self.frames: list[list[Value | Array]] = []
        self._operand = 1
        self._lines: Lines | None = None
        self._read_any = False
        self._pending: deque[str] = deque()

    def get(self, name: str) -> Value:
        """A variable's value."""
        value = self.record.count() if name == "NF" else self.variables.get(name)
        return None if isinstance(value, Array) else value

    def put(self, name: str, value: Value) -> None:
        """Set a variable."""
        if name == "NF":
            self.record.set_count(value)
        elif isinstance(self.variables.get(name), Array):
            raise Failed("Not a scalar")
        else:
            self.variables[name] = value

    def array(self, name: str) -> Array:
        """An array, made when first used."""
        value = self.variables.get(name)
        if value is None:
            value = self.variables[name] = Array()
        if not isinstance(value, Array):
            raise Failed("Not an array")
        return value

    def grown(self) -> None:
        """One more element somewhere; now and then it is looked how much memory that takes."""
        self.elements += 1
        if self.elements % _ELEMENTS_A_LOOK == 0:
            self.process.set_memory(BASE_MEMORY + self.elements * _BYTES_AN_ELEMENT)

    def bounded(self, value: str) -> str:
        """The text itself, if there is memory for it."""
        self._hold(len(value))
        return value

    def _hold(self, size: int) -> None:
        if size > LONGEST:
            self.process.set_memory(BASE_MEMORY + size)
            raise Failed("out of memory")

    def assign(self, operand: str) -> None:
        """`name=value` in bytes (see `latin`), as with `-v` and between the files."""
        name, _, value = operand.partition("=")
        self.put(name, Given(unescaped(value)))

    # -- the main input -----------------------------------------------------------------------------------

    def next_record(self) -> Generator[Syscall, Reason, str | None]:
        """The next record of all files, counted; None at the end."""
        while self._lines is not None or self._open_next():
            record = (yield from self._from(self._lines)) if self._lines is not None else None
            if record is not None:
                for name in ("NR", "FNR"):
                    self.variables[name] = number(self.get(name)) + 1
                return record
            self._lines = None
        return None

    def skip_file(self) -> None:
        """`nextfile`."""
        if self._lines is not None:
            self._lines.close()
        self._lines = None

    def _open_next(self) -> bool:
        """Go on to the next operand that is a file; the assignments before it count from here on."""
        arguments = self.array("ARGV")
        while self._operand < number(self.get("ARGC")):
            word = text(arguments.get(str(self._operand)))
            self._operand += 1
            name, equals, _ = word.partition("=")
            if equals and name.replace("_", "a").isalnum() and not name[0].isdigit():
                self.assign(word)
            elif word:
                return self._open(word)
        if self._read_any:
            return False
        return self._open("-")

    def _open(self, name: str) -> bool:
        self._read_any = True
        path = name.encode("latin-1", "replace").decode("utf-8", "surrogateescape")
        try:
            self._lines = Lines(self.process, open_input(self.process, path))
        except FileError as error:
            raise FileFailed(f"{path}: {error}") from None
        self.variables["FILENAME"] = name if name != "-" else ""
        self.variables["FNR"] = 0.0
        return True

    def _from(self, lines: Lines) -> Generator[Syscall, Reason, str | None]:
        separator = text(self.get("RS"))
        if separator == "\n":
            line = yield from lines.next()
            return None if line is None else line.removesuffix(b"\n").decode("latin-1")
        if not self._pending:
            content = bytearray()
            while (line := (yield from lines.next())) is not None:
                content += line
                self._hold(len(content) + 1)
            self._pending.extend(_records(content, separator))
        return self._pending.popleft() if self._pending else None


def _records(content: bytearray, separator: str) -> list[str]:
    """Records that are not lines: paragraphs, or what stands between a character or matches of a pattern."""
    whole = content.decode("latin-1")
    if separator == "":
        return [each.removesuffix("\n") for each in cut(whole.strip("\n"), "\n\n+")]
    parts = whole.split(separator) if len(separator) == 1 else cut(whole, separator)
    if len(parts) > 1 and parts[-1] == "":
        parts.pop()
    return parts if whole else []


def latin(value: str) -> str:
    """A text from outside, one character a byte."""
    return value.encode("utf-8", "surrogateescape").decode("latin-1")
