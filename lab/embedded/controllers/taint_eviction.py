"""Taint eviction: pods leave a node with a `NoExecute` taint, at once or when their toleration ends.

Follows `pkg/controller/tainteviction` of v1.36.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.api.errors import ApiError
from lab.embedded.api.events import EventRecorder
from lab.embedded.api.interface import DeleteOptions
from lab.embedded.objects.disruption import mark_disrupted
from lab.embedded.objects.meta import is_deleting, name_of, namespace_of, uid_of
from lab.embedded.objects.taints import toleration_seconds, untolerated

if TYPE_CHECKING:
    from lab.embedded.api.interface import Api, WatchEvent
    from lab.embedded.clock.agenda import Agenda, Timer
    from lab.embedded.controllers.cache import Cache

Json = dict[str, Any]
_PRIORITY = 2


class TaintEvictionController:
    """Deletes pods that do not tolerate their node any more."""

    def __init__(self, api: Api, agenda: Agenda, nodes: Cache, pods: Cache) -> None:
        self._api = api
        self._agenda = agenda
        self._nodes = nodes
        self._pods = pods
        self._taints: dict[str, list[Json]] = {}
        self._pending: dict[str, Timer] = {}
        self._recorder = EventRecorder(api, agenda, "taint-eviction-controller")

    def start(self) -> None:
        """Begin to work."""
        self._nodes.watch(self._node_changed)
        self._pods.watch(self._pod_changed)

    def _node_changed(self, event: WatchEvent, _: Json | None) -> None:
        name = name_of(event.object)
        taints = [each for each in event.object["spec"].get("taints") or () if each["effect"] == "NoExecute"]
        if event.type == "DELETED":
            taints = []
        before = self._taints.get(name, [])
        if taints == before:
            return
        self._taints[name] = taints
        for pod in self._pods.everything():
            if pod["spec"].get("nodeName") == name:
                self._judge(pod)

    def _pod_changed(self, event: WatchEvent, before: Json | None) -> None:
        pod = event.object
        if event.type == "DELETED" or is_deleting(pod):
            timer = self._pending.pop(uid_of(pod), None)
            if timer is not None:
                timer.cancel()
            return
        node = pod["spec"].get("nodeName")
        moved = before is None or before["spec"] != pod["spec"]
        if moved and node and (self._taints.get(node) or uid_of(pod) in self._pending):
            self._judge(pod)

    def _judge(self, pod: Json) -> None:
        uid = uid_of(pod)
        taints = self._taints.get(pod["spec"]["nodeName"]) or []
        tolerations = pod["spec"].get("tolerations") or []
        if is_deleting(pod):
            return
        if not taints:
            self._cancel(pod)
            return
        if untolerated(taints, tolerations, "NoExecute") is not None:
            self._cancel(pod, silently=True)
            self._evict(uid)
            return
        seconds = toleration_seconds(taints, tolerations)
        if seconds is None:
            self._cancel(pod)
        elif uid not in self._pending:
            self._pending[uid] = self._agenda.call_after(seconds, lambda: self._evict(uid), _PRIORITY)

    def _cancel(self, pod: Json, *, silently: bool = False) -> None:
        timer = self._pending.pop(uid_of(pod), None)
        if timer is None:
            return
        timer.cancel()
        if not silently:
            text = f"Cancelling deletion of Pod {namespace_of(pod)}/{name_of(pod)}"
            self._recorder.record(pod, "Normal", "TaintManagerEviction", text)

    def _evict(self, uid: str) -> None:
        self._pending.pop(uid, None)
        pod = self._pods.by_uid(uid)
        if pod is None or is_deleting(pod):
            return
        text = f"Marking for deletion Pod {namespace_of(pod)}/{name_of(pod)}"
        self._recorder.record(pod, "Normal", "TaintManagerEviction", text)
        reason, why = "DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint"
        now = self._agenda.now()

        def change(obj: Json) -> None:
            mark_disrupted(obj, reason, why, now)

        try:
            self._api.update_status("pods", pod, change)
            self._api.delete("pods", namespace_of(pod), name_of(pod), DeleteOptions(uid=uid))
        except ApiError as error:
            if error.code not in {404, 409}:
                raise
