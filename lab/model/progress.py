"""What a learner has done so far: one record an exercise, kept by `attempt.progress_file`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class Standing(StrEnum):
    """How far a learner is with an exercise."""

    NEW = "new"
    STARTED = "started"
    SOLVED = "solved"


@dataclass(frozen=True)
class Record:
    """One exercise's progress. Moments are host time, seconds since the Unix epoch."""

    standing: Standing = Standing.NEW
    started_at: float | None = None
    solved_at: float | None = None
    checks: int = 0
    hints: int = 0
    """Highest rung of hints shown, 0-3."""
    solution_seen: bool = False
    workspace: str = ""
    """Directory of the learner's files; empty: the lab's default place for it."""
    provider: str = ""
    namespace: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    """Answers given to diagnosis questions, by question id."""
    findings: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """How these answers were graded by the evidence at the time, where there was some; by question id."""
    baseline: Mapping[str, object] = field(default_factory=dict)
    """Facts recorded when the broken state was first applied (pod UIDs, the Deployment's UID)."""


@dataclass(frozen=True)
class Progress:
    """All records, by exercise name; an exercise without a record is new."""

    records: Mapping[str, Record] = field(default_factory=dict)
    current: str = ""
    """The exercise last started or taken up again: what `check`, `hint`, … mean without a name."""

    def of(self, exercise: str) -> Record:
        """The record of an exercise, an empty one if there is none."""
        return self.records.get(exercise, Record())


class Ahead(NamedTuple):
    """Which exercise comes next for a learner; a dataclass costs the first frame a millisecond."""

    name: str = ""
    """Empty: there is none, all are solved."""
    passed: tuple[str, ...] = ()
    """Those not solved that stand before it, each with what stands in its way, if something does."""
    begun: tuple[str, ...] = ()
    """Others that were started and are not solved, and are not among `passed`."""
