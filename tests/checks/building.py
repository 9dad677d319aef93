"""Observations made by hand: a small cluster in words, as the traces of a real kubelet have it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from lab.model.observation import Answer, Change, Observation, Snapshot, Timeline

Object = dict[str, Any]
EPOCH = 1_767_225_600.0


def stamp(at: float) -> str:
    """Seconds since the test's beginning as an API time."""
    return datetime.fromtimestamp(EPOCH + at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def deployment(name: str = "web", *, replicas: int = 1, ready: int | None = None, **spec: Any) -> Object:
    """A Deployment, rolled out unless `ready` says less."""
    there = replicas if ready is None else ready
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "uid": f"d-{name}", "generation": 2},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, **spec},
        "status": {
            "observedGeneration": 2,
            "replicas": replicas, "updatedReplicas": replicas, "availableReplicas": there,
        },
    }  # fmt: skip


def replicaset(owner: str = "web", *, revision: int = 0) -> Object:
    """The Deployment's only ReplicaSet, or the one of a revision, which owns pods of `owner="web@1"`."""
    of = f"@{revision}" if revision else ""
    return {
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"{owner}-{revision or 1}",
            "uid": f"r-{owner}{of}",
            "ownerReferences": [{"uid": f"d-{owner}"}],
            "annotations": {"deployment.kubernetes.io/revision": str(revision or 1)},
        },
    }


def pod(
    name: str = "web-1-a",
    *,
    owner: str = "web",
    ready: bool = True,
    restarts: int = 0,
    state: Object | None = None,
    last: Object | None = None,
    deleted: bool = False,
    uid: str = "",
) -> Object:
    """A pod with one container `app`."""
    metadata: Object = {"name": name, "uid": uid or f"p-{name}", "creationTimestamp": stamp(0)}
    if owner:
        metadata["ownerReferences"] = [{"uid": f"r-{owner}"}]
    if deleted:
        metadata["deletionTimestamp"] = stamp(1)
    container: Object = {"name": "app", "restartCount": restarts, "ready": ready}
    container["state"] = state or {"running": {"startedAt": stamp(0)}}
    if last is not None:
        container["lastState"] = {"terminated": last}
    return {
        "kind": "Pod",
        "metadata": metadata,
        "spec": {"containers": [{"name": "app"}]},
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
            "containerStatuses": [container],
        },
    }


def event(
    reason: str, message: str, *, of: str = "p-web-1-a", at: float = 0.0, count: int = 1,
    type_: str = "Warning",
    name: str = "", component: str = "kubelet",
) -> Object:  # fmt: skip
    """An event of core/v1 about a pod."""
    return {
        "kind": "Event",
        "metadata": {"name": name or f"{reason}-{of}".lower()},
        "involvedObject": {"kind": "Pod", "name": of.removeprefix("p-"), "uid": of},
        "reason": reason, "message": message, "type": type_, "count": count, "lastTimestamp": stamp(at),
        "source": {"component": component},
    }  # fmt: skip


@dataclass
class Story:
    """A cluster and what happened in it, told step by step."""

    objects: dict[str, Object] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    baseline: dict[str, Any] = field(default_factory=dict)
    logs: dict[tuple[str, str, bool], str] = field(default_factory=dict)
    lost: str = ""
    lost_at: float = 0.0

    def has(self, *objects: Object) -> Story:
        """These are there from the beginning."""
        for obj in objects:
            self.objects[f"{obj['kind']}/{obj['metadata']['name']}"] = obj
        return self

    def then(self, at: float, *objects: Object, type_: str = "MODIFIED") -> Story:
        """These were seen at a moment."""
        for obj in objects:
            self.changes.append(Change(EPOCH + at, type_, obj["kind"], obj))
            if type_ == "DELETED":
                self.objects.pop(f"{obj['kind']}/{obj['metadata']['name']}", None)
            else:
                self.has(obj)
        return self

    def answered(
        self, at: float, target: str, path: str, status: int, body: str = "", error: str = ""
    ) -> Story:
        """An application answered the lab."""
        self.answers.append(Answer(EPOCH + at, target, path, status, body, error))
        return self

    def at(self, now: float) -> Observation:
        """What is known at a moment."""
        kinds: dict[str, list[Object]] = {}
        for obj in self.objects.values():
            kinds.setdefault(obj["kind"], []).append(obj)
        timeline = Timeline(
            tuple(self.changes),
            (),
            tuple(self.answers),
            self.lost,
            EPOCH + self.lost_at if self.lost else EPOCH,
        )
        return Observation(Snapshot("ns", EPOCH + now, kinds, self.logs), timeline, self.baseline)


def healthy() -> Story:
    """A Deployment `web` with one ready pod."""
    return Story().has(deployment(), replicaset(), pod())
