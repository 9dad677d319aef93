"""The debrief of a solved exercise: what it was, why it counts as mended, what was changed, what happened.

Nothing is checked again for it. What a part has to say is a value; how it looks is the front end's.
"""

from __future__ import annotations

import difflib
import math
from typing import TYPE_CHECKING

from lab.attempt import deeds, solved
from lab.attempt.onward import Way
from lab.errors import LabError
from lab.model.debrief import Debriefing, Event, FieldChange, FileChange
from lab.model.tracks import RUNNING, TERMINATED, UNKNOWN, WAITING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lab.attempt.attempt import Attempt
    from lab.model.exercise import Exercise
    from lab.model.tracks import PodTrack, ProbeMark, Span

STORY_LINES = 400
"""So many of the latest lines of the story are told."""


def of(attempt: Attempt, tracks: Mapping[str, PodTrack], exercises: tuple[Exercise, ...]) -> Debriefing:
    """The debrief of an attempt. Reads files and, for what was changed without files, the cluster.

    Args:
        attempt: A solved attempt.
        tracks: What pods went through, as far as it was watched here; what was kept is told anyway.
        exercises: All of them, in the catalogue's order.
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
    return Debriefing(
        text=attempt.debrief(),
        record=attempt.record(),
        solved=kept,
        changes=changes(attempt.place.originals, now) if now else (),
        live=live,
        story=_lived(attempt, tracks, kept.replaced if kept is not None else frozenset()),
        ahead=Way.of(exercises, attempt.progress_file.read(), attempt.provider.capabilities).after(
            attempt.exercise.name
        ),
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


def story(
    tracks: Mapping[str, PodTrack],
    replaced: frozenset[str] = frozenset(),
    gaps: Sequence[tuple[float, float]] = (),
    done: Sequence[Event] = (),
) -> tuple[Event, ...]:
    """What happened, in order: what was done, and what the pods went through.

    That is the states of their containers, their readiness, their coming and going.

    Args:
        tracks: By the pods' UIDs.
        replaced: UIDs of those the check deleted, whose end is nobody else's doing.
        gaps: From when until when nobody looked.
        done: What was done by others than the pods.
    """
    events = [Event(since, "", "nobody looked from here on") for since, _ in gaps]
    events += [Event(until, "", "the lab looks again") for _, until in gaps]
    events += done
    ended = {*replaced, *(uid for event in done for uid in event.pods)}
    lived = [event for uid, track in tracks.items() for event in _of_pod(track, by_check=uid in ended)]
    coarse = {event.at for event in lived if event.at.is_integer()}
    events += lived

    def order(event: Event) -> tuple[float, bool, float]:
        # Of some pods' times only the second is known: what was done within it comes before what came of it.
        second = float(math.floor(event.at))
        cause = not event.object.startswith("pod/") and event.object not in {"", "check"}
        return (second, False, event.at) if cause and second in coarse else (event.at, True, event.at)

    events.sort(key=order)
    if len(events) > STORY_LINES:
        events = events[-STORY_LINES:]
        events.insert(
            0, Event(events[0].at, "", f"what was before is left out: {STORY_LINES} lines are told")
        )
    return tuple(events)


def _lived(attempt: Attempt, tracks: Mapping[str, PodTrack], replaced: frozenset[str]) -> tuple[Event, ...]:
    """The story since the exercise was started or reset: of earlier sittings, and of this one."""
    kept, done = attempt.chronicle.read(), deeds.of(attempt)
    if kept is None:
        return story(tracks, replaced, done=done)
    here = {uid: track for uid, track in tracks.items() if track.since >= kept.begun}
    return story({**kept.tracks, **here}, replaced, kept.gaps, done)


def _of_pod(track: PodTrack, *, by_check: bool) -> list[Event]:
    name = f"pod/{track.name}"
    events = [Event(track.since, name, "is there")]
    for container in track.containers:
        for span in container.spans:
            if span.killed is not None:
                at = min(span.killed.at, span.since)
                events.append(Event(at, name, f"{container.name}: {killing(span.killed)}"))
            if said := _said(span):
                events.append(Event(span.since, name, f"{container.name}: {said}"))
    was = False
    for flip in track.ready:
        ready = flip.value == "True"
        if ready != was and flip.value != "gone":
            events.append(Event(flip.at, name, "ready" if ready else "not ready any more"))
            was = ready
    if track.until is not None:
        unseen = any(one.now is not None and one.now.state == UNKNOWN for one in track.containers)
        how = "is gone: the check deleted it, for a cold start" if by_check else "is gone"
        events.append(Event(track.until, name, f"{how}; nobody saw when" if unseen else how))
    return events


def killing(mark: ProbeMark) -> str:
    """Why the kubelet ended a container."""
    times = f" {mark.run} times in a row" if mark.run > 1 else ""
    answer = f" ({mark.answer})" if mark.answer else ""
    return f"{mark.kind} failed{times}{answer}: the kubelet kills it"


def _said(span: Span) -> str:
    if span.state == RUNNING:
        return f"runs, restart {span.restart}" if span.restart else "runs"
    if span.state == TERMINATED:
        code = f" with exit code {span.exit_code}" if span.exit_code is not None else ""
        reason = f" ({span.reason})" if span.reason else ""
        again = f"restart {span.restart} " if span.restart else ""
        return f"{again}ended{code}{reason}"
    if span.state == WAITING and span.backoff is not None:
        return f"{span.reason}, back-off {span.backoff:g} s"
    if span.state == WAITING and span.reason not in {"", "ContainerCreating", "PodInitializing"}:
        return f"waits: {span.reason}"
    return ""
