"""Events live for an hour after they were last written (`kube-apiserver --event-ttl`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.embedded.api.interface import Api, WatchEvent
from lab.embedded.controllers.queue import WorkQueue
from lab.embedded.objects.meta import key_of

if TYPE_CHECKING:
    from lab.embedded.clock.agenda import Agenda

TTL = 3600.0


class EventExpiry:
    """Deletes events an hour after their last change."""

    def __init__(self, api: Api, agenda: Agenda) -> None:
        self._api = api
        self._agenda = agenda
        self._written: dict[str, float] = {}
        self._queue = WorkQueue(agenda, self._sync)

    def start(self) -> None:
        """Begin to work; events already there get a full hour."""
        for event in self._api.list("events").items:
            self._changed(WatchEvent("ADDED", event, 0))
        self._api.subscribe("events", self._changed)

    def _changed(self, event: WatchEvent) -> None:
        key = key_of(event.object)
        if event.type == "DELETED":
            self._written.pop(key, None)
            return
        self._written[key] = self._agenda.now()
        self._queue.add(key, TTL)

    def _sync(self, key: str) -> None:
        written = self._written.get(key)
        if written is None:
            return
        left = written + TTL - self._agenda.now()
        if left > 0:
            self._queue.add(key, left)
            return
        namespace, _, name = key.partition("/")
        if self._api.find("events", namespace, name) is not None:
            self._api.delete("events", namespace, name)
