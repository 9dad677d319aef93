"""The debrief of a solved exercise: what it was, why it counts as mended, what was changed, what happened.

Nothing is checked again for it. What a part has to say is a value; how it looks is the front end's.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from lab.attempt import solved
from lab.errors import LabError
from lab.model.debrief import Debriefing, Event, FieldChange, FileChange
from lab.model.progress import Standing
from lab.model.tracks import RUNNING, TERMINATED, WAITING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lab.attempt.attempt import Attempt
    from lab.model.progress import Progress
    from lab.model.tracks import PodTrack, Span

STORY_LINES = 400
"""So many of the latest lines of the story are told."""


def of(attempt: Attempt, tracks: Mapping[str, PodTrack], names: tuple[str, ...]) -> Debriefing:
    """The debrief of an attempt. Reads files and, for what was changed without files, the cluster.

    Args:
        attempt: A solved attempt.
        tracks: What pods went through, as far as somebody watched.
        names: All exercises, in the catalogue's order.
    """
    kept = solved.of(attempt)
    try:
        now = dict(kept.files) if kept is not None else solved.files_of(attempt)
    except LabError:
        now = {}
    try:
        drift = attempt.drift()
        live = tuple(FieldChange(one.object, one.path, one.in_file, one.live) for one in drift)
    except LabError:
        live = ()  # a cluster that is away, or files that are gone: nothing is known of it
    progress = attempt.progress_file.read()
    return Debriefing(
        text=attempt.debrief(),
        record=attempt.record(),
        solved=kept,
        changes=changes(attempt.place.originals, now) if now else (),
        live=live,
        story=story(tracks, kept.replaced if kept is not None else frozenset()),
        next=next_after(attempt.exercise.name, names, progress),
    )


def next_after(name: str, names: tuple[str, ...], progress: Progress) -> str:
    """The next exercise that is not solved, in the catalogue's order, going round; empty: there is none."""
    start = names.index(name) + 1 if name in names else 0
    turned = (*names[start:], *names[:start])
    return next(
        (one for one in turned if one != name and progress.of(one).standing is not Standing.SOLVED), ""
    )


def changes(before: Mapping[str, bytes], after: Mapping[str, str]) -> tuple[FileChange, ...]:
    """What became of each file, those left out that are as they were."""
    found = []
    for name in sorted({*before, *after}):
        old = before.get(name, b"").decode("utf-8", "replace").splitlines()
        new = after.get(name, "").splitlines()
        lines = tuple(difflib.unified_diff(old, new, lineterm="", n=2))[2:]
        if lines:
            found.append(FileChange(name, lines))
    return tuple(found)


def story(tracks: Mapping[str, PodTrack], replaced: frozenset[str] = frozenset()) -> tuple[Event, ...]:
    """What the pods went through, in order: their containers' states, readiness, their coming and going.

    `replaced`: UIDs of those the check deleted, whose end is nobody else's doing.
    """
    events = [event for uid, track in tracks.items() for event in _of_pod(track, by_check=uid in replaced)]
    return tuple(sorted(events, key=lambda event: event.at)[-STORY_LINES:])


def _of_pod(track: PodTrack, *, by_check: bool) -> list[Event]:
    name = f"pod/{track.name}"
    events = [Event(track.since, name, "is there")]
    for container in track.containers:
        events += [
            Event(span.since, name, f"{container.name}: {said}")
            for span in container.spans
            if (said := _said(span))
        ]
    was = False
    for flip in track.ready:
        ready = flip.value == "True"
        if ready != was:
            events.append(Event(flip.at, name, "ready" if ready else "not ready any more"))
            was = ready
    if track.until is not None:
        how = "is gone: the check deleted it, for a cold start" if by_check else "is gone"
        events.append(Event(track.until, name, how))
    return events


def _said(span: Span) -> str:
    if span.state == RUNNING:
        return f"runs, restart {span.restart}" if span.restart else "runs"
    if span.state == TERMINATED:
        code = f" with exit code {span.exit_code}" if span.exit_code is not None else ""
        reason = f" ({span.reason})" if span.reason else ""
        return f"ended{code}{reason}"
    if span.state == WAITING and span.backoff is not None:
        return f"{span.reason}, back-off {span.backoff:g} s"
    if span.state == WAITING and span.reason not in {"", "ContainerCreating", "PodInitializing"}:
        return f"waits: {span.reason}"
    return ""
