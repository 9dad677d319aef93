"""A long operation as the TUI sees it: what it is, what it told, how it is stopped, how it failed."""

from __future__ import annotations

import traceback
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum

from lab.attempt.cancel import Cancel
from lab.errors import Cancelled, LabError, Place

NARRATION_LINES = 1000
"""So many of the last lines of narration are kept."""


class Kind(StrEnum):
    """What a long operation is; the value is its title."""

    START = "Starting"
    APPLY = "Applying"
    CHECK = "Checking"
    RESET = "Resetting"
    CONNECT = "Bringing the cluster up"
    CLOCK = "Setting the clock"
    ADVANCE = "Skipping ahead"
    HINT = "Hint"
    SOLUTION = "Solution"
    ANSWER = "Answering"
    HANDOFF = "Handing over"


@dataclass(eq=False)
class Operation:
    """One long operation. Identity is what counts: two checks are two operations."""

    kind: Kind
    subject: str
    """What it works on, for the title: an exercise's name."""
    command: str
    """The command line that does the same, for the error screen."""
    cancel: Cancel = field(default_factory=Cancel)
    narration: deque[str] = field(default_factory=lambda: deque(maxlen=NARRATION_LINES))

    @property
    def title(self) -> str:
        """`Checking wrong-path`."""
        return f"{self.kind.value} {self.subject}".rstrip()


@dataclass(frozen=True)
class Failure:
    """Why an operation failed, ready to show."""

    what: str
    where: str = ""
    place: Place | None = None
    """The same, where it is a line of a file."""
    remedy: str = ""
    command: str = ""
    """The command that reproduces it."""
    detail: str = ""
    """Narration so far, and the trace of an error that nobody foresaw."""
    cancelled: bool = False

    @classmethod
    def of(cls, problem: BaseException, operation: Operation) -> Failure:
        """The failure an exception makes of an operation."""
        told = "\n".join(operation.narration)
        if isinstance(problem, LabError):
            return cls(
                what=problem.what,
                where=str(problem.where or ""),
                place=problem.where if isinstance(problem.where, Place) else None,
                remedy=problem.remedy,
                command=operation.command,
                detail=told,
                cancelled=isinstance(problem, Cancelled),
            )
        trace = "".join(traceback.format_exception(problem))
        return cls(
            what=f"Podlab stumbled over itself: {type(problem).__name__}: {problem}",
            remedy="this is a mistake in Podlab; please report it with the text below",
            command=operation.command,
            detail=f"{told}\n{trace}".strip(),
        )
