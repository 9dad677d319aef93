"""sort and uniq."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from lab.embedded.runtime.applets.inputs import Lines, all_lines, open_input
from lab.embedded.runtime.applets.options import Applet, Failed, Options, Step, parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.embedded.runtime.process import Process

_NAMES = b"JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC"
_MONTHS = {name: at for at, name in enumerate(_NAMES.split(), 1)}
_KEY = re.compile(r"(\d+)(?:\.(\d+))?([a-zA-Z]*)(?:,(\d+)(?:\.(\d+))?([a-zA-Z]*))?")
_NUMBER = re.compile(rb"\s*(-?(?:\d+(?:\.\d*)?|\.\d+))")
_FIELD = re.compile(rb"[ \t]*[^ \t]*")
_ORDERS = frozenset("bdfgiMnrV")


class _Key(Struct):
    """What lines are compared by: from a field on, to a field's end, and how."""

    first: int
    first_char: int
    last: int
    last_char: int
    flags: str

    def cut(self, line: bytes, mark: bytes) -> bytes:
        """The part of the line."""
        if self.first == 0:
            return line.lstrip(b" \t") if "b" in self.flags else line
        fields = line.split(mark) if mark else _FIELD.findall(line)
        until = fields[: self.last] if self.last else fields
        chosen = until[self.first - 1 :]
        if self.last_char and self.last and len(until) == self.last and chosen:
            chosen[-1] = chosen[-1][: self.last_char]
        text = mark.join(chosen)
        if "b" in self.flags:
            text = text.lstrip(b" \t")
        return text[self.first_char - 1 :] if self.first_char > 1 else text


def _keys(options: Options) -> list[_Key]:
    flags = "".join(flag for flag in options.flags if flag in _ORDERS)
    keys: list[_Key] = []
    for text in options.every.get("k", []):
        match = _KEY.fullmatch(text)
        if match is None or match[1] == "0":
            raise Failed("bad field specification", 2)
        own = (match[3] or "") + (match[6] or "")
        for letter in own:
            if letter not in _ORDERS:
                raise Failed("unknown key option")
        first, char, last, last_char = (int(match[at] or 0) for at in (1, 2, 4, 5))
        keys.append(_Key(first, char, last, last_char, own or flags))
    return keys or [_Key(0, 0, 0, 0, flags)]


def _value(text: bytes, flags: str) -> Any:
    if "M" in flags:
        return _MONTHS.get(text.strip()[:3].upper(), 0)
    if "n" in flags or "g" in flags:
        number = _NUMBER.match(text)
        return float(number[1][:60]) if number else 0.0
    if "V" in flags:
        return [
            (0, int(part), b"") if part.isdigit() else (1, 0, part) for part in re.findall(rb"\d+|\D+", text)
        ]
    if "f" in flags:
        text = text.upper()
    if "d" in flags:
        text = bytes(code for code in text if bytes((code,)).isalnum() or code in b" \t")
    return text


def _ordered(lines: list[bytes], keys: list[_Key], mark: bytes, options: Options) -> list[bytes]:
    """Lines in order: by each key in turn, the last resort being the line itself."""
    if "s" not in options:
        lines.sort(reverse="r" in options)
    for key in reversed(keys):
        lines.sort(key=_sight(key, mark), reverse="r" in key.flags)
    return lines


def _sight(key: _Key, mark: bytes) -> Callable[[bytes], Any]:
    return lambda line: _value(key.cut(line, mark), key.flags)


def _sort(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "nrugMcszbdfiVt:k:o:S:T:m")
    keys, mark = _keys(options), options.get("t").encode("utf-8", "surrogateescape")
    if len(mark) > 1:
        raise Failed("bad -t parameter")
    lines, failed = yield from all_lines(process, options.operands, "sort")
    if failed:
        return 2
    sights = [_sight(key, mark) for key in keys]
    if "c" in options:
        ordered = _ordered(list(lines), keys, mark, options)
        wrong = next((at for at, line in enumerate(lines) if line != ordered[at]), None)
        if wrong is not None:
            yield from process.complain(f"Check line {max(1, wrong)}")
        return int(wrong is not None)
    yield from process.compute(len(lines) * len(keys) // 2, changed=True)
    lines = _ordered(lines, keys, mark, options)
    if "u" in options:
        seen: object = None
        unique: list[bytes] = []
        for line in lines:
            sight = [each(line) for each in sights]
            if sight != seen:
                unique.append(line)
            seen = sight
        lines = unique
    if "o" in options:
        process.install(1, process.open(options.get("o"), write=True))
    yield from process.write(1, b"".join(line + b"\n" for line in lines))
    return 0


def _uniq(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "cduizf:s:w:")
    fields, skipped, width = (int(options.get(each, "0")) for each in "fsw")
    lines = Lines(process, open_input(process, (options.operands or ["-"])[0]))
    if len(options.operands) > 1:
        process.install(1, process.open(options.operands[1], write=True))

    def sight(line: bytes) -> bytes:
        found = re.match(rb"(?:[ \t]*[^ \t]*){%d}" % min(fields, 1000), line) if fields else None
        text = line[found.end() :] if found else line
        text = text[skipped:]
        text = text[:width] if width else text
        return text.lower() if "i" in options else text

    held: bytes | None = None
    count = 0
    while True:
        raw = yield from lines.next()
        line = None if raw is None else raw.removesuffix(b"\n")
        if held is not None and (line is None or sight(line) != sight(held)):
            if not (("d" in options and count == 1) or ("u" in options and count > 1)):
                yield from process.write(1, (b"%7d " % count if "c" in options else b"") + held + b"\n")
            held, count = None, 0
        if line is None:
            return 0
        held, count = held if held is not None else line, count + 1


_USAGE = "sort [-nrugMcszbdfiokt] [-o FILE] [-k START[.OFS][OPTS][,END[.OFS][OPTS]] [-t CHAR] [FILE]..."
APPLETS = (
    Applet("sort", _USAGE, _sort, misuse=2),
    Applet("uniq", "uniq [-cduiz] [-f,s,w N] [FILE [OUTFILE]]", _uniq),
)
