"""How a process that only hosts a cluster collects its garbage.

A cluster is many small objects that live long. With Python's usual thresholds the collector looks at all of
them again and again, so that a pod costs more the more pods there are; here it looks less often. A process
that does other things beside keeps its own ways: nothing calls this but the processes that serve.
"""

from __future__ import annotations

import gc

THRESHOLDS = (50_000, 20, 50)
"""New containers until the youngest are looked at, and how often that is until the older ones are."""


def tune() -> None:
    """Leave what is there for good, and look at the rest less often."""
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
