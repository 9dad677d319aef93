"""The in-memory store: one object per (resource, namespace, name), one revision counter for all.

Invariants:
    * Every change takes the next revision and stamps it into `metadata.resourceVersion`.
    * What was put in belongs to the store and is never changed again; a change puts in another object.
    * Hooks see every change, in order, before the call returns (persistence hangs on them).
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from lab.embedded.store.watchlog import Change, WatchLog

Object = dict[str, Any]
Hook = Callable[[Change], None]


class Store:
    """Objects and their history. Namespace is `""` for cluster-scoped resources."""

    def __init__(self, history: int = 20_000) -> None:
        self._objects: dict[str, dict[tuple[str, str], Object]] = {}
        self._keys: dict[str, list[tuple[str, str]]] = {}
        self._revision = 0
        self._log = WatchLog(history)
        self._hooks: list[Hook] = []

    @property
    def revision(self) -> int:
        """The revision of the newest change."""
        return self._revision

    def get(self, resource: str, namespace: str, name: str) -> Object | None:
        """The object, or None."""
        return self._objects.get(resource, {}).get((namespace, name))

    def list(self, resource: str, namespace: str | None = None) -> Sequence[Object]:
        """Objects of a resource sorted by namespace and name; of one namespace, or of all when None."""
        objects, keys = self._objects.get(resource, {}), self._keys.get(resource, [])
        if namespace is not None:
            keys = keys[bisect_left(keys, (namespace, "")) : bisect_left(keys, (f"{namespace}\0", ""))]
        return [objects[key] for key in keys]

    def put(self, resource: str, namespace: str, name: str, obj: Object) -> Object:
        """Store `obj`, which the store takes over: it is stamped with the new revision and returned."""
        objects = self._objects.setdefault(resource, {})
        previous = objects.get((namespace, name))
        if previous is None:
            insort(self._keys.setdefault(resource, []), (namespace, name))
        objects[namespace, name] = self._stamp(obj)
        self._record(
            Change(
                self._revision, "ADDED" if previous is None else "MODIFIED",
                resource, namespace, name, obj, previous,
            )
        )  # fmt: skip
        return obj

    def remove(self, resource: str, namespace: str, name: str) -> Object:
        """Take an object out; returns its last form, stamped with the revision of its removal.

        Raises:
            KeyError: there is no such object.
        """
        previous = self._objects[resource].pop((namespace, name))
        keys = self._keys[resource]
        del keys[bisect_left(keys, (namespace, name))]
        last = self._stamp({**previous, "metadata": dict(previous["metadata"])})
        self._record(Change(self._revision, "DELETED", resource, namespace, name, last, previous))
        return last

    def changes(self, since: int) -> Sequence[Change]:
        """Every change after a revision, oldest first.

        Raises:
            HistoryGone: that part of the history is no longer kept.
        """
        return self._log.since(since)

    def on_change(self, hook: Hook) -> Callable[[], None]:
        """Call `hook` with every change from now on, at once; returns how to stop it."""
        self._hooks.append(hook)
        return lambda: self._hooks.remove(hook)

    def items(self) -> Iterator[tuple[str, str, str, Object]]:
        """Everything stored, as (resource, namespace, name, object): a snapshot, with `revision`."""
        for resource, objects in sorted(self._objects.items()):
            for key in self._keys[resource]:
                yield resource, key[0], key[1], objects[key]

    def load(self, items: Iterable[tuple[str, str, str, Object]], revision: int) -> None:
        """Replace everything by a snapshot; no hook is called, and no older change can be watched."""
        self._objects.clear()
        self._keys.clear()
        for resource, namespace, name, obj in items:
            self._objects.setdefault(resource, {})[namespace, name] = obj
        for resource, objects in self._objects.items():
            self._keys[resource] = sorted(objects)
        self._revision = revision
        self._log.forget(revision)

    def _stamp(self, obj: Object) -> Object:
        self._revision += 1
        obj["metadata"]["resourceVersion"] = str(self._revision)
        return obj

    def _record(self, change: Change) -> None:
        self._log.append(change)
        for hook in tuple(self._hooks):
            hook(change)
