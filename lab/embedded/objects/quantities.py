"""Resource quantities (`250m`, `64Mi`, `1.5`): parsing, comparing and the canonical form.

Follows apimachinery's `resource.Quantity`: exact values, at most nano precision (rounded up), and a canonical
form that keeps the family of suffix that was written (decimal, binary, exponent).
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache, total_ordering
from math import ceil, floor
from typing import Literal

from msgspec import Struct

Format = Literal["DecimalSI", "BinarySI", "DecimalExponent"]

_PATTERN = re.compile(r"([+-]?)(\d+(?:\.\d*)?|\.\d+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_DECIMAL_NAMES = {exponent: suffix for suffix, exponent in _DECIMAL.items()}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_NANO = Fraction(1, 10**9)
_LARGEST = 2**63 - 1

ERROR = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
"""What the API server says of text that is no quantity (`resource.ErrFormatWrong`)."""

SUFFIX_ERROR = "unable to parse quantity's suffix"
"""What it says of a suffix nobody knows (`resource.ErrSuffix`)."""

_LOOSE = re.compile(r"[+-]?[0-9.]+[eEinumkKMGTP]*[-+]?[0-9]*")


@total_ordering
class Quantity(Struct, frozen=True, eq=False):
    """An exact amount and the family of suffixes it prints with; equal by amount alone."""

    value: Fraction
    format: Format = "DecimalSI"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Quantity) and self.value == other.value

    def __lt__(self, other: Quantity) -> bool:
        return self.value < other.value

    def __hash__(self) -> int:
        return hash(self.value)

    def __add__(self, other: Quantity) -> Quantity:
        return Quantity(self.value + other.value, self.format if self.value else other.format)

    def __sub__(self, other: Quantity) -> Quantity:
        return Quantity(self.value - other.value, self.format if self.value else other.format)

    @property
    def whole(self) -> int:
        """The amount rounded up to whole units (bytes, cores)."""
        return ceil(self.value)

    @property
    def milli(self) -> int:
        """The amount in thousandths, rounded up."""
        return ceil(self.value * 1000)

    def __str__(self) -> str:
        if not self.value:
            return "0"
        if self.format == "BinarySI" and abs(self.value) >= 1024 and self.value.denominator == 1:
            return _binary_text(self.value.numerator)
        mantissa, exponent = _decimal_parts(self.value)
        if self.format == "DecimalExponent":
            return f"{mantissa}e{exponent}" if exponent else str(mantissa)
        return f"{mantissa}{_DECIMAL_NAMES[exponent]}"


def _binary_text(amount: int) -> str:
    shift, name = 0, ""
    for suffix, bits in _BINARY.items():
        if amount % (1 << bits) == 0:
            shift, name = bits, suffix
    return f"{amount >> shift}{name}"


def _decimal_parts(value: Fraction) -> tuple[int, int]:
    """The integer mantissa and the largest exponent, a multiple of three, that loses nothing."""
    for exponent in range(18, -10, -3):
        scaled = value / Fraction(10) ** exponent
        if scaled.denominator == 1:
            return scaled.numerator, exponent
    raise AssertionError("quantities have nano precision")  # pragma: no cover


@lru_cache(maxsize=4096)
def parse_quantity(text: str | int | float) -> Quantity:
    """A quantity from its text, or from the bare number YAML makes of `cpu: 1`.

    Raises:
        ValueError: in the API server's words; the text is no quantity.
    """
    match = _PATTERN.fullmatch(str(text))
    if match is None:
        raise ValueError(SUFFIX_ERROR if _LOOSE.fullmatch(str(text)) else ERROR)
    sign, digits, suffix = match[1], match[2], match[3] or ""
    value = Fraction(digits if not digits.endswith(".") else digits[:-1])
    kind: Format = "DecimalSI"
    if suffix in _BINARY:
        value, kind = value * (1 << _BINARY[suffix]), "BinarySI"
    elif suffix in _DECIMAL:
        value *= Fraction(10) ** _DECIMAL[suffix]
    else:
        value, kind = value * Fraction(10) ** max(-30, min(30, int(suffix[1:]))), "DecimalExponent"
    value = min(value, Fraction(_LARGEST))
    nanos = value / _NANO
    value = -floor(-nanos) * _NANO
    return Quantity(-value if sign == "-" else value, kind)


@lru_cache(maxsize=4096)
def canonical(text: str | int | float) -> str:
    """The text as the API server stores it: `0.5` is `500m`, `1024Mi` is `1Gi`.

    Raises:
        ValueError: the text is no quantity.
    """
    return str(parse_quantity(text))
