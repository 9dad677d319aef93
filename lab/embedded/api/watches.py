"""Watching: subscriptions inside the cluster, and the history that watches over the wire begin from.

A change is delivered on the agenda, at the instant it happened, after what was already due; subscribers of
one resource hear of it in the order they subscribed, and never of changes made before they did.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from lab.embedded.api import errors
from lab.embedded.api.interface import WatchEvent
from lab.embedded.store.watchlog import Change, HistoryGone

if TYPE_CHECKING:
    from lab.embedded.api.kinds import Kind, KindTable
    from lab.embedded.clock.agenda import Agenda
    from lab.embedded.store.store import Store

Callback = Callable[[WatchEvent], None]


class _Subscription(Struct, eq=False):
    kind: Kind
    callback: Callback
    since: int
    active: bool = True


class Watches:
    """Hands every change of the store to those who subscribed to its resource."""

    def __init__(self, store: Store, agenda: Agenda, kinds: KindTable) -> None:
        self._store = store
        self._agenda = agenda
        self._kinds = kinds
        self._subscriptions: dict[str, list[_Subscription]] = {}
        store.on_change(self._changed)

    def subscribe(self, kind: Kind, callback: Callback) -> Callable[[], None]:
        """Call back with every change from now on; returns the unsubscriber."""
        subscription = _Subscription(kind, callback, self._store.revision)
        subscriptions = self._subscriptions.setdefault(kind.storage, [])
        subscriptions.append(subscription)

        def unsubscribe() -> None:
            if subscription.active:
                subscription.active = False
                subscriptions.remove(subscription)

        return unsubscribe

    def changes(self, kind: Kind, namespace: str | None, since: int) -> Sequence[WatchEvent]:
        """The changes of a kind after a revision.

        Raises:
            ApiError: 410; they are no longer all kept.
        """
        try:
            changes = self._store.changes(since)
        except HistoryGone as gone:
            raise errors.expired(gone.wanted, gone.oldest) from gone
        return [
            event_of(kind, change)
            for change in changes
            if change.resource == kind.storage and namespace in {None, "", change.namespace}
        ]

    def _changed(self, change: Change) -> None:
        if self._subscriptions.get(change.resource):
            self._agenda.call_soon(lambda: self._deliver(change))

    def _deliver(self, change: Change) -> None:
        for subscription in tuple(self._subscriptions.get(change.resource, ())):
            if subscription.active and subscription.since < change.revision:
                subscription.callback(event_of(subscription.kind, change))


def event_of(kind: Kind, change: Change) -> WatchEvent:
    """A change in the form in which the kind shows it."""
    if kind.view is None:
        return WatchEvent(change.type, change.object, change.revision, change.previous)
    previous = kind.view.show(change.previous) if change.previous is not None else None
    return WatchEvent(change.type, kind.view.show(change.object), change.revision, previous)
