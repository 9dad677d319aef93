"""How a figure is taken: interleaved rounds of two commands, medians, and the ratio between them.

The machine is shared and noisy, so the two sides are run alternately and never judged by a number of seconds:
what is printed is always one side over the other.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


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

    def line(self) -> str:
        """`title: 0.42 s against 0.40 s (an empty application): 1.05`."""
        ratio = self.ours / self.beside if self.beside else float("inf")
        return (
            f"{self.title}: {self.ours:.4g} {self.unit} against {self.beside:.4g} {self.unit}"
            f" ({self.beside_name}): ratio {ratio:.3g}"
        )


@dataclass(frozen=True)
class Missing:
    """A figure that could not be taken here, and what it would need."""

    title: str
    why: str

    def line(self) -> str:
        """`title: not measured: why`."""
        return f"{self.title}: not measured: {self.why}"


def seconds(action: Callable[[], object]) -> float:
    """Host seconds one call takes."""
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def side_by_side(
    ours: Callable[[], float], beside: Callable[[], float], rounds: int = 7
) -> tuple[float, float]:
    """Medians of both, measured alternately, after one unmeasured round of each."""
    ours(), beside()
    pairs = [(ours(), beside()) for _ in range(rounds)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)
