"""What the pods of an exercise went through, kept on disk: the debrief tells it in any later sitting.

It belongs to one namespace, by its UID: a reset makes another one, and the story begins anew. Whoever watches
writes it, every few seconds, whole or not at all, so that a kill costs no more than the latest of them. Probe
answers are not kept: the cluster has them, or nobody.

Bounded: the latest spans (`SPANS` in all), what is gone first. A file that makes no sense is taken for none.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import msgspec

from lab.attempt import durable, locks
from lab.errors import LabError
from lab.model.times import seconds
from lab.model.tracks import PodTrack  # noqa: TC001 (looked at when a story is read)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lab.kube import Client

_FORMAT = 1
_LOCK_SECONDS = 0.2
SPANS = 2000
"""States of containers that are kept, of all pods together."""
GAPS = 50
"""Times when nobody looked that are kept."""
SHORTEST_SECONDS = 2.0
"""Host time between two writes while things change."""
LONGEST_SECONDS = 10.0
"""Host time between two writes while nothing does: how long somebody looked is part of the story."""
GAP_SECONDS = 5.0
"""Cluster time that nobody looked from which on it is told."""


@dataclass(frozen=True)
class Story:
    """What is known of a namespace's pods since it was made."""

    namespace: str
    """UID."""
    begun: float
    """When it was made, cluster time: the exercise was started, or reset."""
    until: float
    """Cluster time of the latest look."""
    tracks: dict[str, PodTrack] = field(default_factory=dict)
    """By the pods' UIDs; without probe answers."""
    gaps: tuple[tuple[float, float], ...] = ()
    """From when until when nobody looked, cluster time, in order."""
    format: int = _FORMAT


class Chronicle:
    """The story of one exercise on disk, for one watcher at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept: Story | None = None
        self._written = 0.0
        """Host time (monotonic) of the latest write."""
        self._looked = 0.0
        """Cluster time of the latest look, written or not."""

    def read(self) -> Story | None:
        """What is on disk; None: nothing was kept, or it cannot be read."""
        try:
            story = msgspec.json.decode(self._path.read_bytes(), type=Story)
        except (OSError, msgspec.MsgspecError):
            return None
        return story if story.format == _FORMAT else None

    def begin(self, client: Client, namespace: str, now: float) -> Story | None:
        """Somebody looks again; what was kept of this namespace, if it is still the same one."""
        self._kept, kept = None, self.read()
        if kept is None or kept.namespace != _uid(client, namespace):
            return None
        looked = max(kept.until, self._looked)
        if looked > now:
            return None  # another cluster's time
        gap = ((looked, now),) if now - looked >= GAP_SECONDS else ()
        self._kept = replace(kept, until=looked, gaps=(*kept.gaps, *gap)[-GAPS:])
        return self._kept

    def keep(
        self,
        client: Client,
        namespace: str,
        tracks: Mapping[str, PodTrack],
        now: float,
        *,
        last: bool = False,
    ) -> None:
        """Write what is known now, unless that was done a moment ago; `last`: nobody looks after this.

        A place that cannot be written, or a cluster that does not answer, costs the story, no more.
        """
        self._looked = now
        since = time.monotonic() - self._written
        if since < SHORTEST_SECONDS and not last:
            return
        lean = _lean(tracks)
        before = self._kept
        same = before is not None and lean == before.tracks
        if same and ((since < LONGEST_SECONDS and not last) or (before is not None and now == before.until)):
            return
        self._written = time.monotonic()
        with contextlib.suppress(LabError):
            live = client.find("Namespace", None, namespace)
            if live is not None:
                self._kept = _of_namespace(live["metadata"], lean, now, before)
                # Another lab may watch the same exercise: it sees the same, and either's words will do.
                with locks.held(self._path.with_suffix(".lock"), _LOCK_SECONDS, "another podlab writes it"):
                    durable.write(self._path, msgspec.json.encode(self._kept))


def _uid(client: Client, namespace: str) -> str:
    """The namespace's UID; empty where there is none, or it may not be read."""
    try:
        live = client.find("Namespace", None, namespace)
    except LabError:
        return ""
    return str(live["metadata"].get("uid", "")) if live is not None else ""


def _of_namespace(
    metadata: Mapping[str, object], tracks: dict[str, PodTrack], now: float, before: Story | None
) -> Story:
    """The story of this namespace: nothing of one that had its name before."""
    uid, begun = str(metadata.get("uid", "")), seconds(str(metadata.get("creationTimestamp") or "")) or 0.0
    gaps = before.gaps if before is not None and before.namespace == uid else ()
    return Story(uid, begun, now, {one: track for one, track in tracks.items() if track.since >= begun}, gaps)


def _lean(tracks: Mapping[str, PodTrack]) -> dict[str, PodTrack]:
    """Tracks as they are kept: without probe answers, the latest spans, in all no more than `SPANS`."""
    containers = sum(len(track.containers) for track in tracks.values())
    most = max(2, SPANS // max(containers, 1))
    return {
        uid: replace(
            track,
            containers=tuple(
                replace(one, marks=(), marks_since=0.0, every_probe=False, spans=one.spans[-most:])
                for one in track.containers
            ),
        )
        for uid, track in tracks.items()
    }
