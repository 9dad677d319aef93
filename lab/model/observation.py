"""What was seen of a cluster: one immutable snapshot, and the timeline that led to it.

Times are cluster time in seconds since the Unix epoch, whatever the provider; on a real cluster that is the
cluster's own clock. Objects are the API's JSON, unchanged, keyed by kind (`Pod`, `Deployment`, `Event`, …).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Object = dict[str, Any]
"""A Kubernetes object as JSON; shared, never to be changed."""

KINDS = (
    "Pod",
    "Deployment",
    "ReplicaSet",
    "Job",
    "Service",
    "Endpoints",
    "ConfigMap",
    "Secret",
    "Event",
)
"""What is observed, and so what a check can look at.

Endpoints rather than EndpointSlice, which 1.20 serves in another version only.
"""


def lean(obj: Object) -> Object:
    """An object without who set which field: nobody looks at that, and it is half of an object."""
    if "managedFields" not in obj["metadata"]:
        return obj
    metadata = {key: value for key, value in obj["metadata"].items() if key != "managedFields"}
    return {**obj, "metadata": metadata}


@dataclass(frozen=True)
class Change:
    """One watch event: an object was added, modified or deleted."""

    at: float
    type: str
    kind: str
    object: Object


@dataclass(frozen=True)
class Mark:
    """Something the lab or learner did, on the same axis: `applied`, `injected`, `undone`, `cold-start`."""

    at: float
    what: str
    detail: str = ""


@dataclass(frozen=True)
class Answer:
    """What an HTTP request made by the lab got. `error` is set when there was no answer at all."""

    at: float
    target: str
    path: str
    status: int = 0
    body: str = ""
    error: str = ""


@dataclass(frozen=True)
class Snapshot:
    """All objects of the lab's interest in one namespace at one moment."""

    namespace: str
    now: float
    objects: Mapping[str, Sequence[Object]] = field(default_factory=dict)
    logs: Mapping[tuple[str, str, bool], str] = field(default_factory=dict)
    """Log text by (pod, container, previous)."""

    def of(self, kind: str) -> Sequence[Object]:
        """Objects of a kind, by name."""
        return self.objects.get(kind, ())


@dataclass(frozen=True)
class Timeline:
    """Changes in the order they were seen, with marks between them."""

    changes: Sequence[Change] = ()
    marks: Sequence[Mark] = ()
    answers: Sequence[Answer] = ()
    lost: str = ""
    """Why the record has a hole (the watch broke and history was gone); empty when it is whole."""
    since: float = 0.0
    """Cluster time from which on this record is whole."""


@dataclass(frozen=True)
class Observation:
    """What checks judge: where things stand, how they got there, and what they were measured against."""

    snapshot: Snapshot
    timeline: Timeline
    baseline: Mapping[str, Any] = field(default_factory=dict)
    """Facts kept from an earlier moment (pod UIDs and restart counts at the start, the Deployment's UID)."""
