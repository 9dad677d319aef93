"""The current record and its fields: cut when first asked for, put together again when one was set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.embedded.runtime.applets.awk.values import Array, Given, Value, number, text
from lab.embedded.runtime.applets.options import Failed
from lab.embedded.runtime.applets.regexes import byte_regex

if TYPE_CHECKING:
    from lab.embedded.runtime.regex.searching import Regex

MOST_FIELDS = 1_000_000
_META = frozenset(".[]^$*+?{}()|\\")


def latin_regex(source: str, *, ignore_case: bool = False) -> Regex:
    """The expression of an awk text.

    Raises:
        Failed: it is none.
    """
    return byte_regex(source, extended=True, ignore_case=ignore_case, encoding="latin-1")


def split(record: str, separator: Value, *, pattern: bool = False) -> list[str]:
    """A text cut as FS says; `pattern`: the separator was written as `/…/`."""
    mark = text(separator)
    if not record:
        return []
    if mark == " " and not pattern:
        return record.split()
    if mark == "":
        return list(record)
    if len(mark) == 1 and (mark not in _META or not pattern) and mark != "\\":
        return record.split(mark)
    return cut(record, mark)


def cut(whole: str, source: str) -> list[str]:
    """What stands between the matches of an expression that are not empty; nothing for an empty text."""
    out, at = [], 0
    for match in latin_regex(source).every(whole.encode("latin-1")):
        if match.end > match.start:
            out.append(whole[at : match.start])
            at = match.end
    return [*out, whole[at:]] if whole else []


class Record:
    """`$0`, `$1` … and `NF`, which depend on one another."""

    def __init__(self, variables: dict[str, Value | Array]) -> None:
        self._variables = variables
        self._whole: str = Given("")
        self._fields: list[Value] | None = []
        self._joined = True

    def take(self, record: str) -> None:
        """A new record."""
        self._whole, self._fields, self._joined = Given(record), None, True

    def _cut(self) -> list[Value]:
        if self._fields is None:
            separator = self._variables["FS"]
            self._fields = [
                Given(each)
                for each in split(self._whole, None if isinstance(separator, Array) else separator)
            ]
            self._variables["NF"] = float(len(self._fields))
        return self._fields

    def get(self, index: float) -> Value:
        """`$index`."""
        at = _index(index)
        if at == 0:
            if not self._joined:
                separator = self._variables["OFS"]
                mark = text(None if isinstance(separator, Array) else separator)
                self._whole, self._joined = Given(mark.join(map(text, self._fields or []))), True
            return self._whole
        fields = self._cut()
        return fields[at - 1] if at <= len(fields) else None

    def put(self, index: float, value: Value) -> None:
        """Set `$index`."""
        at = _index(index)
        if at == 0:
            self.take(text(value))
            return
        fields = self._cut()
        if at > len(fields):
            fields.extend(Given("") for _ in range(at - len(fields)))
            self._variables["NF"] = float(at)
        fields[at - 1] = value
        self._joined = False

    def count(self) -> float:
        """`NF`."""
        return float(len(self._cut()))

    def set_count(self, value: Value) -> None:
        """Set `NF`: fields are dropped, or empty ones added."""
        count, fields = _index(number(value)), self._cut()
        del fields[count:]
        fields.extend(Given("") for _ in range(count - len(fields)))
        self._variables["NF"] = float(count)
        self._joined = False


def _index(value: float) -> int:
    if value != value or value < 0:  # noqa: PLR0124 (NaN)
        raise Failed("Access to negative field")
    if value > MOST_FIELDS:
        raise Failed("out of memory")
    return int(value)
