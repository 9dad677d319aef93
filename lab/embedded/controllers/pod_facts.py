"""What controllers read from a pod: whether it counts, is ready or available, and which goes first."""

from __future__ import annotations

from typing import Any

from lab.embedded.objects.meta import annotations_of, is_deleting
from lab.embedded.objects.times import parse_time

Json = dict[str, Any]
_COST = "controller.kubernetes.io/pod-deletion-cost"


def is_active(pod: Json) -> bool:
    """Whether a pod counts: neither ended nor on its way out."""
    return pod.get("status", {}).get("phase") not in {"Succeeded", "Failed"} and not is_deleting(pod)


def is_terminating(pod: Json) -> bool:
    """Whether a pod is on its way out and something of it may still run."""
    return is_deleting(pod) and pod.get("status", {}).get("phase") not in {"Succeeded", "Failed"}


def condition(obj: Json, kind: str) -> Json | None:
    """A condition of an object by type."""
    return next(
        (each for each in obj.get("status", {}).get("conditions") or () if each.get("type") == kind), None
    )


def is_ready(pod: Json) -> bool:
    """Whether the pod's Ready condition holds."""
    found = condition(pod, "Ready")
    return found is not None and found["status"] == "True"


def available_in(pod: Json, minimum: int, now: float) -> float | None:
    """Seconds until a ready pod counts as available (0: it does); None while it is not ready."""
    found = condition(pod, "Ready")
    if found is None or found["status"] != "True":
        return None
    return max(0.0, parse_time(found["lastTransitionTime"]) + minimum - now) if minimum else 0.0


def deletion_rank(pod: Json, related: int) -> tuple[Any, ...]:
    """Sort key: the first are deleted first. `related`: pods of the same owner's kin on the same node."""
    status = pod.get("status", {})
    phase = {"Pending": 0, "Unknown": 1, "Running": 2}.get(status.get("phase", "Pending"), 2)
    ready = condition(pod, "Ready")
    since = parse_time(ready["lastTransitionTime"]) if ready and ready["status"] == "True" else 0.0
    restarts = max((each.get("restartCount", 0) for each in status.get("containerStatuses") or ()), default=0)
    created = parse_time(pod["metadata"]["creationTimestamp"])
    assigned = bool(pod["spec"].get("nodeName"))
    return (assigned, phase, is_ready(pod), _deletion_cost(pod), -related, -since, -restarts, -created)


def _deletion_cost(pod: Json) -> int:
    try:
        return int(annotations_of(pod).get(_COST, "0"))
    except ValueError:
        return 0
