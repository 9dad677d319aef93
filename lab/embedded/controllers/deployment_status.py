"""The status of a Deployment: counters, Available, Progressing and the progress deadline.

Follows `pkg/controller/deployment/progress.go` and `sync.go` (calculateStatus).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from lab.embedded.controllers import rolling
from lab.embedded.objects.copying import copy_json
from lab.embedded.objects.meta import name_of, uid_of
from lab.embedded.objects.times import format_time, parse_time

if TYPE_CHECKING:
    from lab.embedded.api.interface import Api

Json = dict[str, Any]
_NO_DEADLINE = 2**31 - 1


class Progress(Struct, frozen=True):
    """What the sync did that Progressing tells of: the new ReplicaSet made or found, or a pause."""

    created: str = ""
    found: str = ""
    paused: bool = False


def _condition(conditions: list[Json], kind: str) -> Json | None:
    return next((each for each in conditions if each["type"] == kind), None)


def _set(conditions: list[Json], kind: str, status: str, reason: str, message: str, now: float) -> None:
    """`SetDeploymentCondition`: the same status and reason change nothing."""
    old = _condition(conditions, kind)
    if old is not None and old["status"] == status and old["reason"] == reason:
        return
    transition = old["lastTransitionTime"] if old and old["status"] == status else format_time(now)
    if old is not None:
        conditions.remove(old)
    conditions.append(
        {
            "type": kind,
            "status": status,
            "lastUpdateTime": format_time(now),
            "lastTransitionTime": transition,
            "reason": reason,
            "message": message,
        }
    )


def _counters(deployment: Json, sets: list[Json], new: Json | None) -> Json:
    def total(key: str) -> int:
        return sum(each.get("status", {}).get(key, 0) for each in sets)

    wanted = sum(each["spec"].get("replicas", 1) for each in sets)
    counters = {
        "observedGeneration": deployment["metadata"].get("generation", 1),
        "replicas": total("replicas"),
        "updatedReplicas": new.get("status", {}).get("replicas", 0) if new else 0,
        "readyReplicas": total("readyReplicas"),
        "availableReplicas": total("availableReplicas"),
        "unavailableReplicas": max(0, wanted - total("availableReplicas")),
    }
    going = total("terminatingReplicas")
    return {key: value for key, value in counters.items() if value} | {"terminatingReplicas": going}


def _complete(deployment: Json, counters: Json) -> bool:
    wanted = deployment["spec"].get("replicas", 1)
    return all(counters.get(key, 0) == wanted for key in ("updatedReplicas", "replicas", "availableReplicas"))


def is_complete(deployment: Json) -> bool:
    """Whether the rollout of the present template was seen to be over."""
    status = deployment.get("status") or {}
    seen = status.get("observedGeneration", 0) >= deployment["metadata"].get("generation", 1)
    return bool(seen and _complete(deployment, status))


def _progressing(old: Json, counters: Json) -> bool:
    def grown(key: str) -> bool:
        return bool(counters.get(key, 0) > old.get(key, 0))

    old_old = old.get("replicas", 0) - old.get("updatedReplicas", 0)
    new_old = counters.get("replicas", 0) - counters.get("updatedReplicas", 0)
    return any(map(grown, ("updatedReplicas", "readyReplicas", "availableReplicas"))) or new_old < old_old


def update_status(
    api: Api, now: float, deployment: Json, sets: list[Json], new: Json | None, progress: Progress
) -> float | None:
    """Write the status; returns after how many seconds the deadline is to be looked at, or None."""
    result: list[float] = []

    def change(obj: Json) -> None:
        old = obj.get("status") or {}
        counters = _counters(obj, sets, new)
        conditions: list[Json] = copy_json(old.get("conditions") or [])
        _availability(obj, counters, conditions, now)
        name = name_of(new) if new is not None else name_of(obj)
        _progress(obj, old, counters, conditions, name, progress, now)
        _replica_failure(sets, new, conditions, now)
        kept = {key: old[key] for key in ("collisionCount",) if key in old}
        obj["status"] = counters | kept | {"conditions": conditions}
        wait = _deadline_wait(obj, counters, conditions, now)
        if wait is not None:
            result.append(wait)

    api.update_status("deployments.apps", deployment, change)
    return result[0] if result else None


def _availability(deployment: Json, counters: Json, conditions: list[Json], now: float) -> None:
    wanted = deployment["spec"].get("replicas", 1)
    limits = rolling.bounds(deployment)
    if counters.get("availableReplicas", 0) >= wanted - limits.unavailable:
        message = "Deployment has minimum availability."
        _set(conditions, "Available", "True", "MinimumReplicasAvailable", message, now)
    else:
        message = "Deployment does not have minimum availability."
        _set(conditions, "Available", "False", "MinimumReplicasUnavailable", message, now)


def _progress(
    deployment: Json,
    old: Json,
    counters: Json,
    conditions: list[Json],
    name: str,
    progress: Progress,
    now: float,
) -> None:
    deadline = deployment["spec"].get("progressDeadlineSeconds", 600)
    if deadline >= _NO_DEADLINE:
        return
    current = _condition(conditions, "Progressing")
    if progress.paused:
        _set(conditions, "Progressing", "Unknown", "DeploymentPaused", "Deployment is paused", now)
        return
    if current is not None and current["reason"] == "DeploymentPaused":
        _set(conditions, "Progressing", "Unknown", "DeploymentResumed", "Deployment is resumed", now)
        return
    if progress.created:
        text = f'Created new replica set "{progress.created}"'
        _set(conditions, "Progressing", "True", "NewReplicaSetCreated", text, now)
        return
    if current is None and progress.found:
        text = f'Found new replica set "{progress.found}"'
        _set(conditions, "Progressing", "True", "FoundNewReplicaSet", text, now)
        return
    settled = counters.get("replicas", 0) == counters.get("updatedReplicas", 0)
    if settled and current is not None and current["reason"] == "NewReplicaSetAvailable":
        return
    if _complete(deployment, counters):
        text = f'ReplicaSet "{name}" has successfully progressed.'
        _set(conditions, "Progressing", "True", "NewReplicaSetAvailable", text, now)
    elif _progressing(old, counters):
        _advance(conditions, name, now)
    elif current is not None and _timed_out(current, deadline, now):
        text = f'ReplicaSet "{name}" has timed out progressing.'
        _set(conditions, "Progressing", "False", "ProgressDeadlineExceeded", text, now)


def _advance(conditions: list[Json], name: str, now: float) -> None:
    """Progress was made: the condition's update time is what the deadline counts from."""
    current = _condition(conditions, "Progressing")
    text = f'ReplicaSet "{name}" is progressing.'
    if current is not None and current["status"] == "True" and current["reason"] == "ReplicaSetUpdated":
        current |= {"lastUpdateTime": format_time(now), "message": text}
    else:
        _set(conditions, "Progressing", "True", "ReplicaSetUpdated", text, now)


def _timed_out(current: Json, deadline: int, now: float) -> bool:
    if current["reason"] in {"NewReplicaSetAvailable", "DeploymentPaused"}:
        return False
    if current["reason"] == "ProgressDeadlineExceeded":
        return True
    return parse_time(current["lastUpdateTime"]) + deadline < now


def _replica_failure(sets: list[Json], new: Json | None, conditions: list[Json], now: float) -> None:
    failures = [
        each
        for owner in ([new] if new else []) + [one for one in sets if not new or uid_of(one) != uid_of(new)]
        for each in owner.get("status", {}).get("conditions") or ()
        if each["type"] == "ReplicaFailure"
    ]
    if failures:
        _set(conditions, "ReplicaFailure", "True", failures[0]["reason"], failures[0]["message"], now)
        return
    conditions[:] = [each for each in conditions if each["type"] != "ReplicaFailure"]


def _deadline_wait(deployment: Json, counters: Json, conditions: list[Json], now: float) -> float | None:
    """Seconds until an unfinished rollout may have timed out (`requeueStuckDeployment`)."""
    current = _condition(conditions, "Progressing")
    deadline = deployment["spec"].get("progressDeadlineSeconds", 600)
    if current is None or deployment["spec"].get("paused") or deadline >= _NO_DEADLINE:
        return None
    if _complete(deployment, counters) or current["reason"] == "ProgressDeadlineExceeded":
        return None
    # a second more, because the timestamps it is compared with are whole seconds
    began: str = current["lastUpdateTime"]
    return max(0.0, parse_time(began) + float(deadline) - now) + 1.0
