"""Time on a real cluster: the host's, for want of a better one; waiting is really waiting."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(frozen=True)
class RealClock:
    """The clock of a cluster whose time nobody can move."""

    skips: bool = False

    def now(self) -> float:
        """See `ClusterClock.now`."""
        return time.time()

    def wait(self, seconds: float) -> None:
        """See `ClusterClock.wait`."""
        time.sleep(seconds)
