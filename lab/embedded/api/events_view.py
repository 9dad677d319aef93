"""Events have two faces: core/v1 `Event`, as it is stored, and events.k8s.io/v1 `Event`, a view of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable

Object = dict[str, Any]

_RENAMED = {
    "note": "message",
    "regarding": "involvedObject",
    "reportingController": "reportingComponent",
    "deprecatedSource": "source",
    "deprecatedCount": "count",
    "deprecatedFirstTimestamp": "firstTimestamp",
    "deprecatedLastTimestamp": "lastTimestamp",
}
_BACK = {stored: shown for shown, stored in _RENAMED.items()}


class View(Struct, frozen=True):
    """Objects of one resource shown in another form; both functions return new objects."""

    storage: str
    show: Callable[[Object], Object]
    store: Callable[[Object], Object]


def _show(event: Object) -> Object:
    shown = {_BACK.get(key, key): value for key, value in event.items()}
    return {**shown, "kind": "Event", "apiVersion": "events.k8s.io/v1"}


def _store(event: Object) -> Object:
    stored = {_RENAMED.get(key, key): value for key, value in event.items()}
    return {**stored, "kind": "Event", "apiVersion": "v1"}


EVENTS = View("events", _show, _store)
"""The view that events.k8s.io/v1 is of core/v1."""
