"""200 pods that crash, restart, go and come, and a log of 1,000 lines a second, for the exercise screen.

The cluster is made up (the tests' scripted lab), so that what is measured is the terminal; what a stream does
with changes (memory, tracks, views) is the real thing, on a thread of its own as in the lab.
"""

from __future__ import annotations

import itertools
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lab.attempt import rows
from lab.attempt.live import rest_after, view_of
from lab.attempt.moments import Probed, Reading
from lab.kube.logs import LogLine
from lab.model.observation import Change
from lab.model.tracks import ProbeMark
from tests.tui.scripted import NOW, ScriptedLab

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PODS = 200
TICK = 0.1
"""Host seconds between two views; so often does a stream tell of changes at most."""
CHANGED = 40
"""Pods that change from one view to the next."""
EVENTS = 300


class Churn:
    """A namespace in which nothing stays as it is."""

    def __init__(self, lab: ScriptedLab) -> None:
        self.lab, self.attempt = lab, lab.attempt("wrong-path")
        attempt = self.attempt
        self.now, self.changes, self.views = NOW, 0, 0
        self._cache = rows.Cache()
        self._uids = itertools.count()
        self._versions = itertools.count(1)
        self.pods = {f"web-{number:03}": self._pod(f"web-{number:03}", 0, number) for number in range(PODS)}
        self._turns: dict[str, int] = {}
        """How often each pod has changed."""
        self.events: dict[str, dict[str, Any]] = {}
        self._turn: Iterator[str] = itertools.cycle(sorted(self.pods))
        attempt.stream.past.begin(attempt.namespace, {"Pod": list(self.pods.values())}, self.now)

    def tick(self, seconds: float) -> None:
        """Some pods crash or start, one is replaced, all are probed; a view is published."""
        self.now += seconds
        changes: list[Change] = []
        for name in itertools.islice(self._turn, CHANGED):
            before = self.pods[name]
            count = self._turns[name] = self._turns.get(name, 0) + 1
            self.pods[name] = pod = self._pod(name, count, before["metadata"]["uid"].removeprefix("uid-"))
            event = self._event(name, count)
            self.events[event["metadata"]["name"]] = event
            changes += [
                Change(self.now, "MODIFIED", "Pod", pod),
                Change(self.now, "MODIFIED", "Event", event),
            ]
        gone = next(self._turn)
        changes.append(Change(self.now, "DELETED", "Pod", self.pods[gone]))
        self.pods[gone] = self._pod(gone, 0, next(self._uids))
        changes.append(Change(self.now, "ADDED", "Pod", self.pods[gone]))
        while len(self.events) > EVENTS:
            old = self.events.pop(next(iter(self.events)))
            changes.append(Change(self.now, "DELETED", "Event", old))
        probes = [
            Probed(
                pod["metadata"]["uid"],
                "web",
                ProbeMark(self.now, "liveness", "failure", "HTTP 404", 0.01, 1, 3),
            )
            for pod in itertools.islice(self.pods.values(), 0, PODS, 4)
        ]
        self._publish(changes, probes)

    def _publish(self, changes: list[Change], probes: list[Probed]) -> None:
        """As `LiveStream` does."""
        stream = self.attempt.stream
        stream.past.take(changes, Reading(self.now, probes, whole_since=NOW))
        objects = {"Pod": tuple(self.pods.values()), "Event": tuple(self.events.values())}
        view = view_of(objects, self.attempt.namespace, self.now, self._cache)
        self.changes, self.views = self.changes + len(changes), self.views + 1
        stream.push(replace(view, tracks=stream.past.tracks(), whole_probes=True, generation=self.views))

    def _pod(self, name: str, restarts: int, uid: object) -> dict[str, Any]:
        crashed = restarts % 2
        ended = {
            "exitCode": 1,
            "reason": "Error",
            "finishedAt": _stamp(self.now),
            "containerID": f"{uid}-{restarts}",
        }
        waiting = {
            "reason": "CrashLoopBackOff",
            "message": "back-off 10s restarting failed container=web pod=x",
        }
        state = {"waiting": waiting} if crashed else {"running": {"startedAt": _stamp(self.now)}}
        status = {
            "name": "web", "ready": not crashed, "restartCount": restarts // 2, "state": state,
            "lastState": {"terminated": ended} if crashed else {}, "containerID": f"{uid}-{restarts}",
        }  # fmt: skip
        metadata = {
            "name": name, "uid": f"uid-{uid}", "creationTimestamp": _stamp(NOW),
            "resourceVersion": str(next(self._versions)),
        }  # fmt: skip
        spec = {"containers": [{"name": "web", "image": "podlab/healthz:1", "livenessProbe": {}}]}
        conditions = [{"type": "Ready", "status": str(not crashed), "lastTransitionTime": _stamp(self.now)}]
        return {
            "kind": "Pod", "apiVersion": "v1", "metadata": metadata, "spec": spec,
            "status": {"phase": "Running", "containerStatuses": [status], "conditions": conditions},
        }  # fmt: skip

    def _event(self, name: str, count: int) -> dict[str, Any]:
        metadata = {"name": f"{name}.{count % 4}", "resourceVersion": str(next(self._versions))}
        about = {"kind": "Pod", "name": name, "uid": self.pods[name]["metadata"]["uid"]}
        return {
            "kind": "Event", "metadata": metadata,
            "involvedObject": about, "type": "Warning", "reason": "BackOff", "count": count,
            "message": f"Back-off restarting failed container web in pod {name}",
            "lastTimestamp": _stamp(self.now),
        }  # fmt: skip


def _stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Streams:
    """The threads that push views and log lines in host time."""

    def __init__(self, churn: Churn) -> None:
        self._churn = churn
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=body, daemon=True) for body in (self._views, self._lines)]

    def __enter__(self) -> Streams:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _views(self) -> None:
        pause = TICK
        while not self._ended.wait(pause):
            begun = time.perf_counter()
            self._churn.tick(pause)
            pause = rest_after(time.perf_counter() - begun)

    def _lines(self) -> None:
        numbers = itertools.count()
        while not self._ended.wait(0.01):
            log, now = self._churn.attempt.opened, self._churn.now
            if log is not None:
                log.write(*(LogLine(now, f"GET /health 404 request {next(numbers)}") for _ in range(10)))


def begun(home: Path) -> Churn:
    """The namespace, and a lab in a home of its own to look at it with."""
    churn = Churn(ScriptedLab(home))
    churn.tick(1.0)
    return churn
