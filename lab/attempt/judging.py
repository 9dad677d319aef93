"""Judging an attempt, and keeping what came of it: progress, evidence for the debrief, notes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lab.attempt import answers, bringing, deeds, last_verdict, solved
from lab.attempt.verify import verify
from lab.errors import Cancelled, LabError
from lab.model.progress import Standing
from lab.model.verdict import State

if TYPE_CHECKING:
    from lab.attempt.attempt import Attempt, OnFinding
    from lab.attempt.cancel import Cancel, Narrate
    from lab.model.debrief import Event
    from lab.model.progress import Record
    from lab.model.verdict import Verdict


def judge(attempt: Attempt, narrate: Narrate, cancel: Cancel | None, on_finding: OnFinding | None) -> Verdict:
    """Judge the live objects and record the result.

    Raises:
        NotAbleError: the exercise does not run on this cluster.
    """
    record = attempt.record()

    def did(event: Event) -> None:
        deeds.did(attempt, event)
        narrate(f"the lab {event.what}")

    with attempt.alone():
        bringing.require_running(attempt, narrate)
        try:
            verdict = verify(
                attempt.exercise,
                attempt.client,
                attempt.provider.clock(),
                attempt.namespace,
                provider=attempt.provider.name,
                baseline=record.baseline,
                answers=record.answers,
                answered=answers.restored(record.findings),
                narrate=narrate,
                cancel=cancel,
                on_finding=on_finding,
                on_deed=did,
            )
        except Cancelled:
            deeds.called_off(attempt)
            raise
        deeds.checked(attempt, verdict)
        last_verdict.keep(attempt, verdict)
    notes = (*verdict.notes, *_drift_notes(attempt, verdict.state))
    solved.keep(attempt, verdict)
    _record(attempt, verdict.state)
    if unwritten := attempt.progress_file.unwritten:  # a verdict is not lost because the disk is full
        notes += (f"not recorded: {unwritten}",)
    return replace(verdict, notes=notes)


def _drift_notes(attempt: Attempt, state: State) -> tuple[str, ...]:
    """That what was judged is not what the files say; where it passed, how it is handed in all the same."""
    try:
        found = attempt.drift()
    except LabError:
        return ()  # the verdict is about the cluster; files that cannot be read change nothing in it
    objects = ", ".join(dict.fromkeys(one.object for one in found))
    said = f"judged was what runs in the cluster; it differs from your files in {objects}"
    if found and state is State.PASSED:
        said += "; to hand it in, podlab export DIR writes what runs as files"
    return (said,) if found else ()


def _record(attempt: Attempt, state: State) -> None:
    now = attempt.progress_file.now()

    def judged(record: Record) -> Record:
        counted = replace(record, checks=record.checks + 1)
        if state is not State.PASSED or record.standing is Standing.SOLVED:
            return counted
        return replace(counted, standing=Standing.SOLVED, solved_at=now)

    attempt.note(judged)
