"""What is remembered of a namespace while somebody looks at it: objects, tracks, and where the memory ends.

One thread feeds it (the live stream's), any may ask. It outlives the stream: a cluster that was lost and came
back is reconciled, one that was begun anew is remembered from its beginning.
"""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right
from operator import itemgetter
from typing import TYPE_CHECKING

from lab.attempt.history import History
from lab.attempt.tracking import Tracker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lab.attempt.chronicle import Story
    from lab.attempt.moments import Reading
    from lab.attempt.views import LiveView
    from lab.model.observation import Change, Object
    from lab.model.tracks import PodTrack


class Past:
    """A bounded memory of one namespace."""

    def __init__(self, build: Callable[[Mapping[str, Sequence[Object]], str, float], LiveView]) -> None:
        """`build` makes a view of objects at a moment (`live.view_of`)."""
        self._build = build
        self._history = History()
        self._tracker = Tracker()
        self._lock = threading.Lock()
        self._namespace = ""
        self._looked = 0.0
        """Cluster time of the latest look."""

    @property
    def since(self) -> float | None:
        """The earliest moment that can be looked at; None: nothing is remembered yet."""
        with self._lock:
            return self._history.since

    def begin(
        self,
        namespace: str,
        objects: Mapping[str, Sequence[Object]],
        now: float,
        kept: Story | None = None,
    ) -> None:
        """A stream was opened: these are the objects now, and this was kept of the sittings before."""
        with self._lock:
            known = self._history
            self._namespace = namespace
            looked = self._looked
            if known.since is None or now < known.until:
                known.begin(objects, now)
                self._tracker.clear()
                if kept is not None:
                    self._tracker.restore(kept.tracks)
                    looked = kept.until
            else:
                known.reconcile(objects, now)
            self._tracker.unwatched(looked)
            for kind in ("Pod", "Endpoints", "Event"):
                for obj in objects.get(kind, ()):
                    self._tracker.take(now, kind, obj)
            there = {str(obj["metadata"].get("uid", "")) for obj in objects.get("Pod", ())}
            self._tracker.only(there, looked, now)
            self._looked = now

    def take(self, changes: Sequence[Change], reading: Reading) -> None:
        """Changes, in the order in which they came, and what the cluster's own record says beside them."""
        with self._lock:
            self._looked = reading.now
            dated = ((reading.dated(one), one) for one in changes)
            for at, one in sorted(dated, key=itemgetter(0)):
                deleted = one.type == "DELETED"
                self._history.add(at, one.kind, one.object, deleted=deleted)
                self._tracker.take(at, one.kind, one.object, deleted=deleted)
            self._tracker.whole(reading.whole_since)
            if reading.missed:
                self._tracker.missed(reading.whole_since or reading.now)
            for probe in reading.probes:
                self._tracker.probed(probe)

    def tracks(self) -> Mapping[str, PodTrack]:
        """Every pod's track by its UID, those of gone pods included."""
        with self._lock:
            return self._tracker.tracks()

    def view(self, moment: float) -> LiveView:
        """The namespace as it was at a moment; at the earliest known one, if that is later."""
        with self._lock:
            since = self._history.since
            at = moment if since is None else max(moment, since)
            objects = self._history.at(at)
            namespace = self._namespace
        return self._build(objects, namespace, at)

    def change_before(self, moment: float) -> float | None:
        """The last moment before this one at which something changed."""
        with self._lock:
            known = self._history.moments()
        index = bisect_left(known, moment) - 1
        return known[index] if index >= 0 else None

    def change_after(self, moment: float) -> float | None:
        """The next moment after this one at which something changed."""
        with self._lock:
            known = self._history.moments()
        index = bisect_right(known, moment)
        return known[index] if index < len(known) else None
