"""awk's `sprintf`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lab.embedded.runtime.applets.awk.values import Value, number, text
from lab.embedded.runtime.applets.options import Failed

if TYPE_CHECKING:
    from collections.abc import Sequence

_SPEC = re.compile(r"%([-+ #0]*)(\*|\d+)?(?:\.(\*|\d*))?(?:hh|h|ll|l|L|j|z|t)?(.)", re.DOTALL)
_WIDEST = 1 << 16


def sprintf(values: Sequence[Value]) -> str:
    """A format, and what it formats.

    Raises:
        Failed: a conversion is none.
    """
    template, rest = text(values[0]), list(values[1:])
    out: list[str] = []
    at = 0
    for match in _SPEC.finditer(template):
        out.append(template[at : match.start()])
        at = match.end()
        out.append(_one(match, rest))
    return "".join(out) + template[at:]


def _one(match: re.Match[str], rest: list[Value]) -> str:
    flags, width, precision, kind = match.groups()
    if kind == "%":
        return match.group() if len(match.group()) > 2 else "%"
    if "*" in (width, precision):
        raise Failed("%*x formats are not supported")
    spec = f"%{flags}{_bounded(width or '')}" + (f".{_bounded(precision)}" if precision is not None else "")
    value = rest.pop(0) if rest else None
    if kind == "s":
        return (spec + "s") % text(value)
    if kind == "c":
        char = chr(int(value) & 0xFF) if isinstance(value, float) else text(value)[:1]
        return (f"%{flags}{_bounded(width or '')}s") % char
    amount = number(value)
    if kind in "di":
        return (spec + "d") % _whole(amount)
    if kind in "oxXu":
        unsigned = _whole(amount) & 0xFFFFFFFF
        return (spec.replace("#", "") + kind.replace("u", "d")) % unsigned if kind != "x" else (
            (spec + kind) % unsigned)  # fmt: skip
    if kind in "eEfFgGaA":
        return (spec + (kind if kind not in "aA" else "g")) % amount
    raise Failed("Invalid format specifier")


def _bounded(digits: str) -> str:
    """A width or precision: none that would fill the machine's memory."""
    return str(min(int(digits[:9]), _WIDEST)) if digits.isdigit() else ""


def _whole(value: float) -> int:
    if value != value or abs(value) >= 2.0**63:  # noqa: PLR0124 (NaN)
        return -(2**63)
    return int(value)
