"""The node lifecycle controller: nodes that fall silent, and the taints that follow from conditions.

Follows `pkg/controller/nodelifecycle` of v1.36. A kubelet's heartbeats are not simulated one by one (they
would be most of what an idle cluster does): a machine without power sends none from that moment on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.api.events import EventRecorder
from lab.embedded.controllers.pod_facts import condition
from lab.embedded.controllers.queue import WorkQueue
from lab.embedded.objects.machines import is_stopped
from lab.embedded.objects.meta import is_deleting, name_of, uid_of
from lab.embedded.objects.times import format_time

if TYPE_CHECKING:
    from lab.embedded.api.interface import Api, WatchEvent
    from lab.embedded.clock.agenda import Agenda
    from lab.embedded.controllers.cache import Cache

Json = dict[str, Any]
GRACE = 50.0
"""Seconds without a heartbeat after which a node's state is unknown (`--node-monitor-grace-period`)."""
PREFIX = "node.kubernetes.io/"
_UNKNOWN = ("NodeStatusUnknown", "Kubelet stopped posting node status.")
_NEVER = ("NodeStatusNeverUpdated", "Kubelet never posted node status.")
_TOLD = ("Ready", "MemoryPressure", "DiskPressure", "PIDPressure")
_PRESSURES = {
    "MemoryPressure": "memory-pressure",
    "DiskPressure": "disk-pressure",
    "PIDPressure": "pid-pressure",
    "NetworkUnavailable": "network-unavailable",
}
_HEALTH = {"False": "not-ready", "Unknown": "unreachable"}


class NodeLifecycleController:
    """Keeps conditions and taints of the nodes, and tells pods of a node that is not ready."""

    def __init__(self, api: Api, agenda: Agenda, nodes: Cache, pods: Cache) -> None:
        self._api = api
        self._agenda = agenda
        self._nodes = nodes
        self._pods = pods
        self._silent_since: dict[str, float] = {}
        self._recorder = EventRecorder(api, agenda, "node-controller")
        self._queue = WorkQueue(agenda, self._sync)

    def start(self) -> None:
        """Begin to work."""
        self._nodes.watch(self._changed)

    def _changed(self, event: WatchEvent, before: Json | None) -> None:
        node = event.object
        if event.type == "DELETED":
            self._silent_since.pop(uid_of(node), None)
            text = f"Node {name_of(node)} event: Removing Node {name_of(node)} from Controller"
            self._recorder.record(node, "Normal", "RemovingNode", text)
            return
        if before is None and event.resource_version:
            text = f"Node {name_of(node)} event: Registered Node {name_of(node)} in Controller"
            self._recorder.record(node, "Normal", "RegisteredNode", text)
        if before is not None and _is_ready(before) and not _is_ready(node):
            self._tell_pods(node)
        self._queue.add(uid_of(node))

    def _sync(self, uid: str) -> None:
        node = self._nodes.by_uid(uid)
        if node is None:
            return
        if is_stopped(node) or condition(node, "Ready") is None:
            since = self._silent_since.setdefault(uid, self._agenda.now())
            left = since + GRACE - self._agenda.now()
            if left > 0:
                self._queue.add(uid, left)
            else:
                node = self._mark_unknown(node)
        else:
            self._silent_since.pop(uid, None)
        self._taint(node)

    def _mark_unknown(self, node: Json) -> Json:
        """Nobody knows how a silent node is."""
        now = format_time(self._agenda.now())
        was_ready = _is_ready(node)

        def change(obj: Json) -> None:
            if not obj["status"].get("conditions"):
                obj["status"]["conditions"] = [_never(kind, obj, now) for kind in _TOLD]
            for each in obj["status"]["conditions"]:
                if each["status"] != "Unknown":
                    reason, message = _UNKNOWN
                    each |= {
                        "status": "Unknown", "reason": reason, "message": message, "lastTransitionTime": now,
                    }  # fmt: skip

        changed = self._api.update_status("nodes", node, change)
        if was_ready:
            text = f"Node {name_of(node)} status is now: NodeNotReady"
            self._recorder.record(node, "Normal", "NodeNotReady", text)
        return changed

    def _tell_pods(self, node: Json) -> None:
        """Pods of a node that is not ready are not ready (`MarkPodsNotReady`)."""
        now = format_time(self._agenda.now())

        def change(obj: Json) -> None:
            for each in obj["status"].get("conditions") or ():
                if each["type"] == "Ready" and each["status"] == "True":
                    each |= {"status": "False", "lastTransitionTime": now}

        for pod in self._pods.everything():
            ready = condition(pod, "Ready")
            if pod["spec"].get("nodeName") != name_of(node) or ready is None or ready["status"] != "True":
                continue
            self._api.update_status("pods", pod, change)
            self._recorder.record(pod, "Warning", "NodeNotReady", "Node is not ready")

    def _taint(self, node: Json) -> None:
        current = self._api.find("nodes", None, name_of(node))
        if current is None or is_deleting(current):
            return
        given = current["spec"].get("taints") or []
        wanted = _taints_of(current)
        others = [each for each in given if not _is_own(each)]
        kept = [each for each in given if _is_own(each) and (each["key"], each["effect"]) in wanted]
        held = {(each["key"], each["effect"]) for each in kept}
        now = format_time(self._agenda.now())
        new = [{"key": key, "effect": effect, "timeAdded": now} for key, effect in wanted - held]
        new.sort(key=lambda each: (each["effect"], each["key"]))
        if len(others) + len(kept) == len(given) and not new:
            return
        spec = {key: value for key, value in current["spec"].items() if key != "taints"}
        if taints := [*others, *kept, *new]:
            spec["taints"] = taints
        self._api.update("nodes", None, name_of(node), {**current, "spec": spec})


def _never(kind: str, node: Json, now: str) -> Json:
    """A condition of a node that no kubelet has ever told of."""
    reason, message = _NEVER
    return {
        "type": kind, "status": "Unknown", "reason": reason, "message": message,
        "lastHeartbeatTime": node["metadata"]["creationTimestamp"], "lastTransitionTime": now,
    }  # fmt: skip


def _is_ready(node: Json) -> bool:
    ready = condition(node, "Ready")
    return ready is not None and ready.get("status") == "True"


def _taints_of(node: Json) -> set[tuple[str, str]]:
    """The taints that a node's conditions, and whether it is cordoned, ask for."""
    wanted = set()
    ready = condition(node, "Ready")
    if ready is None:
        wanted.add((f"{PREFIX}not-ready", "NoSchedule"))
    elif ready.get("status") in _HEALTH:
        key = PREFIX + _HEALTH[ready["status"]]
        wanted |= {(key, "NoSchedule"), (key, "NoExecute")}
    for kind, name in _PRESSURES.items():
        found = condition(node, kind)
        if found is not None and found["status"] == "True":
            wanted.add((PREFIX + name, "NoSchedule"))
    if node["spec"].get("unschedulable"):
        wanted.add((f"{PREFIX}unschedulable", "NoSchedule"))
    return wanted


_OWN = frozenset((*_PRESSURES.values(), *_HEALTH.values(), "unschedulable"))


def _is_own(taint: Json) -> bool:
    """Whether a taint is one that this controller sets and takes away."""
    key: str = taint["key"]
    if not key.startswith(PREFIX) or key.removeprefix(PREFIX) not in _OWN:
        return False
    return bool(taint["effect"] == "NoSchedule" or key.removeprefix(PREFIX) in _HEALTH.values())
