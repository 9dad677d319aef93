"""How a figure is taken: interleaved rounds of two sides, medians, and the ratio between them.

The machine is shared and noisy, so the two sides are run alternately and never judged by a number of seconds:
what counts is always one side over the other.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Ratio:
    """One line of the report: ours, the thing beside it, and what one is over the other."""

    title: str
    ours: float
    """Median, in `unit`."""
    beside: float
    """Median, in `unit`."""
    beside_name: str
    unit: str = "s"
    note: str = ""
    """What else was seen on the way."""

    @property
    def ratio(self) -> float:
        """Ours over the thing beside it; infinite when that is nothing."""
        return self.ours / self.beside if self.beside else float("inf")

    def row(self) -> tuple[str, ...]:
        """Title, ours, beside, ratio, what it is beside and what else was seen."""
        told = f"{self.beside_name}; {self.note}" if self.note else self.beside_name
        ours, beside = (f"{value:.3g} {self.unit}" for value in (self.ours, self.beside))
        return self.title, ours, beside, f"{self.ratio:.3g}", told

    def fields(self) -> dict[str, object]:
        """For `--json`."""
        return {
            "title": self.title, "ours": self.ours, "beside": self.beside, "unit": self.unit,
            "ratio": self.ratio, "beside_name": self.beside_name, "note": self.note,
        }  # fmt: skip


@dataclass(frozen=True)
class Missing:
    """A figure that could not be taken here, and what it would need."""

    title: str
    why: str
    ours: str = ""
    """Our side, where it was measured: `0.9 s`."""

    def row(self) -> tuple[str, ...]:
        """Title, ours, nothing beside it, no ratio, and why not."""
        return self.title, self.ours or "-", "-", "-", f"not measured: {self.why}"

    def fields(self) -> dict[str, object]:
        """For `--json`."""
        return {"title": self.title, "ours": self.ours, "missing": self.why}


Figure = Ratio | Missing


def side_by_side(
    ours: Callable[[], float], beside: Callable[[], float], rounds: int = 7
) -> tuple[float, float]:
    """Medians of both, measured alternately, after one unmeasured round of each."""
    ours(), beside()
    pairs = [(ours(), beside()) for _ in range(rounds)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def seconds(action: Callable[[], object]) -> float:
    """Host seconds one call takes."""
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def table(figures: list[Figure]) -> str:
    """The figures in columns, ratios among them."""
    rows = [("what", "podlab", "beside", "ratio", "beside what"), *(figure.row() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        "  ".join([*(row[column].ljust(widths[column]) for column in range(4)), row[4]]).rstrip()
        for row in rows
    )
