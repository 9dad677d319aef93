"""The bounded history of changes that watches are served from.

Invariant: the log holds, in order and without gaps, every change whose revision is above `oldest`. Who asks
for older ones is told so (`HistoryGone`) and has to list anew, as with etcd's compaction.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Sequence

Object = dict[str, Any]
ChangeType = Literal["ADDED", "MODIFIED", "DELETED"]


class HistoryGone(LookupError):  # noqa: N818 (a fact about the past)
    """Changes after the wanted revision are no longer kept."""

    def __init__(self, wanted: int, oldest: int) -> None:
        super().__init__(f"too old resource version: {wanted} ({oldest})")
        self.wanted = wanted
        self.oldest = oldest


class Change(Struct, frozen=True):
    """One change of one object: as it now is (or last was, when deleted), and as it was before."""

    revision: int
    type: ChangeType
    resource: str
    namespace: str
    name: str
    object: Object
    previous: Object | None


class WatchLog:
    """The last changes: at most `limit` of them, and at least half of that once there were so many."""

    def __init__(self, limit: int = 20_000) -> None:
        self._limit = limit
        self._changes: list[Change] = []
        self._revisions: list[int] = []
        self._oldest = 0

    @property
    def oldest(self) -> int:
        """The revision after which every change is kept."""
        return self._oldest

    def append(self, change: Change) -> None:
        """Record a change; its revision is above all before."""
        self._changes.append(change)
        self._revisions.append(change.revision)
        if len(self._changes) > self._limit:
            dropped = self._limit // 2
            self._oldest = self._revisions[dropped - 1]
            del self._changes[:dropped], self._revisions[:dropped]

    def forget(self, revision: int) -> None:
        """Begin anew: nothing up to `revision` is kept (after a restart from disk)."""
        self._changes.clear()
        self._revisions.clear()
        self._oldest = revision

    def since(self, revision: int) -> Sequence[Change]:
        """Every change after `revision`, oldest first.

        Raises:
            HistoryGone: some of them were dropped.
        """
        if revision < self._oldest:
            raise HistoryGone(revision, self._oldest)
        return self._changes[bisect_right(self._revisions, revision) :]
