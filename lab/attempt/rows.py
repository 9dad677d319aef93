"""Pods, events and workloads in one line each, in kubectl's own terms.

The STATUS column follows the API server's table printer (`printPod` in
pkg/printers/internalversion/printers.go): what a learner sees in the lab and in their own `kubectl get
pods` must agree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.attempt.views import EventRow, PodRow, WorkloadRow
from lab.model.times import seconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lab.model.observation import Object


def pod(obj: Object, now: float) -> PodRow:
    """A pod's row; `now` is cluster time."""
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    statuses = list(_list(status, "containerStatuses"))
    inits = list(_list(status, "initContainerStatuses"))
    sidecars = {one["name"] for one in _list(spec, "initContainers") if one.get("restartPolicy") == "Always"}
    counted = [*(one for one in inits if one.get("name") in sidecars), *statuses]
    total = len(_list(spec, "containers")) + len(sidecars)
    ready = sum(bool(one.get("ready")) and "running" in (one.get("state") or {}) for one in counted)
    status_text, initializing = _status(obj, inits, statuses, sidecars)
    restarted = inits if initializing else counted
    return PodRow(
        name=obj["metadata"]["name"],
        uid=str(obj["metadata"].get("uid", "")),
        ready=f"{ready}/{total}",
        status=status_text,
        restarts=sum(int(one.get("restartCount") or 0) for one in restarted),
        restarted=_restarted(restarted, now),
        age=age(obj, now),
        containers=tuple(one["name"] for key in ("initContainers", "containers") for one in _list(spec, key)),
        object=obj,
    )


class Cache:
    """Rows of the objects seen last: of one that did not change only the ages are made anew.

    An object did not change as long as it is the very same value: objects are never changed, only replaced.
    Those of the last look are kept alive here, so that no other can take an identity over.
    """

    def __init__(self) -> None:
        self._pods: dict[int, tuple[Object, PodRow, float]] = {}
        self._events: dict[int, tuple[Object, EventRow]] = {}

    def pods(self, objects: Iterable[Object], now: float) -> tuple[PodRow, ...]:
        """Pods in the order given."""
        before, self._pods = self._pods, {}
        for obj in objects:
            known = before.get(id(obj))
            if known is None:
                known = (obj, pod(obj, now), now)
            elif known[2] != now:
                known = (obj, _older(known[1], now - known[2]), now)
            self._pods[id(obj)] = known
        return tuple(row for _, row, _ in self._pods.values())

    def events(self, objects: Iterable[Object], now: float) -> tuple[EventRow, ...]:
        """Events, the latest last."""
        before, self._events = self._events, {}
        for obj in objects:
            known = before.get(id(obj))
            self._events[id(obj)] = (obj, event(obj, now) if known is None else _aged(known[1], now))
        return tuple(sorted((row for _, row in self._events.values()), key=lambda row: row.at))


def events(objects: Iterable[Object], now: float) -> tuple[EventRow, ...]:
    """Events, the latest last."""
    return Cache().events(objects, now)


def _older(row: PodRow, by: float) -> PodRow:
    restarted = None if row.restarted is None else row.restarted + by
    return PodRow(
        row.name,
        row.uid,
        row.ready,
        row.status,
        row.restarts,
        restarted,
        row.age + by,
        row.containers,
        row.object,
    )


def _aged(row: EventRow, now: float) -> EventRow:
    age = max(0.0, now - row.at)
    return EventRow(age, row.at, row.type, row.reason, row.object, row.message, row.count)


def event(obj: Object, now: float) -> EventRow:
    """An event's row; `now` is cluster time."""
    series = obj.get("series") or {}
    at = seconds(
        series.get("lastObservedTime")
        or obj.get("lastTimestamp")
        or obj.get("eventTime")
        or obj["metadata"].get("creationTimestamp")
    )
    about = obj.get("involvedObject") or obj.get("regarding") or {}
    return EventRow(
        age=max(0.0, now - at) if at is not None else 0.0,
        at=at or 0.0,
        type=str(obj.get("type") or "Normal"),
        reason=str(obj.get("reason") or ""),
        object=f"{str(about.get('kind', '')).lower()}/{about.get('name', '')}",
        message=str(obj.get("message") or obj.get("note") or "").strip(),
        count=int(series.get("count") or obj.get("count") or 1),
    )


def workload(obj: Object, now: float, endpoints: Sequence[Object] = ()) -> WorkloadRow:
    """A Deployment, Service or anything else in a line; `endpoints` are the Endpoints objects there are."""
    return WorkloadRow(
        kind=obj["kind"],
        name=obj["metadata"]["name"],
        summary=_summary(obj, endpoints),
        age=age(obj, now),
        object=obj,
    )


def age(obj: Object, now: float) -> float:
    """Seconds since an object was created."""
    created = seconds(obj["metadata"].get("creationTimestamp"))
    return max(0.0, now - created) if created is not None else 0.0


def _status(
    obj: Object, inits: Sequence[Object], statuses: Sequence[Object], sidecars: set[str]
) -> tuple[str, bool]:
    """The STATUS column, and whether init containers still run."""
    status = obj.get("status") or {}
    text = str(status.get("reason") or status.get("phase") or "Unknown")
    if _gated(status):
        text = "SchedulingGated"
    total = len(_list(obj.get("spec") or {}, "initContainers"))
    held = _init_status(inits, sidecars, total)
    initialized = any(
        one.get("type") == "Initialized" and one.get("status") == "True"
        for one in _list(status, "conditions")
    )
    if held:
        text = held
    if not held or initialized:
        text = _container_status(status, statuses) or text
    if obj["metadata"].get("deletionTimestamp"):
        if status.get("reason") == "NodeLost":
            text = "Unknown"
        elif status.get("phase") not in {"Succeeded", "Failed"}:
            text = "Terminating"
    return text, bool(held)


def _gated(status: Object) -> bool:
    return any(
        one.get("type") == "PodScheduled" and one.get("reason") == "SchedulingGated"
        for one in _list(status, "conditions")
    )


def _init_status(inits: Sequence[Object], sidecars: set[str], total: int) -> str:
    """`Init:…` of the first init container that is not done; empty when all are."""
    for number, one in enumerate(inits):
        state = one.get("state") or {}
        ended = state.get("terminated")
        waiting = state.get("waiting") or {}
        if ended is not None and not ended.get("exitCode"):
            continue
        if one.get("name") in sidecars and one.get("started"):
            continue
        if ended is not None:
            return f"Init:{ended.get('reason') or _exit(ended)}"
        if waiting.get("reason") and waiting["reason"] != "PodInitializing":
            return f"Init:{waiting['reason']}"
        return f"Init:{number}/{total}"
    return ""


def _container_status(status: Object, statuses: Sequence[Object]) -> str:
    """The reason of the first container that has one (the printer goes from the last to the first)."""
    text, running = "", False
    for one in reversed(statuses):
        state = one.get("state") or {}
        waiting, ended = state.get("waiting") or {}, state.get("terminated")
        if waiting.get("reason"):
            text = str(waiting["reason"])
        elif ended is not None:
            text = str(ended.get("reason") or _exit(ended))
        elif one.get("ready") and "running" in state:
            running = True
    if text == "Completed" and running:
        ready = any(
            one.get("type") == "Ready" and one.get("status") == "True" for one in _list(status, "conditions")
        )
        return "Running" if ready else "NotReady"
    return text


def _exit(ended: Object) -> str:
    return f"Signal:{ended['signal']}" if ended.get("signal") else f"ExitCode:{ended.get('exitCode', 0)}"


def _restarted(statuses: Sequence[Object], now: float) -> float | None:
    ends = [
        seconds(((one.get("lastState") or {}).get("terminated") or {}).get("finishedAt")) for one in statuses
    ]
    known = [end for end in ends if end is not None]
    return max(0.0, now - max(known)) if known else None


def _summary(obj: Object, endpoints: Sequence[Object]) -> str:
    status, spec = obj.get("status") or {}, obj.get("spec") or {}
    if obj["kind"] in {"Deployment", "ReplicaSet", "StatefulSet"}:
        return f"{status.get('readyReplicas', 0)}/{spec.get('replicas', 1)} ready"
    if obj["kind"] == "Service":
        return f"endpoints {_endpoints(obj['metadata']['name'], endpoints) or 'none'}"
    if obj["kind"] in {"ConfigMap", "Secret"}:
        return f"keys {', '.join(sorted(obj.get('data') or {})) or 'none'}"
    if obj["kind"] == "Job":
        return f"{status.get('succeeded', 0)}/{spec.get('completions', 1)} completed"
    return ""


def _endpoints(service: str, endpoints: Sequence[Object]) -> str:
    found = [
        f"{address.get('ip')}:{port.get('port')}"
        for one in endpoints
        if one["metadata"]["name"] == service
        for subset in _list(one, "subsets")
        for address in _list(subset, "addresses")
        for port in _list(subset, "ports")
    ]
    return ", ".join(sorted(found))


def _list(value: Any, key: str) -> list[Any]:
    found = value.get(key)
    return found if isinstance(found, list) else []
