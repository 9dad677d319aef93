"""What the running containers of all nodes use, for the metrics pipeline (`/metrics/resource`).

Everything is read off the runtime when somebody asks; no sample is taken in between.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from lab.embedded.api.interface import ContainerUsage
from lab.embedded.objects.quantities import parse_quantity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lab.embedded.kubelet.instances import Instance
    from lab.embedded.kubelet.kubelet import Kubelet


def container_usage(kubelets: Iterable[Kubelet], begin: float) -> list[ContainerUsage]:
    """Every running container; computing time in the window that begins at `begin` (agenda seconds)."""
    return [
        ContainerUsage(
            kubelet.name, metadata["namespace"], metadata["name"], each.name,
            each.started_at, each.handle.memory_usage(), each.handle.cpu_used(begin), _limit(each),
        )
        for kubelet in kubelets
        for worker in kubelet.workers()
        if (metadata := worker.pod["metadata"])
        for each in worker.instances.running()
        if each.handle is not None
    ]  # fmt: skip


def _limit(instance: Instance) -> float:
    limits: dict[str, Any] = (instance.spec.get("resources") or {}).get("limits") or {}
    limit = limits.get("cpu")
    return math.inf if limit is None else float(parse_quantity(limit).value)
