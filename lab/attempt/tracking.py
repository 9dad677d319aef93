"""Draws up the tracks: from versions of pods and endpoints, events and probe answers to what happened when.

Bounded: of each container the latest spans and answers are kept, of pods that are gone the latest. What is
dropped is told (`ContainerTrack.marks_since`, and spans that begin later than their pod).
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from lab.attempt.statuses import before, dated, present, statuses
from lab.model.times import seconds
from lab.model.tracks import (
    RUNNING,
    TERMINATED,
    UNKNOWN,
    WAITING,
    ContainerTrack,
    Flip,
    PodTrack,
    ProbeMark,
    Span,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Set

    from lab.attempt.moments import Probed
    from lab.model.observation import Object

SPANS = 400
"""Spans of a container that are kept."""
FLIPS = 400
"""Changes of readiness, or of one Service's endpoints, that are kept of a pod."""
MARKS = 20_000
"""Probe answers that are kept, shared out among the containers there are."""
LEAST_MARKS, MOST_MARKS = 60, 4000
"""Of one container."""
GONE = 64
"""Deleted pods that are remembered."""

_FIELD = re.compile(r"\{(.+)\}$")
_FAILED = re.compile(r"^(Startup|Liveness|Readiness) probe (failed|errored[^:]*): ?(.*)", re.DOTALL)
_KILLED = re.compile(r"^Container (\S+) failed (startup|liveness) probe, will be restarted")
_KINDS = ("startup", "liveness", "readiness")
_KILLING = frozenset({"startup", "liveness"})
"""Probes whose failing ends a container."""


@dataclass
class _Container:
    name: str
    init: bool
    probes: tuple[str, ...]
    spans: deque[Span] = field(default_factory=lambda: deque(maxlen=SPANS))
    marks: deque[ProbeMark] = field(default_factory=deque)
    marks_since: float = 0.0
    every_probe: bool = False
    told: dict[str, int] = field(default_factory=dict)
    """Events already told of: their count, by name."""
    killing: ProbeMark | None = None
    """The latest failure for which the kubelet ends the container."""

    def see(self, status: Object, at: float) -> None:
        """Take in a status as of `at`."""
        past, now = before(status, at), present(status, at)
        if past is not None and not self._knows(past[1]):
            life, end = past
            self._enter(life)
            self._enter(end)
            if now.state == WAITING:
                # Nobody saw when the waiting began; it follows the end at once.
                now = replace(now, since=end.since)
        if now.state == TERMINATED and self._knows(now) and not _same(self.spans[-1], now):
            return  # it waits, and its pod is being deleted: then its last end is told once more
        self._enter(now)

    def _knows(self, end: Span) -> bool:
        """Whether the end of this instance is among the spans."""
        return any(
            span.state == TERMINATED and (span.instance, span.restart) == (end.instance, end.restart)
            for span in reversed(self.spans)
        )

    def _enter(self, span: Span) -> None:
        if not self.spans:
            self.spans.append(replace(span, until=None))
            return
        last = self.spans[-1]
        if span.backoff is not None:
            ended = last.retry_at - (last.backoff or 0.0) if last.retry_at is not None else last.since
            span = replace(span, retry_at=ended + span.backoff)
        if _same(last, span):
            if last.until is not None:  # it went on while nobody looked
                last = self.spans[-1] = replace(last, until=None)
            if last.message != span.message or last.backoff != span.backoff:
                self.spans[-1] = replace(
                    last, message=span.message, backoff=span.backoff, retry_at=span.retry_at
                )
            return
        since = max(span.since, last.since)
        if last.until is None or last.until > since:
            self.spans[-1] = replace(last, until=since)
        elif since > last.until:
            self.spans.append(Span(last.until, since, UNKNOWN, restart=last.restart))
        self.spans.append(replace(span, since=since, until=None))
        self._blame()

    def kill(self, mark: ProbeMark) -> None:
        """The kubelet ends the container for this failure; its end may be known already, or come later."""
        self.killing = mark
        self._blame()

    def _blame(self) -> None:
        """Keep with an end what brought it about: the probe answers are not kept as long as the spans."""
        mark, end = self.killing, None
        if mark is None:
            return
        for index in range(len(self.spans) - 1, 0, -1):
            span = self.spans[index]
            if span.since < mark.at - 1.0:  # an event's time has whole seconds
                break
            if span.state == TERMINATED and self.spans[index - 1].since <= mark.at:
                end = index
        if end is not None and self.spans[end].killed is None:
            self.spans[end], self.killing = replace(self.spans[end], killed=mark), None

    def unwatched(self, since: float) -> None:
        """Nobody looks from this moment on: whatever it did last is known up to here."""
        if self.spans and self.spans[-1].until is None:
            self.spans[-1] = replace(self.spans[-1], until=max(since, self.spans[-1].since))

    def begin_whole(self, since: float) -> None:
        """Every answer will be told: what events told of some is not needed."""
        self.every_probe, self.marks_since = True, since
        self.marks.clear()

    def mark(self, mark: ProbeMark, room: int) -> None:
        """Add an answer, and drop the oldest beyond `room`."""
        self.marks.append(mark)
        if mark.kind in _KILLING and mark.outcome == "failure" and mark.run >= mark.threshold > 0:
            self.kill(mark)
        while len(self.marks) > room:
            self.marks.popleft()
            self.marks_since = self.marks[0].at

    def track(self) -> ContainerTrack:
        return ContainerTrack(
            self.name, self.init, self.probes, tuple(self.spans), tuple(self.marks), self.marks_since,
            self.every_probe,
        )  # fmt: skip


def _same(one: Span, other: Span) -> bool:
    """Whether two spans tell of the same state of the same instance."""
    if (one.state, one.restart) != (other.state, other.restart):
        return False
    if one.state in (RUNNING, TERMINATED):
        return one.instance == other.instance
    return one.reason == other.reason


@dataclass
class _Pod:
    uid: str
    name: str
    since: float
    until: float | None = None
    containers: dict[str, _Container] = field(default_factory=dict)
    ready: deque[Flip] = field(default_factory=lambda: deque(maxlen=FLIPS))
    services: dict[str, deque[Flip]] = field(default_factory=dict)
    drawn: PodTrack | None = None
    """What `track` gave, until something changes."""

    def see(self, obj: Object, at: float, whole_since: float | None) -> None:
        """Take in a version of the pod."""
        self.drawn = None
        for spec, init in _specs(obj):
            if spec["name"] not in self.containers:
                probes = tuple(kind for kind in _KINDS if spec.get(f"{kind}Probe"))
                self.containers[spec["name"]] = made = _Container(spec["name"], init, probes)
                if whole_since is not None:
                    made.begin_whole(whole_since)
        for status, _ in statuses(obj):
            container = self.containers.get(str(status.get("name")))
            if container is not None:
                container.see(status, at)
        for condition in (obj.get("status") or {}).get("conditions") or ():
            if condition.get("type") == "Ready":
                flipped = dated(condition.get("lastTransitionTime"), at)
                _flip(self.ready, flipped, str(condition.get("status")))

    def track(self) -> PodTrack:
        if self.drawn is None:
            containers = sorted(self.containers.values(), key=lambda one: not one.init)
            self.drawn = PodTrack(
                self.uid,
                self.name,
                self.since,
                self.until,
                tuple(one.track() for one in containers),
                tuple(self.ready),
                tuple((name, tuple(flips)) for name, flips in sorted(self.services.items())),
            )
        return self.drawn


def _specs(obj: Object) -> list[tuple[dict[str, Any], bool]]:
    spec = obj.get("spec") or {}
    return [
        (one, key != "containers") for key in ("initContainers", "containers") for one in spec.get(key) or ()
    ]


def _flip(flips: deque[Flip], at: float, value: str) -> None:
    if not flips or flips[-1].value != value:
        flips.append(Flip(max(at, flips[-1].at) if flips else at, value))


class Tracker:
    """The tracks of a namespace's pods. Not for several threads at once."""

    def __init__(self) -> None:
        self._pods: dict[str, _Pod] = {}
        self._whole_since: float | None = None
        self._containers = 0
        """Of all pods together."""

    def whole(self, since: float | None) -> None:
        """From this moment on every probe's answer is known; None: this cluster does not tell of them."""
        if since is None or self._whole_since is not None:
            return
        self._whole_since = since
        for pod in self._pods.values():
            pod.drawn = None
            for container in pod.containers.values():
                container.begin_whole(since)

    def tracks(self) -> Mapping[str, PodTrack]:
        """Every pod's track by its UID, those of gone pods included."""
        return {uid: pod.track() for uid, pod in self._pods.items()}

    def clear(self) -> None:
        """Forget everything: another cluster."""
        self._pods.clear()
        self._containers = 0
        self._whole_since = None

    def restore(self, tracks: Mapping[str, PodTrack]) -> None:
        """Go on with tracks of an earlier sitting."""
        for uid, track in tracks.items():
            containers = {
                one.name: _Container(one.name, one.init, one.probes, deque(one.spans, SPANS))
                for one in track.containers
            }
            ready = deque(track.ready, FLIPS)
            services = {name: deque(flips, FLIPS) for name, flips in track.services}
            self._pods[uid] = _Pod(uid, track.name, track.since, track.until, containers, ready, services)
            self._containers += len(containers)
        self._forget()

    def unwatched(self, since: float) -> None:
        """Nobody looked from this moment on until now; what went on meanwhile is for `take` to say."""
        for pod in self._pods.values():
            if pod.until is None:
                pod.drawn = None
                for container in pod.containers.values():
                    container.unwatched(since)

    def only(self, uids: Set[str], since: float, at: float) -> None:
        """Of the pods there were when nobody looked any more (`since`), only these are there now (`at`)."""
        for uid, pod in self._pods.items():
            if pod.until is not None or uid in uids:
                continue
            for container in pod.containers.values():
                container.spans.append(Span(since, None, UNKNOWN))
            self._end(pod, at, since)
        self._forget()

    def take(self, at: float, kind: str, obj: Object, *, deleted: bool = False) -> None:
        """Take in a version of any object; those that tell nothing of pods are passed over."""
        if kind == "Pod":
            self._pod(at, obj, deleted)
        elif kind == "Event" and not deleted:
            self._event(obj)
        elif kind == "Endpoints":
            self._endpoints(at, obj, deleted)

    def probed(self, probe: Probed) -> None:
        """Take in an answer."""
        pod = self._pods.get(probe.uid)
        container = pod.containers.get(probe.container) if pod is not None else None
        if pod is None or container is None:
            return
        pod.drawn = None
        container.mark(probe.mark, self._room())

    def missed(self, since: float) -> None:
        """Answers before `since` were lost on the way."""
        for pod in self._pods.values():
            for container in pod.containers.values():
                if container.every_probe:
                    container.marks_since, pod.drawn = max(container.marks_since, since), None

    def _room(self) -> int:
        return max(LEAST_MARKS, min(MOST_MARKS, MARKS // max(self._containers, 1)))

    def _pod(self, at: float, obj: Object, deleted: bool) -> None:
        uid = str(obj["metadata"].get("uid", ""))
        pod = self._pods.get(uid)
        if pod is None:
            since = dated(obj["metadata"].get("creationTimestamp"), at)
            pod = self._pods[uid] = _Pod(uid, str(obj["metadata"]["name"]), since)
        before = len(pod.containers)
        pod.see(obj, at, self._whole_since)
        self._containers += len(pod.containers) - before
        if deleted:
            self._end(pod, at, at)
            self._forget()

    @staticmethod
    def _end(pod: _Pod, at: float, known: float) -> None:
        """The pod is gone at `at`; until `known` it is known how ready it was."""
        pod.drawn, pod.until = None, at
        for flips in (pod.ready, *pod.services.values()):
            _flip(flips, known, "gone")

    def _forget(self) -> None:
        gone = sorted((pod.until, uid) for uid, pod in self._pods.items() if pod.until is not None)
        for _, uid in gone[: max(0, len(gone) - GONE)]:
            self._containers -= len(self._pods.pop(uid).containers)

    def _event(self, obj: Object) -> None:
        """A failed probe, and what came of it, as the only trace of it that every cluster leaves."""
        about = obj.get("involvedObject") or {}
        pod = self._pods.get(str(about.get("uid")))
        message = str(obj.get("message") or "")
        told = _FAILED.match(message) or _KILLED.match(message)
        named = _FIELD.search(str(about.get("fieldPath") or ""))
        container = pod.containers.get(named.group(1)) if pod is not None and named else None
        if pod is None or container is None or told is None or container.every_probe:
            return
        count = int(obj.get("count") or 1)
        at = seconds(obj.get("lastTimestamp") or obj.get("eventTime"))
        name = str(obj["metadata"]["name"])
        if at is None or container.told.get(name) == count:
            return
        container.told[name] = count
        pod.drawn = None
        if told.re is _KILLED:
            failed = (mark for mark in reversed(container.marks) if mark.kind == told.group(2))
            answer = next((mark.answer for mark in failed), "")
            container.kill(ProbeMark(at, told.group(2), "failure", answer))
            return
        outcome = "failure" if told.group(2) == "failed" else "error"
        container.mark(
            ProbeMark(at, told.group(1).lower(), outcome, told.group(3).strip(), times=count), self._room()
        )

    def _endpoints(self, at: float, obj: Object, deleted: bool) -> None:
        service, standing = str(obj["metadata"]["name"]), {}
        for subset in () if deleted else obj.get("subsets") or ():
            for key, value in (("notReadyAddresses", "not ready"), ("addresses", "in")):
                for address in subset.get(key) or ():
                    standing[str((address.get("targetRef") or {}).get("uid"))] = value
        for uid, pod in self._pods.items():
            flips = pod.services.get(service)
            if pod.until is not None or (flips is None and uid not in standing):
                continue
            if flips is None:
                flips = pod.services[service] = deque(maxlen=FLIPS)
            pod.drawn = None
            _flip(flips, at, standing.get(uid, "out"))
