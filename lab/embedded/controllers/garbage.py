"""The garbage collector: dependents follow their owners.

Follows `pkg/controller/garbagecollector`: an object whose owners have all gone is deleted (background); an
owner that is deleted in the foreground waits for the dependents that block it; orphaning takes the
references away first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.api.deletes import FOREGROUND, ORPHAN
from lab.embedded.api.errors import ApiError
from lab.embedded.api.events import EventRecorder
from lab.embedded.api.interface import Api, DeleteOptions, WatchEvent
from lab.embedded.controllers.queue import WorkQueue
from lab.embedded.objects.meta import finalizers_of, is_deleting, name_of, namespace_of, owners_of, uid_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.embedded.clock.agenda import Agenda

Json = dict[str, Any]
Held = tuple[str, Json]


class GarbageCollector:
    """Watches all kinds; keeps who owns whom by UID."""

    def __init__(self, api: Api, agenda: Agenda, resources: Sequence[str]) -> None:
        self._api = api
        self._resources = resources
        self._objects: dict[str, Held] = {}
        self._dependents: dict[str, dict[str, None]] = {}
        self._recorder = EventRecorder(api, agenda, "garbage-collector-controller")
        self._queue = WorkQueue(agenda, self._sync)

    def start(self) -> None:
        """Begin to work."""
        for resource in self._resources:
            for obj in self._api.list(resource).items:
                self._note(resource, obj)
            self._api.subscribe(resource, lambda event, resource=resource: self._changed(resource, event))  # type: ignore[misc]

    def _note(self, resource: str, obj: Json) -> None:
        uid = uid_of(obj)
        before = self._objects.get(uid)
        self._objects[uid] = (resource, obj)
        if before is None or owners_of(before[1]) != owners_of(obj):
            for owner in owners_of(before[1]) if before else ():
                self._dependents.get(owner["uid"], {}).pop(uid, None)
            for owner in owners_of(obj):
                self._dependents.setdefault(owner["uid"], {})[uid] = None
            if owners_of(obj):
                self._queue.add(uid)
        if is_deleting(obj):
            self._queue.add(uid)

    def _changed(self, resource: str, event: WatchEvent) -> None:
        if event.type != "DELETED":
            self._note(resource, event.object)
            return
        uid = uid_of(event.object)
        self._objects.pop(uid, None)
        for owner in owners_of(event.object):
            self._dependents.get(owner["uid"], {}).pop(uid, None)
            self._queue.add(owner["uid"])
        for dependent in self._dependents.pop(uid, {}):
            self._queue.add(dependent)

    def _sync(self, uid: str) -> None:
        held = self._objects.get(uid)
        if held is None:
            return
        resource, obj = held
        if is_deleting(obj):
            self._finalize(resource, obj)
        elif owners_of(obj):
            there = [owner for owner in owners_of(obj) if self._is_there(owner, obj)]
            if not there:
                self._delete(resource, obj, "Background")
            elif len(there) < len(owners_of(obj)):
                self._patch(resource, obj, {"ownerReferences": there})

    def _finalize(self, resource: str, obj: Json) -> None:
        dependents = [
            self._objects[uid] for uid in self._dependents.get(uid_of(obj), {}) if uid in self._objects
        ]
        if ORPHAN in finalizers_of(obj):
            for each, dependent in dependents:
                kept = [owner for owner in owners_of(dependent) if owner["uid"] != uid_of(obj)]
                self._patch(each, dependent, {"ownerReferences": kept or None})
            self._drop_finalizer(resource, obj, ORPHAN)
        elif FOREGROUND in finalizers_of(obj):
            blocking = 0
            for each, dependent in dependents:
                owner = next(owner for owner in owners_of(dependent) if owner["uid"] == uid_of(obj))
                others = [other for other in owners_of(dependent) if other is not owner]
                if any(self._is_solid(other["uid"]) for other in others):
                    self._patch(each, dependent, {"ownerReferences": others})
                    continue
                blocking += bool(owner.get("blockOwnerDeletion"))
                if not is_deleting(dependent):
                    self._delete(each, dependent, "Foreground")
            if not blocking:
                self._drop_finalizer(resource, obj, FOREGROUND)

    def _is_there(self, owner: Json, dependent: Json) -> bool:
        """Whether a reference names an object that there is; one in another namespace is none."""
        held = self._objects.get(owner["uid"])
        if held is None:
            return False
        space = namespace_of(held[1])
        if space and space != namespace_of(dependent):
            self._warn(owner, dependent)
            return not namespace_of(dependent)  # what is in no namespace is left alone
        return bool(name_of(held[1]) == owner["name"])

    def _warn(self, owner: Json, dependent: Json) -> None:
        space = namespace_of(dependent)
        where = ", ".join(
            [
                f"{owner['apiVersion']}/{owner['kind']}", f"namespace: {space}",
                f"name: {owner['name']}", f"uid: {owner['uid']}",
            ]
        )  # fmt: skip
        text = f'ownerRef [{where}] does not exist in namespace "{space}"'
        self._recorder.record(dependent, "Warning", "OwnerRefInvalidNamespace", text)

    def _is_solid(self, uid: str) -> bool:
        """Whether an owner is there to stay."""
        return uid in self._objects and not is_deleting(self._objects[uid][1])

    def _drop_finalizer(self, resource: str, obj: Json, finalizer: str) -> None:
        kept = [each for each in finalizers_of(obj) if each != finalizer]
        self._patch(resource, obj, {"finalizers": kept or None})

    def _patch(self, resource: str, obj: Json, metadata: Json) -> None:
        try:
            self._api.patch(
                resource, namespace_of(obj) or None, name_of(obj), "merge-patch+json", {"metadata": metadata}
            )
        except ApiError as error:
            if error.code != 404:
                raise

    def _delete(self, resource: str, obj: Json, how: str) -> None:
        # A pod has no dependents of its own: a foreground finalizer would only delay it.
        propagation: Any = how if self._dependents.get(uid_of(obj)) else "Background"
        try:
            self._api.delete(
                resource,
                namespace_of(obj) or None,
                name_of(obj),
                DeleteOptions(propagation=propagation, uid=uid_of(obj)),
            )
        except ApiError as error:
            if error.code not in {404, 409}:
                raise
