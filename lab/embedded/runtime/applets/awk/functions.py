"""awk's own functions that only compute."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from lab.embedded.clock.agenda import EPOCH
from lab.embedded.runtime.applets.awk.formatting import sprintf
from lab.embedded.runtime.applets.awk.machine import LONGEST
from lab.embedded.runtime.applets.awk.records import latin_regex, split
from lab.embedded.runtime.applets.awk.values import Array, Given, Value, number, text, truth
from lab.embedded.runtime.applets.options import Failed

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.embedded.runtime.applets.awk.machine import Machine
    from lab.embedded.runtime.regex.searching import Regex

_BITS = 0xFFFFFFFF
_BYTES_A_CHARGE = 1024


class Library:
    """The functions, for one machine."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._seed = 0.0
        self._state = 1
        self.plain: dict[str, tuple[int, int, Callable[..., Value]]] = {
            "substr": (2, 3, substr), "index": (2, 2, _index),
            "sin": (1, 1, lambda x: math.sin(number(x))), "cos": (1, 1, lambda x: math.cos(number(x))),
            "atan2": (2, 2, lambda y, x: math.atan2(number(y), number(x))), "exp": (1, 1, _exp),
            "log": (1, 1, _log), "sqrt": (1, 1, _sqrt), "int": (1, 1, lambda x: float(math.trunc(number(x)))
            if math.isfinite(number(x)) else number(x)),
            "tolower": (1, 1, lambda s: _cased(text(s), upper=False)),
            "toupper": (1, 1, lambda s: _cased(text(s), upper=True)),
            "and": (2, 2, lambda a, b: float(_int(a) & _int(b))),
            "or": (2, 2, lambda a, b: float(_int(a) | _int(b))),
            "xor": (2, 2, lambda a, b: float(_int(a) ^ _int(b))),
            "compl": (1, 1, lambda a: float(~_int(a) & (1 << 64) - 1)),
            "lshift": (2, 2, lambda a, b: float(_int(a) << min(_int(b), 63) & _BITS)),
            "rshift": (2, 2, lambda a, b: float(_int(a) >> min(_int(b), 63))),
            "rand": (0, 0, self._rand), "srand": (0, 1, self._srand), "systime": (0, 0, self._systime),
            "strftime": (0, 3, self._strftime), "mktime": (1, 1, _mktime),
            "sprintf": (1, 99, lambda *values: machine.bounded(sprintf(values))),
        }  # fmt: skip
        """By name: how few and how many arguments, and what it does."""

    def length(self, *values: Value | Array) -> float:
        """`length`, of a text, an array, or the record."""
        if not values:
            return float(len(text(self._machine.record.get(0))))
        value = values[0]
        return float(len(value)) if isinstance(value, Array) else float(len(text(value)))

    def split(self, subject: Value, array: Array, separator: Value, *, pattern: bool) -> float:
        """`split`: into elements from 1 on."""
        parts = split(text(subject), separator, pattern=pattern)
        self._machine.process.cpu.owe(len(parts) // 4)
        array.clear()
        for at, part in enumerate(parts, 1):
            array[str(at)] = Given(part)
            self._machine.grown()
        return float(len(parts))

    def match(self, subject: Value, source: str) -> float:
        """`match`: where, also in RSTART and RLENGTH."""
        found = self._regex(source).search(text(subject).encode("latin-1", "replace"))
        start, length = (found.start + 1, found.end - found.start) if found else (0, -1)
        self._machine.variables["RSTART"], self._machine.variables["RLENGTH"] = float(start), float(length)
        return float(start)

    def substituted(
        self, source: str, template: str, subject: str, which: int, *, groups: bool = False
    ) -> tuple[str, int]:
        """The text with matches replaced (`which` 0: all), and how many."""
        parts = [
            part.encode("latin-1", "replace") if isinstance(part, str) else part
            for part in _template(template, groups=groups)
        ]
        code = subject.encode("latin-1", "replace")
        self._machine.process.cpu.owe(len(code) // _BYTES_A_CHARGE)
        made, count = self._regex(source).replaced(code, parts, LONGEST, first=which or 1, last=which or None)
        self._machine.process.cpu.owe(count)
        done = max(0, count - which + 1) if which else count
        return (made.decode("latin-1"), done) if done else (subject, 0)

    def gensub(self, source: Value, template: Value, how: Value, *subject: Value) -> str:
        """`gensub`."""
        which = 0 if text(how)[:1] in ("g", "G") else max(1, int(number(how)))
        target = subject[0] if subject else self._machine.record.get(0)
        return self.substituted(text(source), text(template), text(target), which, groups=True)[0]

    def _regex(self, source: str) -> Regex:
        return latin_regex(source, ignore_case=truth(self._machine.get("IGNORECASE")))

    def _rand(self) -> float:
        self._state = (self._state * 6364136223846793005 + 1442695040888963407) & (1 << 64) - 1
        return (self._state >> 11) / (1 << 53)

    def _srand(self, *seed: Value) -> float:
        before, self._seed = self._seed, number(seed[0]) if seed else self._systime()
        self._state = int(self._seed) & (1 << 64) - 1
        return before

    def _systime(self) -> float:
        return float(int(EPOCH + self._machine.process.now()))

    def _strftime(self, *values: Value) -> str:
        template = text(values[0]) if values else "%a %b %e %H:%M:%S %Z %Y"
        when = number(values[1]) if len(values) > 1 else self._systime()
        if not 0 <= when < 1e11:
            raise Failed("strftime: out of range")
        return time.strftime(template.replace("%Z", "UTC"), time.gmtime(when))


def _index(subject: Value, part: Value) -> float:
    return float(text(subject).find(text(part)) + 1) if text(part) else 0.0


def substr(subject: Value, start: Value, *length: Value) -> str:
    """`substr`: from a place counted from 1; what lies before it is cut off and not counted (busybox)."""
    whole = text(subject)
    begin = max(0, _cut(number(start)) - 1)
    return whole[begin:] if not length else whole[begin : begin + max(0, _cut(number(length[0])))]


def _cut(value: float) -> int:
    return int(max(-1e15, min(1e15, value))) if math.isfinite(value) else 10**15 if value > 0 else 0


def _template(template: str, *, groups: bool) -> list[str | int]:
    parts: list[str | int] = [""]
    at = 0
    while at < len(template):
        char, following = template[at], template[at + 1 : at + 2]
        at += 1
        if char == "\\" and following in ("&", "\\"):
            parts.append(following)
            at += 1
        elif char == "\\" and groups and following.isdigit():
            parts.append(int(following))
            at += 1
        elif char == "&":
            parts.append(0)
        else:
            parts.append(char)
    return parts


def _cased(value: str, *, upper: bool) -> str:
    code = value.encode("latin-1", "replace")
    return (code.upper() if upper else code.lower()).decode("latin-1")


def _int(value: Value) -> int:
    amount = number(value)
    return int(amount) & _BITS if math.isfinite(amount) else 0


def _exp(value: Value) -> float:
    try:
        return math.exp(number(value))
    except OverflowError:
        return math.inf


def _log(value: Value) -> float:
    amount = number(value)
    return math.log(amount) if amount > 0 else -math.inf if amount == 0 else -math.nan


def _sqrt(value: Value) -> float:
    amount = number(value)
    return math.sqrt(amount) if amount >= 0 else -math.nan


def _mktime(value: Value) -> float:
    import calendar  # noqa: PLC0415 (hardly ever)

    parts = text(value).split()
    if len(parts) < 6 or not all(each.lstrip("-").isdigit() for each in parts[:6]):
        return -1.0
    try:
        return float(calendar.timegm((*map(int, parts[:6]), 0, 0, 0)))
    except (ValueError, OverflowError):
        return -1.0
