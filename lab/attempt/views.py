"""What front ends are shown: immutable values, ready to print, without a cluster client behind them.

Durations are seconds; moments are cluster time in seconds since the Unix epoch unless a field says host time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lab.model.observation import Object
    from lab.model.tracks import PodTrack


class FileState(StrEnum):
    """How a workspace file stands against what the exercise came with."""

    UNCHANGED = "unchanged"
    EDITED = "edited"
    ADDED = "added"
    """The learner made it; it is applied with the others."""
    MISSING = "missing"
    """The exercise came with it and it is gone."""
    FOREIGN = "foreign"
    """It was there before the exercise; the lab never reads, applies or removes it."""


class FileRole(StrEnum):
    """What the lab does with a workspace file."""

    MANIFEST = "manifest"
    """Applied to the cluster."""
    IMAGE = "image"
    """Part of the image that is built."""
    OTHER = "other"


@dataclass(frozen=True)
class WorkspaceFile:
    """One file of the learner's."""

    path: Path
    name: str
    """Path inside the workspace, with forward slashes."""
    role: FileRole
    state: FileState


@dataclass(frozen=True)
class ApplyResult:
    """What an apply did, objects as `deployment/web`."""

    created: tuple[str, ...] = ()
    configured: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    pruned: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    """Warnings of the API server, with the file they concern in front."""
    images: tuple[str, ...] = ()
    """References of the images that were rebuilt."""
    undone: tuple[Drift, ...] = ()
    """What applying would have undone in the cluster; then nothing was applied."""

    @property
    def changed(self) -> bool:
        """Whether anything in the cluster is different now."""
        return bool(self.created or self.configured or self.pruned or self.images)


@dataclass(frozen=True)
class Drift:
    """A field whose live value is not what the file says."""

    object: str
    """`deployment/web`."""
    path: str
    """`spec.template.spec.containers[0].image`; empty: the whole object."""
    file: str
    """The workspace file that declares the object; empty: no file does."""
    in_file: str
    live: str


@dataclass(frozen=True)
class Hint:
    """One rung of the ladder of hints."""

    rung: int
    """1-based."""
    of: int
    title: str
    text: str
    """Markdown."""


@dataclass(frozen=True)
class SolutionFile:
    """One file of the declared solution."""

    name: str
    text: str


@dataclass(frozen=True)
class PodRow:
    """A pod as `kubectl get pods` tells it."""

    name: str
    uid: str
    ready: str
    """`1/2`."""
    status: str
    """The STATUS column: `CrashLoopBackOff`, `Init:Error`, `Terminating`, `Running`, …"""
    restarts: int
    restarted: float | None
    """Seconds since the last restart; None: never."""
    age: float
    """Seconds since it was created."""
    containers: tuple[str, ...]
    """Init containers first, then containers."""
    object: Object = field(repr=False)


@dataclass(frozen=True)
class EventRow:
    """An event as `kubectl events` tells it."""

    age: float
    """Seconds since it was last seen."""
    at: float
    type: str
    """`Normal` or `Warning`."""
    reason: str
    object: str
    """`pod/web-5d9c7-x2x7v`."""
    message: str
    count: int


@dataclass(frozen=True)
class WorkloadRow:
    """A Deployment, ReplicaSet, Service, … in one line."""

    kind: str
    name: str
    summary: str
    """`1/1 ready`, `endpoints 10.244.0.5:8080`."""
    age: float
    object: Object = field(repr=False)


@dataclass(frozen=True)
class LiveView:
    """The namespace at one moment. Published whole, never changed."""

    namespace: str
    now: float
    """Cluster time."""
    pods: tuple[PodRow, ...] = ()
    events: tuple[EventRow, ...] = ()
    """Latest last."""
    workloads: tuple[WorkloadRow, ...] = ()
    objects: Mapping[str, tuple[Object, ...]] = field(default_factory=dict, repr=False)
    """Everything watched, by kind."""
    tracks: Mapping[str, PodTrack] = field(default_factory=dict, repr=False)
    """What each pod went through, by its UID; pods that are gone included."""
    whole_probes: bool = False
    """Whether this cluster tells of every probe, and not only of those that failed."""
    lost: str = ""
    """Why this view may be out of date (the cluster does not answer); empty while it is live."""
    generation: int = 0
    """Grows by one with each view of a stream."""
