"""The composition root of the embedded cluster: everything is put together here, and nowhere else.

`Cluster` is the cluster itself: synchronous, on the caller's thread, in its own time. `Driver` gives it a
thread of its own, paced by the host's clock or standing still; `serve` puts it behind a socket for kubectl.
"""

from lab.embedded.cluster.composition import Cluster
from lab.embedded.cluster.driver import Driver
from lab.embedded.cluster.heap import tune as tune_heap
from lab.embedded.cluster.journal import Journal, JournalError, read_journal, set_aside
from lab.embedded.cluster.serving import PortTaken, Served, serve, serve_as_before

__all__ = [
    "Cluster", "Driver", "Journal", "JournalError", "PortTaken", "Served", "read_journal", "serve",
    "serve_as_before", "set_aside", "tune_heap",
]  # fmt: skip
