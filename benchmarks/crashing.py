"""310 s of crash loop in the embedded cluster, without a socket: wall time against cluster time."""

from __future__ import annotations

from benchmarks.measure import Ratio, seconds
from lab.embedded.cluster import Cluster

SECONDS = 310.0
"""Cluster time: the restarts after 0, 10, 20, 40, 80 and 160 s of back-off lie in it."""

_POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "crashing"},
    "spec": {
        "containers": [
            {"name": "app", "image": "busybox:1.36", "command": ["sh", "-c", "echo start; sleep 1; exit 1"]}
        ]
    },
}


def measure(rounds: int = 5) -> Ratio:
    """The fastest of some runs is the least disturbed one; a run's course is always the same."""
    runs = [_run() for _ in range(rounds)]
    wall, callbacks, restarts = min(runs)
    note = f"{callbacks / wall:,.0f} callbacks a second, {restarts} restarts"
    return Ratio(
        "310 s of crash loop, in-process", wall, SECONDS, "the same time in a real cluster", note=note
    )


def _run() -> tuple[float, int, int]:
    cluster = Cluster()
    cluster.api.create("pods", "default", _POD)
    agenda = cluster.agenda
    callbacks = 0

    def pass_time() -> None:
        nonlocal callbacks
        callbacks = agenda.advance(SECONDS)

    wall = seconds(pass_time)
    pod = cluster.api.get("pods", "default", "crashing")
    restarts = int(pod["status"]["containerStatuses"][0]["restartCount"])
    cluster.close()
    return wall, callbacks, restarts
