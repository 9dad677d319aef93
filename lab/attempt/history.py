"""A namespace's objects as they were at any moment of the recent past, in bounded memory.

Every version of every object is kept once, packed (JSON, deflated: about a kilobyte a pod), in the order in
which they came, over a base: the objects as they were where the record begins. When the versions outgrow the
budget, the oldest are folded into the base, and the record begins later.

Invariant: for every moment not before `since`, `at` gives what a reader of the cluster would have been given.
"""

from __future__ import annotations

import zlib
from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import orjson

from lab.model.observation import lean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lab.model.observation import Object

BUDGET = 8 * 1024 * 1024
"""Bytes of packed versions: some eight thousand changes."""

_OVERHEAD = 160
"""Bytes that an entry costs beside what it holds."""


@dataclass(frozen=True, slots=True)
class _Version:
    at: float
    key: tuple[str, str]
    packed: bytes | None
    """None: it was deleted."""

    @property
    def size(self) -> int:
        return _OVERHEAD + len(self.packed or b"")


class History:
    """Versions of objects, by time. Not for several threads at once."""

    def __init__(self, budget: int = BUDGET) -> None:
        self._budget = budget
        self._base: dict[tuple[str, str], bytes] = {}
        self._versions: deque[_Version] = deque()
        self._size = 0
        self.since: float | None = None
        """Cluster time from which on everything is known; None: nothing is."""
        self.until = 0.0
        """Cluster time of the newest entry."""

    @property
    def size(self) -> int:
        """Bytes that the versions take; the base, which is as large as the namespace, comes on top."""
        return self._size

    def begin(self, objects: Mapping[str, Iterable[Object]], at: float) -> None:
        """Start anew with the objects there are: what was before is not known any more."""
        self._versions.clear()
        self._size = 0
        self._base = {(kind, _name(obj)): _pack(obj) for kind, found in objects.items() for obj in found}
        self.since = self.until = at

    def add(self, at: float, kind: str, obj: Object, *, deleted: bool = False) -> None:
        """An object has another version from `at` on (not before the newest there is), or is gone."""
        self.until = max(self.until, at)
        version = _Version(self.until, (kind, _name(obj)), None if deleted else _pack(obj))
        self._versions.append(version)
        self._size += version.size
        while self._size > self._budget:
            self._fold()

    def reconcile(self, objects: Mapping[str, Iterable[Object]], at: float) -> None:
        """After a gap in the watching: take over what is there now as one change at `at`."""
        there = {(kind, _name(obj)): obj for kind, found in objects.items() for obj in found}
        before = self._keys(at)
        for (kind, name), packed in before.items():
            if (kind, name) not in there:
                self.add(at, kind, _unpack(packed), deleted=True)
        for key, obj in there.items():
            if key not in before or _unpack(before[key]) != lean(obj):
                self.add(at, key[0], obj)

    def at(self, moment: float) -> dict[str, tuple[Object, ...]]:
        """The objects by kind, in the order of their names, as they were at a moment."""
        found: dict[str, list[Object]] = {}
        for (kind, _), packed in sorted(self._keys(moment).items()):
            found.setdefault(kind, []).append(_unpack(packed))
        return {kind: tuple(objects) for kind, objects in found.items()}

    def moments(self) -> Sequence[float]:
        """When something changed, in order, each moment once."""
        return tuple(dict.fromkeys(version.at for version in self._versions))

    def _keys(self, moment: float) -> dict[tuple[str, str], bytes]:
        known = dict(self._base)
        for version in self._versions:
            if version.at > moment:
                break
            if version.packed is None:
                known.pop(version.key, None)
            else:
                known[version.key] = version.packed
        return known

    def _fold(self) -> None:
        """Let the record begin with the oldest version."""
        version = self._versions.popleft()
        self._size -= version.size
        self.since = version.at
        if version.packed is None:
            self._base.pop(version.key, None)
        else:
            self._base[version.key] = version.packed


def _name(obj: Object) -> str:
    return str(obj["metadata"]["name"])


def _pack(obj: Object) -> bytes:
    return zlib.compress(orjson.dumps(lean(obj)), 1)


@lru_cache(maxsize=256)
def _unpack(packed: bytes) -> dict[str, Any]:
    """The same object for the same bytes: read only."""
    return cast("dict[str, Any]", orjson.loads(zlib.decompress(packed)))
