"""What was done to an exercise beside what its pods went through: applies, checks, what came of them.

And the reset it began with, hints, answers, what kubectl in place was told to write. Kept on disk since the
namespace was made, the latest `MOST`; a place that cannot be written, or a cluster that does not tell the
time, costs the debrief some lines, no more.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

import msgspec

from lab.attempt import clusters, durable, locks
from lab.errors import LabError
from lab.model.debrief import Event
from lab.model.verdict import State

if TYPE_CHECKING:
    from pathlib import Path

    from lab.attempt.attempt import Attempt
    from lab.attempt.views import ApplyResult
    from lab.model.verdict import Verdict

MOST = 200
LONGEST = 160
"""Characters of a command line that are kept."""
_LOCK_SECONDS = 1.0
_PATIENCE_SECONDS = 1.0
"""Host seconds that what needs no cluster waits for one to tell the time."""


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
    lock = _path(attempt).with_suffix(".lock")
    with contextlib.suppress(LabError), locks.held(lock, _LOCK_SECONDS, "another podlab writes it"):
        _write(attempt, (*of(attempt), event)[-MOST:])


def was_reset(attempt: Attempt, at: float) -> None:
    """What was done before is gone with the namespace; that it was is told."""
    did(attempt, Event(at, "reset", "files and cluster are as at the start"))


def hinted(attempt: Attempt, rung: int, title: str) -> None:
    """A hint was shown; the cluster may be away, and is not started for it."""
    _aside(attempt, "hint", f"{rung}: {title}")


def answered(attempt: Attempt, answer: str, state: State) -> None:
    """A diagnosis question was answered."""
    _note(attempt, "answer", f"{answer!r}: {'right' if state is State.PASSED else 'not right'}")


def wrote(attempt: Attempt, line: str, seconds: float, code: int | None) -> None:
    """A command of kubectl in place that writes has run so long; None: it had the terminal to itself."""
    line = " ".join(line.split())
    shown = line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
    _aside(attempt, "kubectl", f"{shown} (exit {code})" if code else shown, ago=seconds)


def _aside(attempt: Attempt, who: str, what: str, ago: float = 0.0) -> None:
    """Note it, without waiting long for a cluster that hangs."""

    def note() -> None:
        with contextlib.suppress(LabError):
            clusters.kubeconfig(attempt.provider, start=False)
            _note(attempt, who, what, ago)

    noting = threading.Thread(target=note, daemon=True, name="deeds")
    noting.start()
    noting.join(_PATIENCE_SECONDS)


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


def called_off(attempt: Attempt) -> None:
    """A check was broken off before it came to its end."""
    _note(attempt, "check", "called off")


def _note(attempt: Attempt, who: str, what: str, ago: float = 0.0) -> None:
    with contextlib.suppress(LabError):
        did(attempt, Event(attempt.client.now() - ago, who, what))


def _write(attempt: Attempt, events: tuple[Event, ...]) -> None:
    with contextlib.suppress(LabError):
        durable.write(_path(attempt), msgspec.json.encode(events))


def _path(attempt: Attempt) -> Path:
    return attempt.settings.home / "stories" / f"{attempt.exercise.name}.deeds.json"
