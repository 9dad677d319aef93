"""A namespace on tape: one watch a kind, every change kept in order, in cluster time.

The recorder lists once and then only listens, so that nothing between two looks is missed: a pod that was
unready for two seconds was unready. Where the record has a hole (history gone, connection lost), it says
so, and what was to be judged across the hole is unknown.

On a cluster that tells its time, a change is put at the time of the newest answer before it, or at the time
the object itself tells if that is later; elsewhere at the host's time when it arrived.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lab.errors import LabError, ObservationLost
from lab.kube.errors import ApiError, WatchExpired
from lab.model.observation import KINDS, Answer, Change, Mark, Object, Snapshot, Timeline
from lab.observe.normalise import latest_time, without_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lab.kube.client import Client
    from lab.kube.watches import Watch

RECONNECT_SECONDS = (0.0, 0.2, 0.5, 1.0, 2.0, 4.0)
"""Host time between attempts to reconnect a watch; after the last one the record is broken."""
QUIET_SECONDS = 0.3
QUIET_LIMIT_SECONDS = 2.0
SYNC_LIMIT_SECONDS = 20.0
POD = "Pod"
BOOKMARK_SECONDS = 0.05
"""Host time in which the bookmarks of an advance just made arrive; after it new ones are asked for."""


@dataclass
class _Tape:
    """One kind's part of the record. Guarded by the recorder's condition."""

    kind: str
    objects: dict[str, Object] = field(default_factory=dict)
    version: str = "0"
    watch: Watch | None = None


class Recorder:
    """Watches a namespace from `start` to `stop`; used as a context manager."""

    def __init__(
        self,
        client: Client,
        namespace: str,
        *,
        kinds: Sequence[str] = KINDS,
        on_change: Callable[[], None] | None = None,
    ) -> None:
        self.client = client
        self.namespace = namespace
        self._tapes = {kind: _Tape(kind) for kind in kinds}
        self._changes: list[Change] = []
        self._marks: list[Mark] = []
        self._answers: list[Answer] = []
        self._condition = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._stopping = False
        self._broken: Exception | None = None
        self._lost = ""
        self._since = 0.0
        self._floor = 0.0
        self._touched = time.monotonic()
        self._on_change = on_change or (lambda: None)

    def __enter__(self) -> Recorder:
        self.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    def start(self) -> None:
        """List everything, then watch it.

        Raises:
            lab.errors.ObservationLost: the cluster does not answer.
        """
        self._since = self.client.now()
        for tape in list(self._tapes.values()):
            try:
                self._relist(tape)
            except ApiError as error:
                if not error.not_found:
                    raise
                del self._tapes[tape.kind]  # this cluster does not serve the kind
        for tape in self._tapes.values():
            thread = threading.Thread(target=self._run, args=(tape,), name=f"watch-{tape.kind}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """End all watches and wait for their threads."""
        with self._condition:
            self._stopping = True
            watches = [tape.watch for tape in self._tapes.values() if tape.watch is not None]
            self._condition.notify_all()
        for watch in watches:
            watch.close()
        for thread in self._threads:
            thread.join(timeout=5)

    # --- what the lab itself adds ---------------------------------------------------------------------------

    def mark(self, what: str, detail: str = "") -> Mark:
        """Put a mark on the tape: whatever was seen before it lies before it in time, all else after.

        Call `sync` first, so that what has happened has been seen. The mark stands a millisecond after now: a
        change is known to a step of time only, and one of the step that just ended must not count as later.
        """
        with self._condition:
            self._floor = max(self._floor, self.now()) + 0.001
            mark = Mark(self._floor, what, detail)
            self._marks.append(mark)
        return mark

    def answer(self, answer: Answer) -> None:
        """Put an application's answer on the tape."""
        with self._condition:
            self._answers.append(answer)

    # --- what was seen --------------------------------------------------------------------------------------

    def now(self) -> float:
        """Cluster time as of the newest answer; the host's where the cluster does not tell."""
        seen = self.client.now_seen
        return time.time() if seen is None else seen

    def sync(self, nudge: Callable[[], None] | None = None) -> None:
        """Return when everything that has happened so far is on the tape.

        `nudge` makes the cluster send bookmarks (on the embedded cluster: an advance by nothing); without
        it the recorder waits for a moment of quiet, and then asks: silence alone may be a line that is dead.

        Raises:
            lab.errors.ObservationLost: the watches broke for good, or did not catch up.
        """
        if nudge is None:
            self._settle()
            self._hear()
            return
        target = int(self.client.resource_version(self.namespace))
        if self._reached(target, BOOKMARK_SECONDS):
            return
        nudge()
        self._require(target, tuple(self._tapes))

    def _hear(self) -> None:
        """Make sure that the cluster answers, and that the watch of pods has told what it answers.

        A real cluster sends bookmarks when it likes, so only the changes of pods, on which judgement rests,
        are waited for.
        """
        if POD in self._tapes:
            listed = self.client.list(POD, self.namespace)
            versions = [int(item["metadata"]["resourceVersion"]) for item in listed.items]
            self._require(max(versions, default=0), (POD,))

    def _require(self, target: int, kinds: Sequence[str]) -> None:
        """Wait until the watches of these kinds have seen everything up to a resource version.

        Raises:
            lab.errors.ObservationLost: they do not catch up, or broke.
        """
        if not self._reached(target, SYNC_LIMIT_SECONDS, kinds):
            late = [kind for kind in kinds if int(self._tapes[kind].version) < target]
            raise ObservationLost(
                f"the watches of {', '.join(late)} did not catch up",
                where=self.client.host,
                remedy="check again; if it stays so: podlab cluster down, then up",
            )

    def _reached(self, target: int, seconds: float, kinds: Sequence[str] = ()) -> bool:
        """Whether these watches (all, when none is named) have seen so much within so much host time."""
        deadline = time.monotonic() + seconds
        tapes = [self._tapes[kind] for kind in kinds or self._tapes]
        with self._condition:
            while any(int(tape.version) < target for tape in tapes):
                self._raise_if_broken()
                if not self._condition.wait(timeout=max(0.0, deadline - time.monotonic())):
                    return False
            self._raise_if_broken()
        return True

    def snapshot(self, logs: Mapping[tuple[str, str, bool], str] | None = None) -> Snapshot:
        """Everything as it stands on the tape now."""
        now = self.now()
        with self._condition:
            objects = self._objects()
        return Snapshot(self.namespace, now, objects, dict(logs or {}))

    def timeline(self) -> Timeline:
        """Everything that has happened since `start`."""
        with self._condition:
            return Timeline(
                tuple(self._changes), tuple(self._marks), tuple(self._answers), self._lost, self._since
            )

    @property
    def alive(self) -> bool:
        """Whether the watches are still there, or still trying."""
        with self._condition:
            return self._broken is None

    def take_changes(self) -> tuple[Sequence[Change], Mapping[str, Sequence[Object]]]:
        """The changes since the last call, and the objects after them; the tape forgets the changes.

        For a view that lives for hours: the tape would grow and grow.
        """
        with self._condition:
            changes, self._changes = tuple(self._changes), []
            self._answers.clear()
            self._since = self.now()
            return changes, self._objects()

    def _objects(self) -> dict[str, tuple[Object, ...]]:
        """What the tapes hold, by kind, in the order of names; the condition is held."""
        return {
            tape.kind: tuple(tape.objects[name] for name in sorted(tape.objects))
            for tape in self._tapes.values()
        }

    # --- watching -------------------------------------------------------------------------------------------

    def _run(self, tape: _Tape) -> None:
        attempt = 0
        while not self._stopping:
            try:
                if self._follow(tape):
                    attempt = 0
            except WatchExpired as error:
                self._hole(tape, error)
            except LabError as error:
                if attempt >= len(RECONNECT_SECONDS) and not self._stopping:
                    self._break(error)
                    return
                with self._condition:
                    self._condition.wait(timeout=RECONNECT_SECONDS[min(attempt, len(RECONNECT_SECONDS) - 1)])
                attempt += 1

    def _follow(self, tape: _Tape) -> bool:
        """One connection's worth of events; True when there were any."""
        watch = self.client.watch(tape.kind, self.namespace, tape.version)
        with self._condition:
            tape.watch = watch
            if self._stopping:
                watch.close()
        any_seen = False
        try:
            for event in watch:
                any_seen = True
                self._take(tape, event.type, event.object)
        finally:
            watch.close()
            with self._condition:
                tape.watch = None
        return any_seen

    def _take(self, tape: _Tape, kind_of_change: str, raw: Object) -> None:
        version = str(raw["metadata"].get("resourceVersion") or tape.version)
        if kind_of_change == "BOOKMARK":
            with self._condition:
                tape.version = version
                self._condition.notify_all()
            return
        obj = without_secrets({**raw, "kind": tape.kind})
        with self._condition:
            self._keep(tape, kind_of_change, obj)
            tape.version = version
            self._touched = time.monotonic()
            self._condition.notify_all()
        self._on_change()

    def _keep(self, tape: _Tape, kind_of_change: str, obj: Object) -> None:
        name = str(obj["metadata"]["name"])
        if kind_of_change == "DELETED":
            tape.objects.pop(name, None)
        else:
            tape.objects[name] = obj
        self._changes.append(Change(self._time_of(obj), kind_of_change, tape.kind, obj))

    def _time_of(self, obj: Object) -> float:
        seen = self.client.now_seen
        if seen is None:
            return max(self._floor, time.time())
        own = latest_time(obj)
        return max(self._floor, seen, own or 0.0)

    def _relist(self, tape: _Tape) -> None:
        listed = self.client.list(tape.kind, self.namespace)
        with self._condition:
            tape.objects = {str(item["metadata"]["name"]): without_secrets(item) for item in listed.items}
            tape.version = listed.resource_version
            self._condition.notify_all()

    def _hole(self, tape: _Tape, error: LabError) -> None:
        try:
            self._relist(tape)
        except LabError as failure:
            self._break(failure)
            return
        with self._condition:
            self._lost = f"{error.what} ({tape.kind})"
            self._since = self.now()

    def _break(self, error: Exception) -> None:
        with self._condition:
            self._broken = error
            self._condition.notify_all()

    def _raise_if_broken(self) -> None:
        if self._broken is not None:
            raise ObservationLost(
                f"the observation broke off: {getattr(self._broken, 'what', self._broken)}",
                where=self.client.host,
                remedy="see `podlab cluster status`, then check again",
            ) from self._broken

    def _settle(self) -> None:
        deadline = time.monotonic() + QUIET_LIMIT_SECONDS
        with self._condition:
            self._raise_if_broken()
            while True:
                now = time.monotonic()
                quiet_at = self._touched + QUIET_SECONDS
                if now >= min(quiet_at, deadline):
                    return
                self._condition.wait(timeout=min(quiet_at, deadline) - now)
                self._raise_if_broken()
