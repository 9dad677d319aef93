"""How a cluster stands, and what time it is there, as a person reads it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lab.report import text
from lab.report.style import PLAIN, Style

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MACHINE = frozenset({"rate", "now", "began"})
"""Facts that are told in words."""


def status(first: Sequence[tuple[str, str]], facts: Mapping[str, str], style: Style = PLAIN) -> str:
    """A line each: what comes first, then what the provider knows; what is not known is left out."""
    rows = [
        *first,
        *((name, value) for name, value in facts.items() if name not in _MACHINE),
        ("cluster time", _time(facts.get("now", ""), facts.get("began", ""))),
        ("rate", _rate(facts.get("rate", ""))),
    ]
    return text.table(("", ""), [row for row in rows if row[1]], style)


def moment(now: float) -> str:
    """A moment of cluster time, `2026-01-01 00:02:10.500 UTC`; whole seconds without the zeros."""
    at = datetime.fromtimestamp(round(now, 3), UTC)
    fraction = f".{at.microsecond // 1000:03d}" if at.microsecond else ""
    return f"{at:%Y-%m-%d %H:%M:%S}{fraction} UTC"


def span(seconds: float) -> str:
    """A length of time in its two largest units: `2 min 10 s`, `3 h 4 min`, `5 d 1 h`."""
    units = [(86400, "d"), (3600, "h"), (60, "min"), (1, "s")]
    left = int(seconds)
    parts: list[tuple[int, str]] = []
    for size, name in units:
        count, left = divmod(left, size)
        if count or parts:
            parts.append((count, name))
    return " ".join(f"{count} {name}" for count, name in parts[:2] if count) or "0 s"


def _time(now: str, began: str) -> str:
    if not now:
        return ""
    age = f", {span(float(now) - float(began))} after its first start" if began else ""
    return f"{moment(float(now))}{age}; kubectl is told it as this machine's time"


def _rate(rate: str) -> str:
    if not rate:
        return ""
    value = float(rate)
    said = {0.0: "stands still", 1.0: "real time"}.get(value, f"{value:g} cluster seconds a second")
    return f"{value:g} ({said})"
