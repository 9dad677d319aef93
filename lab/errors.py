"""The lab's own errors: every one says what went wrong, where, and what to do about it.

The kinds follow the exit codes of the command line: wrong use, an environment that is not able, an answer
that could not be had. A failing exercise is no error; it is a verdict.

    LabError
    ├── UsageError          the caller asked for something that does not exist or does not make sense (2)
    │   └── ContentError    an exercise, manifest, submission or settings file is wrong (2)
    ├── NotAbleError        something the lab needs is missing or broken: docker, kubectl, a cluster (3)
    │   └── CommandFailed   a program the lab ran failed: which, how to run it again, what it said (3)
    └── ObservationLost     the cluster stopped answering while it was being watched (4)
"""

from __future__ import annotations

import errno
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """Where an error sits: a file, in it a line (1-based) and a path (`spec.containers[0].image`)."""

    file: str
    line: int | None = None
    path: str | None = None

    def __str__(self) -> str:
        """`file:line (path)`, as editors and terminals make it clickable."""
        line = f":{self.line}" if self.line is not None else ""
        path = f" ({self.path})" if self.path else ""
        return f"{self.file}{line}{path}"


def disk_remedy(error: OSError, otherwise: str) -> str:
    """What to do about a place that cannot be written: make room where it is full, else `otherwise`."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return "make room on the disk, then run the command again; nothing was lost"
    return otherwise


class LabError(Exception):
    """An error a user is shown: one sentence of what happened, the place, and the remedy."""

    def __init__(self, what: str, *, where: Place | str | None = None, remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        """The three parts on one to three lines: `where: what`, then the remedy."""
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head}\n  {self.remedy}" if self.remedy else head


class UsageError(LabError):
    """What was asked for does not exist or does not make sense."""


class ContentError(UsageError):
    """A file the user or an author wrote is wrong."""


class NotAbleError(LabError):
    """The environment lacks something that the lab needs: an engine, a program, a cluster, a right."""


class CommandFailed(NotAbleError):  # noqa: N818 (what happened, not a mistake of the caller)
    """A program ended badly, did not start, or took too long.

    `what` has the command, ready to be pasted into a shell, and the end of its output; `returncode` is None
    unless it ended by itself.
    """

    def __init__(
        self, summary: str, *, command: str, output: str, returncode: int | None, remedy: str, lines: int = 40
    ) -> None:
        said = "".join(f"\n  {line}" for line in output.splitlines()[-lines:])
        super().__init__(f"{summary}\n  $ {command}{said}", remedy=remedy)
        self.summary = summary
        """Without command and output."""
        self.command = command
        self.output = output
        self.returncode = returncode


class ObservationLost(LabError):  # noqa: N818 (it is a state of knowledge, not a mistake)
    """The cluster stopped answering while it was being watched: nothing can be said about it."""


class Cancelled(LabError):  # noqa: N818 (the user's wish, not a mistake)
    """The user interrupted a long operation; nothing was left half done."""
