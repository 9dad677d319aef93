"""The row of a pod in `kubectl get pods`, as `printPod` (`pkg/printers/internalversion`) makes it."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

from lab.embedded.server.ages import age

Object = dict[str, Any]


class _Tally(Struct):
    """What is counted while the containers are gone through."""

    reason: str
    restarts: int = 0
    last_restart: str = ""
    ready: int = 0
    sidecars: dict[str, bool] = field(default_factory=dict)

    def count(self, status: Object) -> None:
        self.restarts += status.get("restartCount", 0)
        ended = ((status.get("lastState") or {}).get("terminated") or {}).get("finishedAt") or ""
        self.last_restart = max(self.last_restart, ended)


def pod_cells(pod: Object, now: float) -> list[Any]:
    """Name, ready, status, restarts and age, then the wide columns; `now` in agenda seconds."""
    spec, status = pod.get("spec", {}), pod.get("status", {})
    tally = _tally(pod)
    total = len(spec.get("containers", ())) + sum(tally.sidecars.values())
    restarts = str(tally.restarts)
    if tally.restarts and tally.last_restart:
        restarts = f"{tally.restarts} ({age(tally.last_restart, now)} ago)"
    ips = status.get("podIPs") or ()
    return [
        pod["metadata"]["name"],
        f"{tally.ready}/{total}",
        _final_reason(pod, tally.reason),
        restarts,
        age(pod["metadata"].get("creationTimestamp"), now),
        ips[0]["ip"] if ips else status.get("podIP") or "<none>",
        spec.get("nodeName") or "<none>",
        status.get("nominatedNodeName") or "<none>",
        _gates(spec, status),
    ]


def pod_status(pod: Object) -> str:
    """The STATUS column."""
    return _final_reason(pod, _tally(pod).reason)


def _tally(pod: Object) -> _Tally:
    status = pod.get("status", {})
    tally = _Tally(status.get("reason") or status.get("phase") or "")
    if _condition(status, "PodScheduled").get("reason") == "SchedulingGated":
        tally.reason = "SchedulingGated"
    init = pod.get("spec", {}).get("initContainers", ())
    tally.sidecars = {each["name"]: each.get("restartPolicy") == "Always" for each in init}
    sidecars = _Tally("")
    initializing = _count_init(status, tally, sidecars, len(init))
    if not initializing or _condition(status, "Initialized").get("status") == "True":
        tally.restarts, tally.last_restart = sidecars.restarts, sidecars.last_restart
        _count_containers(status, tally)
    return tally


def _count_init(status: Object, tally: _Tally, sidecars: _Tally, total: int) -> bool:
    """Go through the init containers; returns whether the pod is still initializing."""
    for index, container in enumerate(status.get("initContainerStatuses") or ()):
        tally.count(container)
        state = container.get("state") or {}
        terminated, waiting = state.get("terminated"), state.get("waiting") or {}
        sidecar = tally.sidecars.get(container["name"], False)
        if sidecar:
            sidecars.count(container)
        if terminated is not None and terminated.get("exitCode") == 0:
            continue
        if sidecar and container.get("started"):
            tally.ready += bool(container.get("ready"))
            continue
        if terminated is not None:
            tally.reason = f"Init:{_ended(terminated)}"
        elif waiting.get("reason") and waiting["reason"] != "PodInitializing":
            tally.reason = f"Init:{waiting['reason']}"
        else:
            tally.reason = f"Init:{index}/{total}"
        return True
    return False


def _count_containers(status: Object, tally: _Tally) -> None:
    running = False
    for container in reversed(status.get("containerStatuses") or ()):
        tally.count(container)
        state = container.get("state") or {}
        waiting, terminated = state.get("waiting") or {}, state.get("terminated")
        if waiting.get("reason"):
            tally.reason = waiting["reason"]
        elif terminated is not None:
            tally.reason = _ended(terminated)
        elif container.get("ready") and state.get("running") is not None:
            running = True
            tally.ready += 1
    if tally.reason == "Completed" and running:
        ready = _condition(status, "Ready").get("status") == "True"
        tally.reason = "Running" if ready else "NotReady"


def _ended(terminated: Object) -> str:
    if terminated.get("reason"):
        return str(terminated["reason"])
    if terminated.get("signal"):
        return f"Signal:{terminated['signal']}"
    return f"ExitCode:{terminated.get('exitCode', 0)}"


def _final_reason(pod: Object, reason: str) -> str:
    status = pod.get("status", {})
    if not pod["metadata"].get("deletionTimestamp"):
        return reason
    if status.get("reason") == "NodeLost":
        return "Unknown"
    return reason if status.get("phase") in {"Succeeded", "Failed"} else "Terminating"


def _condition(status: Object, kind: str) -> Object:
    return next((each for each in status.get("conditions") or () if each.get("type") == kind), {})


def _gates(spec: Object, status: Object) -> str:
    gates = spec.get("readinessGates") or ()
    if not gates:
        return "<none>"
    met = sum(_condition(status, gate["conditionType"]).get("status") == "True" for gate in gates)
    return f"{met}/{len(gates)}"
