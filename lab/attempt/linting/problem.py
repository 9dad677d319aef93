"""One thing that is wrong in a text, and where."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Problem:
    """Ordered as they stand in the text."""

    line: int
    """1-based."""
    column: int
    """0-based."""
    what: str
    """One sentence: `unknown field livenesProbe`."""
    remedy: str = ""
    """`did you mean livenessProbe?`"""
