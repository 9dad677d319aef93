"""How soon a key is answered while 200 pods churn and a log streams 1,000 lines a second, and memory then.

Beside it stands an application of one line that shows the key, with the same threads working beside it. A
key is answered when the last of what it changed has been given to the terminal. Each side runs in a process
of its own, in a terminal that takes everything at once. Times are the host's: on one that is busy with other
things both sides are late, so how busy it was is told with them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import terminals
from benchmarks.measure import Figure, Missing, Ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY_TITLE = "a key answered, 95th percentile, 200 pods churning, 1,000 log lines a second"
LONG_TITLE = "a key answered in a file of 10,000 lines and more, 95th percentile"
PASTE_TITLE = "10,000 lines pasted"
MEMORY_TITLE = "memory after an hour of churn"
EMPTY = "an application of one line that shows the key, the same threads beside it"
SIZE = (40, 120)
"""Rows and columns of the terminal."""
LIMIT = 120.0
"""Host seconds a side may take."""


def measure() -> list[Figure]:
    """All figures."""
    try:
        ours, load = _side("lab"), os.getloadavg()[0]
        beside, long_file = _side("empty"), _side("long-file")
    except (subprocess.SubprocessError, ValueError) as error:
        titles = (KEY_TITLE, LONG_TITLE, PASTE_TITLE, MEMORY_TITLE)
        return [Missing(title, str(error)) for title in titles]
    return [
        Ratio(KEY_TITLE, ours["p95"], beside["p95"], EMPTY, "ms", f"{_series(ours)}, load {load:.1f}"),
        Ratio(LONG_TITLE, long_file["p95"], beside["p95"], EMPTY, "ms", _series(long_file)),
        Ratio(
            PASTE_TITLE, long_file["paste"], beside["p95"], EMPTY, "ms",
            f"{long_file['paste_cpu']:.0f} ms of computing",
        ),
        Ratio(
            MEMORY_TITLE, ours["after"], ours["before"], "the same an hour before, when it was full", "MB",
            f"{ours['views']:.0f} views of {ours['changes']:.0f} changes",
        ),
    ]  # fmt: skip


def _series(taken: Mapping[str, Any]) -> str:
    return (
        f"median {taken['median']:.0f} ms, worst {taken['worst']:.0f} ms, {taken['keys']:.0f} keys; "
        f"of computing {taken['cpu']:.0f} ms at the 95th percentile"
    )


def _side(side: str) -> Mapping[str, Any]:
    with tempfile.TemporaryDirectory(prefix="podlab-bench-") as directory:
        out = Path(directory) / "figures.json"
        terminals.run([sys.executable, "-m", "benchmarks.sides", side, str(out)], os.environ, *SIZE, LIMIT)
        return dict(json.loads(out.read_text()))
