"""Objects of one kind as controllers see them: kept by watch events, indexed by owner and namespace.

What shared informers are to real controllers. Without the indices every sync would go through all objects,
and a thousand pods would cost a million looks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from lab.embedded.api.interface import Api, Object, WatchEvent
from lab.embedded.objects.meta import controller_of, namespace_of, uid_of

Handler = Callable[[WatchEvent, Object | None], None]
"""Told of each change, with the object as it was before (None when it is new)."""


class Cache:
    """All objects of one resource."""

    def __init__(self, api: Api, resource: str) -> None:
        self.resource = resource
        self._objects: dict[str, Object] = {}
        self._by_namespace: dict[str, dict[str, Object]] = {}
        self._by_controller: dict[str, dict[str, Object]] = {}
        self._handlers: list[Handler] = []
        for obj in api.list(resource).items:
            self._put(obj)
        api.subscribe(resource, self._changed)

    def watch(self, handler: Handler) -> None:
        """Call back for each change, and at once for each object there is."""
        self._handlers.append(handler)
        for obj in list(self._objects.values()):
            handler(WatchEvent("ADDED", obj, 0), None)

    def everything(self) -> Iterable[Object]:
        """All objects, in the order of their creation."""
        return list(self._objects.values())

    def by_uid(self, uid: str) -> Object | None:
        """One object."""
        return self._objects.get(uid)

    def in_namespace(self, namespace: str) -> list[Object]:
        """The objects of a namespace."""
        return list(self._by_namespace.get(namespace, {}).values())

    def controlled_by(self, uid: str) -> list[Object]:
        """The objects whose managing controller has this UID."""
        return list(self._by_controller.get(uid, {}).values())

    def _changed(self, event: WatchEvent) -> None:
        before = self._objects.get(uid_of(event.object))
        if before is not None:
            self._drop(before)
        if event.type != "DELETED":
            self._put(event.object)
        for handler in self._handlers:
            handler(event, before)

    def _put(self, obj: Object) -> None:
        uid, owner = uid_of(obj), controller_of(obj)
        self._objects[uid] = obj
        self._by_namespace.setdefault(namespace_of(obj), {})[uid] = obj
        if owner is not None:
            self._by_controller.setdefault(owner["uid"], {})[uid] = obj

    def _drop(self, obj: Object) -> None:
        uid, owner = uid_of(obj), controller_of(obj)
        # The entry of an object that only changes keeps its place: dicts remember the order of first entry.
        self._by_namespace.get(namespace_of(obj), {}).pop(uid, None)
        if owner is not None:
            self._by_controller.get(owner["uid"], {}).pop(uid, None)
        self._objects.pop(uid, None)
