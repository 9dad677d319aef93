"""What was done to an exercise beside what its pods went through: applies, checks, what came of them.

Kept on disk since the namespace was made, the latest `MOST`; a place that cannot be written costs the debrief
some lines, no more. Callers hold the exercise's lock.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import msgspec

from lab.attempt import durable
from lab.errors import LabError
from lab.model.debrief import Event
from lab.model.verdict import State

if TYPE_CHECKING:
    from pathlib import Path

    from lab.attempt.attempt import Attempt
    from lab.attempt.views import ApplyResult
    from lab.model.verdict import Verdict

MOST = 200


def of(attempt: Attempt) -> tuple[Event, ...]:
    """In order; none where nothing was kept, or what was makes no sense."""
    try:
        return tuple(msgspec.json.decode(_path(attempt).read_bytes(), type=list[Event]))
    except (OSError, msgspec.MsgspecError):
        return ()


def begin(attempt: Attempt) -> None:
    """The namespace was made: nothing was done in it yet."""
    _write(attempt, ())


def applied(attempt: Attempt, result: ApplyResult, at: float) -> None:
    """Files went into the cluster from `at` on (cluster time), if that changed anything there."""
    done = [f"{one} rebuilt" for one in result.images]
    done += [f"{one} created" for one in result.created]
    done += [f"{one} configured" for one in result.configured]
    done += [f"{one} removed" for one in result.pruned]
    if done:
        did(attempt, Event(at, "apply", ", ".join(done)))


def did(attempt: Attempt, event: Event) -> None:
    """Something was done, at once: a check that is called off has still deleted its pods."""
    _write(attempt, (*of(attempt), event)[-MOST:])


def checked(attempt: Attempt, verdict: Verdict) -> None:
    """A check came to its end."""
    asked = [one for one in verdict.findings if one.kind != "guard"]
    passed = sum(1 for one in asked if one.state is State.PASSED)
    took = f"in {verdict.cluster_seconds:.0f} s"
    if verdict.state is State.PASSED:
        _note(attempt, "check", f"solved: all {passed} passed, {took}")
        return
    trouble = next((one.title for one in asked if one.state not in {State.PASSED, State.SKIPPED}), "")
    _note(attempt, "check", f"{verdict.state.value}: {passed} of {len(asked)} passed, {took}; {trouble}")


def _note(attempt: Attempt, who: str, what: str) -> None:
    with contextlib.suppress(LabError):
        did(attempt, Event(attempt.client.now(), who, what))


def _write(attempt: Attempt, events: tuple[Event, ...]) -> None:
    with contextlib.suppress(LabError):
        durable.write(_path(attempt), msgspec.json.encode(events))


def _path(attempt: Attempt) -> Path:
    return attempt.settings.home / "stories" / f"{attempt.exercise.name}.deeds.json"
