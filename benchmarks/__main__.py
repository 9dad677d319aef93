"""`python -m benchmarks [--json] [NAME…]`: takes the figures one after another and prints them in a table.

Every figure is bounded in time; all of them take less than two minutes on two idle cores.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import TYPE_CHECKING

from benchmarks import clusters, crashing, fleet, proving, responsive, starting
from benchmarks.measure import Figure, table

if TYPE_CHECKING:
    from collections.abc import Callable

KNOWN_TEXT = "http-probe"
"""The first exercise of the catalogue: on screen as soon as the list is."""

MEASUREMENTS: dict[str, Callable[[], list[Figure]]] = {
    "ready": lambda: clusters.measure(os.environ),
    "crashing": lambda: [crashing.measure()],
    "fleet": lambda: [*fleet.measure()],
    "help": lambda: [starting.measure_help()],
    "paint": lambda: [starting.measure_paint(KNOWN_TEXT)],
    "keys": responsive.measure,
    "proof": lambda: [proving.measure()],
}


def main(arguments: list[str] | None = None) -> int:
    """Measure what was named, or all; the table or JSON goes to stdout, what is being done to stderr."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measured side by side, as ratios."
    )
    parser.add_argument("--json", action="store_true", help="write the figures as JSON")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of: {', '.join(MEASUREMENTS)}")
    chosen = parser.parse_args(arguments)
    unknown = [name for name in chosen.names if name not in MEASUREMENTS]
    if unknown:
        parser.error(f"there is no measurement {unknown[0]!r}; there are: {', '.join(MEASUREMENTS)}")
    # A user's Python keeps the bytecode of what it imported; one that may not would be measured compiling.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    figures: list[Figure] = []
    for name in chosen.names or MEASUREMENTS:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        figures += MEASUREMENTS[name]()
    print(json.dumps([figure.fields() for figure in figures], indent=2) if chosen.json else table(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
