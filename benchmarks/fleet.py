"""Many pods in the embedded cluster, in-process: what one costs among a thousand, and what idling costs."""

from __future__ import annotations

import gc
import time
from typing import Any

from benchmarks.measure import Ratio
from lab.embedded.cluster import Cluster, tune_heap

MANY, NODES = 1000, 10
FEW = 10
IDLE = 100
MINUTE = 60.0
"""Cluster time that passes over the idle pods: six probes each."""
LIMIT = 120
"""Cluster seconds the pods may take."""


def measure(rounds: int = 3) -> list[Ratio]:
    """CPU time of this process, which collects garbage as a serving one does; the cheapest of some rounds."""
    thresholds = gc.get_threshold()
    tune_heap()
    try:
        return _measured(rounds)
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()


def _measured(rounds: int) -> list[Ratio]:
    many = min(_to_ready(MANY, NODES)[0] for _ in range(rounds))
    few = min(_to_ready(FEW, 1)[0] for _ in range(4 * rounds))
    idle = min(_to_ready(IDLE, 1)[1] for _ in range(rounds))
    return [
        Ratio(
            f"{MANY:,} pods on {NODES} nodes to Ready, CPU a pod", many / MANY, few / FEW,
            f"a pod of {FEW} on one node", note=f"{many:.2f} s for all",
        ),
        Ratio(f"{IDLE} idle pods with probes every 10 s, CPU a minute", idle, MINUTE, "the minute"),
    ]  # fmt: skip


def _to_ready(count: int, nodes: int) -> tuple[float, float]:
    """CPU seconds until the pods are Ready, and of the minute after that."""
    cluster = Cluster(0, nodes)
    begun = time.process_time()
    cluster.api.create("deployments.apps", "default", _deployment(count))
    for _ in range(LIMIT):
        cluster.agenda.advance(1.0)
        status = cluster.api.get("deployments.apps", "default", "web").get("status") or {}
        if status.get("readyReplicas") == count:
            break
    else:
        raise RuntimeError(f"{count} pods were not Ready within {LIMIT} s of cluster time")
    ready = time.process_time()
    cluster.agenda.advance(MINUTE)
    idled = time.process_time()
    cluster.close()
    return ready - begun, idled - ready


def _deployment(count: int) -> dict[str, Any]:
    labels = {"app": "web"}
    container = {
        "name": "app",
        "image": "busybox:1.36",
        "command": ["sh", "-c", "sleep 100000"],
        "readinessProbe": {"exec": {"command": ["true"]}, "periodSeconds": 10},
    }
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {"replicas": count, "selector": {"matchLabels": labels}, "template": template},
    }
