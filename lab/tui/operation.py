"""A long operation as the TUI sees it: what it is, what it told, how it is stopped, how it failed."""

from __future__ import annotations

import traceback
from collections import deque
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from lab.attempt.cancel import Cancel
from lab.errors import Cancelled, CommandFailed, ContentError, LabError, NotAbleError, ObservationLost, Place

if TYPE_CHECKING:
    from pathlib import Path

    from textual.message_pump import MessagePump

    from lab.attempt.last_verdict import Kept
    from lab.attempt.views import ApplyResult, Drift
    from lab.model.verdict import Verdict
    from lab.tui.view import FileText

NARRATION_LINES = 1000
"""So many of the last lines of narration are kept."""


class Kind(StrEnum):
    """What a long operation is; the value is its title."""

    START = "Starting"
    APPLY = "Applying"
    CHECK = "Checking"
    RESET = "Resetting"
    CONNECT = "Bringing the cluster up"
    HINT = "Hint"
    SOLUTION = "Solution"
    ANSWER = "Answering"
    DEBRIEF = "Debrief"
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
    reply_to: MessagePump | None = None
    """The screen that asked."""
    narration: deque[str] = field(default_factory=lambda: deque(maxlen=NARRATION_LINES))

    @property
    def title(self) -> str:
        """`Checking wrong-path`."""
        return f"{self.kind.value} {self.subject}".rstrip()


@dataclass(frozen=True)
class Applied:
    """What an apply did, and the files it took."""

    result: ApplyResult
    files: tuple[FileText, ...]


@dataclass(frozen=True)
class Checked:
    """What a check found, and what was kept of it (None: nothing could be)."""

    verdict: Verdict
    kept: Kept | None


@dataclass(frozen=True)
class WouldOverwrite:
    """What an apply would undo in the cluster: nothing was done yet."""

    found: tuple[Drift, ...]
    edited: list[tuple[FileText, str]]


@dataclass(frozen=True)
class WasReset:
    """Where a reset kept the learner's files (None: nothing was edited), and the files as they are now."""

    backup: Path | None
    files: tuple[FileText, ...]


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
    """The learner called it off; `what` tells how it was left."""
    environment: bool = False
    """It is about the cluster or this machine, not about what the learner wrote."""
    lost: bool = False
    """The cluster stopped answering."""

    @classmethod
    def given_up(cls, operation: Operation) -> Failure:
        """The failure of an operation that was cancelled and did not end: nobody waits for it any more."""
        what = "given up: the lab waits no longer. The last request may still take effect in the cluster"
        return cls(what=what, command=operation.command, cancelled=True)

    @classmethod
    def of(cls, problem: BaseException, operation: Operation) -> Failure:
        """The failure an exception makes of an operation."""
        told = "\n".join(operation.narration)
        if isinstance(problem, ObservationLost):
            # What comes behind the colon is the transport's own wording: for those who want to know.
            what, _, reason = problem.what.partition(": ")
            return replace(cls._known(problem, operation), what=what, detail=f"{told}\n{reason}".strip())
        if isinstance(problem, Cancelled):
            return cls(what="cancelled, nothing was left half done", cancelled=True, detail=told)
        if isinstance(problem, CommandFailed):
            # The command is the one that failed, not what asked for it.
            known = cls._known(problem, operation)
            said = problem.output.strip()
            last = next((line for line in reversed(said.splitlines()) if line.strip()), "")
            what = f"{problem.summary}: {last.strip()}" if last else problem.summary
            return replace(known, what=what, command=problem.command, detail=said or told)
        if isinstance(problem, LabError):
            return replace(cls._known(problem, operation), detail=told)
        trace = "".join(traceback.format_exception(problem))
        return cls(
            what=f"Podlab stumbled over itself: {type(problem).__name__}: {problem}",
            remedy="this is a mistake in Podlab; please report it with the text below",
            command=operation.command,
            detail=f"{told}\n{trace}".strip(),
        )

    @classmethod
    def _known(cls, problem: LabError, operation: Operation) -> Failure:
        from lab.report.wording import worded  # noqa: PLC0415 (the first frame has no failure)
        from lab.tui.wording import KEYS  # noqa: PLC0415 (likewise)

        return cls(
            what=problem.what,
            where=str(problem.where or ""),
            place=problem.where if isinstance(problem.where, Place) else None,
            remedy=worded(problem.remedy, KEYS),
            # A mistake in a file is seen in the file: no command makes it clearer.
            command="" if isinstance(problem, ContentError) else operation.command,
            environment=isinstance(problem, NotAbleError | ObservationLost),
            lost=isinstance(problem, ObservationLost),
        )
