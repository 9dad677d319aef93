"""awk's values: numbers, texts, texts from outside that look like numbers, and what was never set."""

from __future__ import annotations

import math
import re
from typing import TypeAlias

Value: TypeAlias = "float | str | None"


class Given(str):
    """A text that came from outside (a field, `getline`, `-v`): a number where it looks like one."""

    __slots__ = ()


_NUMBER = re.compile(
    r"[ \t\n\r\f\v]*([-+]?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|inf|nan))"
)
_OCTAL = re.compile(r"0[0-7]+")
_BLANKS = " \t\n\r\f\v"
_EXACT = 2.0**63


def number(value: Value) -> float:
    """A value as a number: what a text begins with, else 0."""
    if isinstance(value, float):
        return value
    if not value:
        return 0.0
    match = _NUMBER.match(value)
    if match is None:
        return 0.0
    text = match[1]
    if text[-3:] in ("inf", "nan"):
        return 0.0
    if "x" in text or "X" in text:
        return float(int(text, 16))
    if text[:1] == "0" and _OCTAL.fullmatch(text):
        return float(int(text, 8))
    return float(text[:400])


def looks_numeric(text: str) -> bool:
    """Whether all of a text is a number, but for blanks around it."""
    match = _NUMBER.match(text)
    return match is not None and not text[match.end() :].strip(_BLANKS)


def is_number(value: Value) -> bool:
    """Whether a value is compared as a number."""
    return value is None or isinstance(value, float) or (isinstance(value, Given) and looks_numeric(value))


def text(value: Value, template: str = "%.6g") -> str:
    """A value as text: whole numbers without a point, others by `CONVFMT` or `OFMT`."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if value == value and abs(value) < _EXACT and value == int(value):  # noqa: PLR0124 (no NaN)
        return str(int(value))
    if value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124 (NaN)
        return ("-" if math.copysign(1, value) < 0 else "") + str(abs(value))
    try:
        return template % value
    except (TypeError, ValueError):
        return f"{value:.6g}"


def truth(value: Value) -> bool:
    """Whether a value counts as true."""
    if isinstance(value, float):
        return value != 0
    if isinstance(value, Given) and looks_numeric(value):
        return number(value) != 0
    return bool(value)


def compared(left: Value, right: Value) -> int:
    """-1, 0 or 1: as numbers if both are, else as texts."""
    if is_number(left) and is_number(right):
        first, second = number(left), number(right)
        return (first > second) - (first < second)
    one, other = text(left), text(right)
    return (one > other) - (one < other)


class Array(dict[str, "Value"]):
    """An array, which lists its keys in the order of busybox' hash table."""

    __slots__ = ()

    def keys_in_order(self) -> list[str]:
        """Keys by bucket, in a bucket the last put in first (`hashwalk_init`)."""
        count = len(self)
        size = next((each for each in _SIZES if count <= each * 8), _SIZES[-1])
        newest_first = list(self)[::-1]
        return sorted(newest_first, key=lambda key: _hash(key) % size)


_SIZES = (61, 251, 1021, 4093, 16381, 65521)


def _hash(key: str) -> int:
    index = 0
    for char in key:
        index = (ord(char) + index * 63) & 0xFFFFFFFF
    return index
