"""How soon a key is answered while 200 pods churn and a log streams 1,000 lines a second, and memory then.

Beside it stands an empty Textual application that is given the same keys. A key counts as answered when
what it changed has been drawn. Both run in processes of their own, without a terminal that
could be slow, and report on stdout.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from benchmarks.measure import Figure, Missing, Ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY_TITLE = "a key answered, 95th percentile, 200 pods churning, 1,000 log lines a second"
MEMORY_TITLE = "memory after an hour of churn, over that after its first quarter"
EMPTY = "an empty Textual application, the same keys"
LIMIT = 120.0
"""Host seconds a side may take."""


def measure() -> list[Figure]:
    """Both figures."""
    try:
        ours, beside = _side("benchmarks.churning"), _side("benchmarks.answering")
    except (subprocess.SubprocessError, ValueError) as error:
        return [Missing(KEY_TITLE, str(error)), Missing(MEMORY_TITLE, str(error))]
    note = f"median {ours['median']:.0f} ms, worst {ours['worst']:.0f} ms, {ours['keys']:.0f} keys"
    return [
        Ratio(KEY_TITLE, ours["p95"], beside["p95"], EMPTY, "ms", note),
        Ratio(
            MEMORY_TITLE, ours["last"], ours["quarter"], "the same, a quarter of an hour in", "MB",
            f"{ours['views']:.0f} views of {ours['changes']:.0f} changes",
        ),
    ]  # fmt: skip


def _side(module: str) -> Mapping[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", module], capture_output=True, text=True, timeout=LIMIT, check=True
    )
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))
