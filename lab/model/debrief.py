"""What a debrief tells, as facts: the verdict that passed, what was changed, what happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lab.model.progress import Ahead, Record
from lab.model.verdict import Finding


@dataclass(frozen=True)
class Solved:
    """A verdict that passed, and what it was about."""

    at: float
    """Host time, seconds since the Unix epoch."""
    cluster_seconds: float
    findings: tuple[Finding, ...]
    files: Mapping[str, str] = field(default_factory=dict)
    """The learner's files by name, those that are text."""
    replaced: frozenset[str] = frozenset()
    """UIDs of the pods that the check itself deleted, for its cold start."""


@dataclass(frozen=True)
class FileChange:
    """One file, broken and as it was when the exercise was solved."""

    name: str
    lines: tuple[str, ...]
    """A unified diff without its head: each line begins with a space, `-`, `+` or `@@`."""


@dataclass(frozen=True)
class FieldChange:
    """A field that was changed in the cluster otherwise than by files."""

    object: str
    path: str
    in_file: str
    live: str


@dataclass(frozen=True)
class Event:
    """Something that happened to a pod, was done to the exercise, or to do with those who watched."""

    at: float
    """Cluster time, seconds since the Unix epoch."""
    object: str
    """`pod/NAME`, what was done (`apply`, `check`, `hint`, `answer`, `kubectl`, `reset`), or `lab` (what that
    did while it checked); empty: who watched."""
    what: str
    pods: tuple[str, ...] = ()
    """UIDs of the pods that it ended."""


@dataclass(frozen=True)
class Debriefing:
    """All parts."""

    text: str
    """What the exercise's author says of it (Markdown)."""
    record: Record
    solved: Solved | None
    """None: it was solved by a lab that kept no evidence, or the place was full."""
    changes: tuple[FileChange, ...]
    live: tuple[FieldChange, ...]
    story: tuple[Event, ...]
    ahead: Ahead
    """What comes next."""
