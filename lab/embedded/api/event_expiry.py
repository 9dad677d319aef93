"""Events go an hour after they were last written (the API server's `--event-ttl`, 1h by default)."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.embedded.clock.agenda import Agenda
    from lab.embedded.store.store import Store
    from lab.embedded.store.watchlog import Change

LIFETIME = 3600.0
"""Seconds of cluster time."""

_RESOURCE = "events"


class EventExpiry:
    """Removes what was not written again in time; one timer, for the oldest."""

    def __init__(self, store: Store, agenda: Agenda) -> None:
        self._store = store
        self._agenda = agenda
        self._due: deque[tuple[float, str, str, str]] = deque()
        for event in store.list(_RESOURCE):
            metadata = event["metadata"]
            self._remember(metadata["namespace"], metadata["name"], metadata["resourceVersion"])
        store.on_change(self._changed)

    def _changed(self, change: Change) -> None:
        if change.resource == _RESOURCE and change.type != "DELETED":
            self._remember(change.namespace, change.name, str(change.revision))

    def _remember(self, namespace: str, name: str, revision: str) -> None:
        due = self._agenda.after(LIFETIME)
        self._due.append((due, namespace, name, revision))
        if len(self._due) == 1:
            self._agenda.call_at(due, self._expire)

    def _expire(self) -> None:
        now = self._agenda.now()
        while self._due and self._due[0][0] <= now:
            _, namespace, name, revision = self._due.popleft()
            event = self._store.get(_RESOURCE, namespace, name)
            if event is not None and event["metadata"]["resourceVersion"] == revision:
                self._store.remove(_RESOURCE, namespace, name)
        if self._due:
            self._agenda.call_at(self._due[0][0], self._expire)
