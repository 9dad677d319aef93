"""The scheduler: binds pods to nodes, and says why it cannot.

A pod that fits nowhere waits until a node changes or a pod frees something, at the latest five minutes
(`flushUnschedulablePodsLeftover`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.api.events import SeriesRecorder
from lab.embedded.controllers.placing.filters import Filters, Refusal, failure_message
from lab.embedded.controllers.placing.nodes import NodeState, Surroundings, add_pod
from lab.embedded.controllers.placing.pod_affinity import is_sociable
from lab.embedded.controllers.placing.scores import best
from lab.embedded.controllers.queue import WorkQueue
from lab.embedded.objects.meta import is_deleting, labels_of, name_of, namespace_of, uid_of
from lab.embedded.objects.times import format_time

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lab.embedded.api.interface import WatchEvent
    from lab.embedded.api.verbs import ApiMachinery
    from lab.embedded.clock.agenda import Agenda
    from lab.embedded.controllers.cache import Cache

Json = dict[str, Any]
_NAME = "default-scheduler"
_LEFTOVER = 300.0


class Scheduler:
    """Schedules the pods that ask for `default-scheduler`."""

    def __init__(self, api: ApiMachinery, agenda: Agenda, pods: Cache, nodes: Cache) -> None:
        self._api = api
        self._agenda = agenda
        self._pods = pods
        self._nodes = nodes
        self._states: dict[str, NodeState] = {}
        self._stale: set[str] = set()
        self._on_node: dict[str, dict[str, Json]] = {}
        self._sociable: dict[str, str] = {}
        self._unschedulable: dict[str, None] = {}
        self._recorder = SeriesRecorder(api, agenda, _NAME, f"{_NAME}-podlab")
        self._queue = WorkQueue(agenda, self._schedule)

    def start(self) -> None:
        """Begin to work."""
        self._nodes.watch(self._node_changed)
        self._pods.watch(self._pod_changed)

    def _node_changed(self, event: WatchEvent, _: Json | None) -> None:
        self._stale.add(name_of(event.object))
        if event.type == "DELETED":
            self._states.pop(name_of(event.object), None)
        else:
            held = self._on_node.setdefault(name_of(event.object), {})
            self._states[name_of(event.object)] = NodeState(event.object, held=held)
        self._retry_waiting()

    def _pod_changed(self, event: WatchEvent, before: Json | None) -> None:
        pod, uid = event.object, uid_of(event.object)
        node = pod["spec"].get("nodeName")
        if node:
            self._count(pod, node, gone=event.type == "DELETED" or _ended(pod))
        elif event.type == "DELETED" or is_deleting(pod):
            self._unschedulable.pop(uid, None)
        elif before is None or before["spec"] != pod["spec"]:
            self._queue.add(uid)

    def _count(self, pod: Json, node: str, *, gone: bool) -> None:
        held, uid = self._on_node.setdefault(node, {}), uid_of(pod)
        if gone:
            self._sociable.pop(uid, None)
            if held.pop(uid, None) is not None:
                self._stale.add(node)
                self._retry_waiting()
            return
        before = held.get(uid)
        held[uid] = pod
        if before is None:
            if is_sociable(pod):
                self._sociable[uid] = node
            if node in self._states and node not in self._stale:
                add_pod(self._states[node], pod)
        if before is not None and is_deleting(pod) != is_deleting(before):
            self._stale.add(node)
        if before is None or labels_of(before) != labels_of(pod) or is_deleting(pod) != is_deleting(before):
            self._retry_waiting(_minds_other_pods)

    def _retry_waiting(self, which: Callable[[Json], bool] | None = None) -> None:
        """Try again the pods that fitted nowhere, or only those that a change of this kind could help.

        The one of highest priority comes first, else who waited longest (`queuesort.PrioritySort`).
        """
        for uid in sorted(self._unschedulable, key=lambda uid: -self._priority(uid)):
            pod = self._pods.by_uid(uid) if which is not None else None
            if which is None or (pod is not None and which(pod)):
                del self._unschedulable[uid]
                self._queue.add(uid)

    def _priority(self, uid: str) -> int:
        pod = self._pods.by_uid(uid)
        return int(pod["spec"].get("priority") or 0) if pod is not None else 0

    def _fresh_states(self) -> list[NodeState]:
        for name in sorted(self._stale & set(self._states)):
            held = self._on_node.setdefault(name, {})
            state = self._states[name] = NodeState(self._states[name].node, held=held)
            for pod in self._on_node.get(name, {}).values():
                add_pod(state, pod)
        self._stale.clear()
        return list(self._states.values())

    def _schedule(self, uid: str) -> None:
        pod = self._pods.by_uid(uid)
        if pod is None or pod["spec"].get("nodeName") or is_deleting(pod):
            return
        if pod["spec"].get("schedulerName", _NAME) != _NAME or pod["spec"].get("schedulingGates"):
            return
        around = self._surroundings()
        filters = Filters(pod, around)
        refusals: list[Refusal] = []
        feasible = []
        for state in around.states:
            why = filters.refusal(state)
            if why is None:
                feasible.append(state)
            else:
                refusals.append(why)
        if feasible:
            self._bind(pod, best(pod, feasible, around))
        else:
            self._refuse(pod, failure_message(refusals))

    def _surroundings(self) -> Surroundings:
        states = self._fresh_states()
        sociable = [
            (self._on_node[node][uid], self._states[node])
            for uid, node in self._sociable.items()
            if node in self._states
        ]
        return Surroundings(states, sociable, self._namespace_labels)

    def _namespace_labels(self, name: str) -> Mapping[str, str]:
        namespace = self._api.find("namespaces", None, name)
        return labels_of(namespace) if namespace is not None else {}

    def _bind(self, pod: Json, state: NodeState) -> None:
        node = name_of(state.node)
        body = {
            "apiVersion": "v1",
            "kind": "Binding",
            "metadata": {"name": name_of(pod), "namespace": namespace_of(pod), "uid": uid_of(pod)},
            "target": {"apiVersion": "v1", "kind": "Node", "name": node},
        }
        self._api.create_subresource("pods", namespace_of(pod), name_of(pod), "binding", body)
        self._unschedulable.pop(uid_of(pod), None)
        self._count(pod, node, gone=False)
        note = f"Successfully assigned {namespace_of(pod)}/{name_of(pod)} to {node}"
        self._recorder.record(pod, "Normal", "Scheduled", "Binding", note)

    def _refuse(self, pod: Json, message: str) -> None:
        now = format_time(self._agenda.now())

        def change(obj: Json) -> None:
            status = obj["status"]
            old = next(
                (each for each in status.get("conditions") or () if each["type"] == "PodScheduled"), None
            )
            others = [each for each in status.get("conditions") or () if each["type"] != "PodScheduled"]
            condition = {
                "type": "PodScheduled",
                "status": "False",
                "lastProbeTime": None,
                "lastTransitionTime": old["lastTransitionTime"] if old and old["status"] == "False" else now,
                "reason": "Unschedulable",
                "message": message,
            }
            status["conditions"] = [*others, condition]

        self._recorder.record(pod, "Warning", "FailedScheduling", "Scheduling", message)
        self._api.update_status("pods", pod, change)
        self._unschedulable[uid_of(pod)] = None
        self._queue.add(uid_of(pod), _LEFTOVER)


def _minds_other_pods(pod: Json) -> bool:
    return is_sociable(pod) or bool(pod["spec"].get("topologySpreadConstraints"))


def _ended(pod: Json) -> bool:
    return pod.get("status", {}).get("phase") in {"Succeeded", "Failed"}
