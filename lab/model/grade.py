"""What became of a submission: judged, refused, or not to be decided here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from lab.model.verdict import State, Verdict


class Outcome(StrEnum):
    """What became of a submission."""

    PASSED = "passed"
    NOT_PASSED = "not passed"
    REFUSED = "refused"
    """It holds what a submission has no business with, or what the server refuses; nothing was judged."""
    UNABLE = "not able"
    """This environment cannot grade it."""
    UNKNOWN = "unknown"
    """The cluster could not be observed to the end."""

    @property
    def decided(self) -> bool:
        """Whether this says something about the submission rather than about the environment."""
        return self in {Outcome.PASSED, Outcome.NOT_PASSED, Outcome.REFUSED}


@dataclass(frozen=True)
class Grade:
    """The result of one submission."""

    submission: Path
    exercise: str
    outcome: Outcome
    verdict: Verdict | None = None
    problems: tuple[str, ...] = ()
    """Why nothing was judged, each with its place and remedy."""

    @property
    def headline(self) -> str:
        """The reason in a line; empty when it passed."""
        if self.verdict is not None and self.outcome is not Outcome.PASSED:
            for state in (State.FAILED, State.UNKNOWN, State.WAITING, State.SKIPPED):
                for finding in self.verdict.findings:
                    if finding.state is state:
                        return f"{finding.title}: {finding.observed}"
        return self.problems[0].splitlines()[0] if self.problems else ""
