"""What proving an exercise found: one trial a variant, and whether the exercise is what it says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from lab.model.verdict import Verdict


class Result(StrEnum):
    """What became of one trial."""

    HELD = "held"
    """The variant behaved as declared."""
    NOT_HELD = "not held"
    UNKNOWN = "unknown"
    """The cluster stopped answering: nothing can be said."""
    SKIPPED = "skipped"
    """The provider cannot do what the exercise needs."""
    UNABLE = "unable"
    """It could not be tried: an error of the environment or of the exercise's files."""


@dataclass(frozen=True)
class Trial:
    """One variant of one exercise, tried."""

    exercise: str
    variant: str
    """`broken`, `solution`, `alternates/patch`, `cheats/probe-removed`."""
    result: Result
    expected: str
    observed: str
    verdict: Verdict | None = None
    problem: str = ""
    """The error, when it could not be tried."""
    wall_seconds: float = 0.0

    @property
    def held(self) -> bool:
        """Whether nothing speaks against the exercise."""
        return self.result in {Result.HELD, Result.SKIPPED}


@dataclass(frozen=True)
class Proof:
    """All trials."""

    provider: str
    trials: tuple[Trial, ...]

    @property
    def holds(self) -> bool:
        """Whether every trial held, or was skipped by name; an empty proof proves nothing."""
        return bool(self.trials) and all(trial.held for trial in self.trials)
