"""Exit codes: the command line's answer to whoever calls it from a script."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from lab.errors import Cancelled, LabError, NotAbleError, ObservationLost
from lab.model.state import State

if TYPE_CHECKING:
    from collections.abc import Iterable


class ExitCode(IntEnum):
    """What each exit code means; over several results the largest of 4, 3 and 1 counts."""

    PASSED = 0
    """All that was asked for holds, or was done."""
    NOT_PASSED = 1
    """A verdict was reached, and it is not passed."""
    WRONG_USE = 2
    """The command line, an exercise or a file makes no sense."""
    NOT_ABLE = 3
    """Something the lab needs is missing or broken: a cluster, Docker, kubectl, a directory."""
    UNKNOWN = 4
    """No verdict was reached: the cluster stopped answering, or time was not enough to tell."""
    INTERRUPTED = 130
    """Ctrl-C; nothing was left half done. What is ended by it (`watch`, `cluster serve`) has passed."""


def of_state(state: State) -> ExitCode:
    """The exit code for a verdict."""
    return {
        State.PASSED: ExitCode.PASSED,
        State.FAILED: ExitCode.NOT_PASSED,
        State.WAITING: ExitCode.UNKNOWN,
        State.UNKNOWN: ExitCode.UNKNOWN,
        State.SKIPPED: ExitCode.NOT_ABLE,
    }[state]


def of_error(error: LabError) -> ExitCode:
    """The exit code for an error the lab raised."""
    if isinstance(error, Cancelled):
        return ExitCode.INTERRUPTED
    if isinstance(error, ObservationLost):
        return ExitCode.UNKNOWN
    if isinstance(error, NotAbleError) or _refused_by_server(error):
        return ExitCode.NOT_ABLE
    return ExitCode.WRONG_USE


def _refused_by_server(error: LabError) -> bool:
    from lab.kube import ApiError

    return isinstance(error, ApiError)


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """The exit code over several results: the largest of them; passed when there are none."""
    return max(codes, default=ExitCode.PASSED)
