"""The pod garbage collector: pods whose node does not exist any more go, too.

Follows `pkg/controller/podgc`: a node's absence has to last before anything is done about it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.api.interface import Api, DeleteOptions, WatchEvent
from lab.embedded.controllers.queue import WorkQueue
from lab.embedded.objects.disruption import mark_disrupted
from lab.embedded.objects.meta import is_deleting, name_of, namespace_of, uid_of

if TYPE_CHECKING:
    from lab.embedded.clock.agenda import Agenda
    from lab.embedded.controllers.cache import Cache

Json = dict[str, Any]
QUARANTINE = 40.0
"""Seconds a node has to be missing."""


class PodGarbageCollector:
    """Deletes the pods of nodes that were deleted."""

    def __init__(self, api: Api, agenda: Agenda, nodes: Cache, pods: Cache) -> None:
        self._api = api
        self._agenda = agenda
        self._nodes = nodes
        self._pods = pods
        self._queue = WorkQueue(agenda, self._sync)

    def start(self) -> None:
        """Begin to work."""
        self._nodes.watch(self._node_changed)
        self._pods.watch(self._pod_changed)

    def _node_changed(self, event: WatchEvent, _: Json | None) -> None:
        if event.type == "DELETED":
            self._queue.add(name_of(event.object), QUARANTINE)

    def _pod_changed(self, event: WatchEvent, before: Json | None) -> None:
        """A pod may name a node that never was."""
        node = event.object["spec"].get("nodeName")
        known = before is not None and before["spec"].get("nodeName") == node
        if not node or known or event.type == "DELETED":
            return
        if self._api.find("nodes", None, node) is None:
            self._queue.add(node, QUARANTINE)

    def _sync(self, node: str) -> None:
        if self._api.find("nodes", None, node) is not None:
            return
        now = self._agenda.now()
        message = "PodGC: node no longer exists"
        for pod in self._pods.everything():
            if pod["spec"].get("nodeName") != node:
                continue
            if not is_deleting(pod):
                self._api.update_status(
                    "pods", pod, lambda obj: mark_disrupted(obj, "DeletionByPodGC", message, now)
                )
            options = DeleteOptions(grace_period=0, uid=uid_of(pod))
            self._api.delete("pods", namespace_of(pod), name_of(pod), options)
