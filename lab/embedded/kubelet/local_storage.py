"""Disk that one pod uses beyond what it may: limits of emptyDir volumes and of ephemeral storage.

Follows `localStorageEviction` of `pkg/kubelet/eviction` (v1.36): looked at with every round of the eviction
manager, before any shortage of the node; the first limit that is exceeded is the one that is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.objects.quantities import parse_quantity

if TYPE_CHECKING:
    from lab.embedded.kubelet.pod_worker import PodWorker

Json = dict[str, Any]
_RESOURCE = "ephemeral-storage"


def exceeded(worker: PodWorker) -> str | None:
    """What the eviction of a pod says, when it uses more disk than it may; None: it does not."""
    if not worker.instances.running():
        return None
    return _volumes(worker) or _pod(worker) or _containers(worker)


def _volumes(worker: PodWorker) -> str | None:
    for volume in worker.pod["spec"].get("volumes") or ():
        limit = (volume.get("emptyDir") or {}).get("sizeLimit")
        if limit and worker.volumes.usage(volume["name"]) > parse_quantity(limit).value:
            return f'Usage of EmptyDir volume "{volume["name"]}" exceeds the limit "{limit}". '
    return None


def _pod(worker: PodWorker) -> str | None:
    """The sum counts only where every container has a limit."""
    limits = [_limit(each) for each in worker.pod["spec"]["containers"]]
    if any(each is None for each in limits):
        return None
    total = sum((parse_quantity(each).value for each in limits if each), start=parse_quantity("0").value)
    volumes = [each for each in worker.pod["spec"].get("volumes") or () if _on_disk(each)]
    used = _written(worker) + sum(worker.volumes.usage(each["name"]) for each in volumes)
    if used <= total:
        return None
    shown = limits[0] if len(limits) == 1 else f"{int(total)}"
    return f"Pod ephemeral local storage usage exceeds the total limit of containers {shown}. "


def _containers(worker: PodWorker) -> str | None:
    for instance in worker.instances.running():
        limit = _limit(instance.spec)
        if limit and instance.handle and instance.handle.disk_usage() > parse_quantity(limit).value:
            return f'Container {instance.name} exceeded its local ephemeral storage limit "{limit}". '
    return None


def _limit(container: Any) -> str | None:
    return ((container.get("resources") or {}).get("limits") or {}).get(_RESOURCE)


def _on_disk(volume: Json) -> bool:
    return "emptyDir" in volume and (volume["emptyDir"] or {}).get("medium") != "Memory"


def _written(worker: PodWorker) -> int:
    return sum(each.handle.disk_usage() for each in worker.instances.running() if each.handle)
