"""One thing that is wrong in a text, and where."""

from __future__ import annotations

from dataclasses import dataclass, field


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
    path: str = field(default="", compare=False)
    """Of the field, with indexes (`spec.containers[0].image`); of what lacks one, where one is missing."""
