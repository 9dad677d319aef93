"""The namespace, live: one watch, one immutable view after another, for all who subscribe.

A thread of the stream's own builds views from what the recorder's watches brought in: at most ten a second
(fewer where they take long to make) while things change, and once a second so that ages move and a cluster
that went away is noticed.
Subscribers are called on that thread and never two at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from lab.attempt import rows
from lab.attempt.moments import Moments
from lab.attempt.past import Past
from lab.attempt.views import LiveView
from lab.errors import LabError, ObservationLost
from lab.observe import Recorder

if TYPE_CHECKING:
    from lab.attempt.chronicle import Chronicle, Story
    from lab.kube import Client
    from lab.model.observation import Object

OnView = Callable[[LiveView], None]

WORKLOADS = ("Deployment", "ReplicaSet", "Job", "Service", "ConfigMap", "Secret")
"""Kinds shown beside the pods, in this order."""

SHORTEST_SECONDS = 0.1
"""Host time between two views while things change."""
REST = 8.0
"""So many times as long as a view took to make passes until the next one."""
LONGEST_SECONDS = 1.0
"""Host time between two views while nothing does."""


class LiveStream:
    """Publishes a `LiveView` whenever something in the namespace changes."""

    def __init__(
        self,
        connect: Callable[[], Client],
        namespace: str,
        past: Past | None = None,
        chronicle: Chronicle | None = None,
    ) -> None:
        """Start watching; `connect` makes a client, and another one after the cluster was lost.

        `past`: the memory of an earlier stream of this namespace, to be gone on with; `chronicle`: where what
        the pods go through is kept, and was in earlier sittings.
        """
        self.past = Past(view_of) if past is None else past
        """What was before."""
        self.view = LiveView(namespace, 0.0)
        """The latest view; empty until the first one."""
        self._connect = connect
        self._namespace = namespace
        self._chronicle = chronicle
        self._subscribers: list[OnView] = []
        self._lock = threading.RLock()
        """Guards subscribers and the view, and is held while they are called: `close` waits for it."""
        self._changed = threading.Event()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="live-view", daemon=True)
        self._thread.start()

    def subscribe(self, callback: OnView) -> Callable[[], None]:
        """Call `callback` (on the stream's own thread) with the current view and each later one.

        A view with `lost` set says that the cluster does not answer; the stream keeps trying and the next
        view without `lost` says that it does again. Returns what ends the subscription.
        """
        with self._lock:
            self._subscribers.append(callback)
            if self.view.generation:
                callback(self.view)

        def unsubscribe() -> None:
            with self._lock:
                if callback in self._subscribers:
                    self._subscribers.remove(callback)

        return unsubscribe

    def close(self) -> None:
        """End the stream and its thread; no callback runs after this returned."""
        self._closed.set()
        self._changed.set()
        with self._lock:
            self._subscribers.clear()
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._closed.is_set():
            try:
                client = self._connect()
            except LabError as error:
                self._lose(error)
                self._closed.wait(LONGEST_SECONDS)
                continue
            try:
                with Recorder(client, self._namespace, on_change=self._changed.set) as recorder:
                    self._follow(client, recorder)
            except LabError as error:
                self._lose(error)
                self._closed.wait(LONGEST_SECONDS)
            finally:
                client.close()

    def _follow(self, client: Client, recorder: Recorder) -> None:
        """Publish until closed; raises what says that the cluster, or the record, is lost."""
        moments, cache = Moments(client, self._namespace), rows.Cache()
        begun = False
        while not self._closed.is_set():
            self._changed.clear()
            begun_at = time.monotonic()
            before = recorder.now()
            changes, objects = recorder.take_changes()
            reading = moments.read()
            if not recorder.alive:
                raise ObservationLost("the watches broke off", where=client.host)
            if not begun:
                # The changes are in the objects; those still to come may be older than the reading.
                begun, changes = True, ()
                self.past.begin(self._namespace, objects, before, self._kept(client, before))
            self.past.take(changes, reading)
            tracks = self.past.tracks()
            view = view_of(objects, self._namespace, reading.now, cache)
            self._publish(replace(view, tracks=tracks, whole_probes=reading.whole_since is not None))
            if self._chronicle is not None:
                self._chronicle.keep(client, self._namespace, tracks, reading.now)
            published = time.monotonic()
            self._changed.wait(LONGEST_SECONDS)
            pause = rest_after(published - begun_at)
            self._closed.wait(max(0.0, pause - (time.monotonic() - published)))
        if begun and self._chronicle is not None:
            self._chronicle.keep(client, self._namespace, tracks, reading.now, last=True)

    def _kept(self, client: Client, now: float) -> Story | None:
        return self._chronicle.begin(client, self._namespace, now) if self._chronicle is not None else None

    def _lose(self, error: LabError) -> None:
        self._publish(replace(self.view, lost=lost_sentence(error)))

    def _publish(self, view: LiveView) -> None:
        with self._lock:
            if self._closed.is_set():
                return
            self.view = numbered = replace(view, generation=self.view.generation + 1)
            for callback in tuple(self._subscribers):
                callback(numbered)


def rest_after(took: float) -> float:
    """Host seconds until the next view, when one took so long: a busy namespace must not keep a host busy."""
    return min(LONGEST_SECONDS, max(SHORTEST_SECONDS, took * REST))


def lost_sentence(error: LabError) -> str:
    """Why nothing is seen, without the wording of whatever noticed, which comes behind a colon."""
    return error.what.partition(": ")[0]


def view_of(
    objects: Mapping[str, Sequence[Object]], namespace: str, now: float, cache: rows.Cache | None = None
) -> LiveView:
    """The view of these objects (by kind) at a moment of cluster time; `cache` is of the views before it."""
    cache = rows.Cache() if cache is None else cache
    known = {kind: tuple(found) for kind, found in objects.items()}
    endpoints = known.get("Endpoints", ())
    return LiveView(
        namespace=namespace,
        now=now,
        pods=cache.pods(known.get("Pod", ()), now),
        events=cache.events(known.get("Event", ()), now),
        workloads=tuple(
            rows.workload(obj, now, endpoints)
            for kind in WORKLOADS
            for obj in known.get(kind, ())
            if not _stock(obj)
        ),
        objects=known,
    )


def _stock(obj: Object) -> bool:
    """Whether every namespace has this object: it tells nothing about the exercise."""
    return bool(obj["kind"] == "ConfigMap" and obj["metadata"]["name"] == "kube-root-ca.crt")
