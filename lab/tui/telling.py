"""What the timeline's cursor is on, in words. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.model.tracks import RUNNING, TERMINATED, UNKNOWN
from lab.tui.charting import Lane, Window, counts
from lab.tui.wording import clock_time, human_duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.model.tracks import ContainerTrack, Flip, PodTrack, ProbeMark, Span

_CONSEQUENCE = {
    "liveness": "the container is ended",
    "startup": "the container is ended",
    "readiness": "the pod counts as not ready",
}


def told(track: PodTrack, lane: Lane, view: Window, cell: int) -> str:
    """What a lane says of a cell: the state then, or each answer that falls into it."""
    first, last = view.start + cell * view.scale, view.start + (cell + 1) * view.scale
    moment = view.moment(cell)
    container = next((one for one in track.containers if one.name == lane.container), None)
    if container is not None and lane.what in ("state", "back-off"):
        return _state(container, track, first, last, moment)
    if container is not None and lane.what in ("startup", "liveness", "readiness"):
        return _answers(container, lane.what, first, last, track)
    flips = track.ready if lane.what == "ready" else dict(track.services).get(lane.what.partition(":")[2], ())
    return _flipped(lane, flips, moment)


def moments(track: PodTrack, lane: Lane) -> list[float]:
    """Where something is on a lane, in order: what the cursor jumps between."""
    container = next((one for one in track.containers if one.name == lane.container), None)
    if container is not None and lane.what in ("state", "back-off"):
        return [span.since for span in container.spans if lane.what == "state" or span.backoff]
    if container is not None:
        return [mark.at for mark in container.marks if mark.kind == lane.what]
    if lane.what == "ready":
        return [flip.at for flip in track.ready]
    return [flip.at for flip in dict(track.services).get(lane.what.partition(":")[2], ())]


def summary(track: PodTrack, now: float) -> str:
    """How the pod's containers are doing, in a line."""
    if track.until is not None:
        return f"deleted {human_duration(now - track.until)} ago, at {clock_time(track.until)}"
    return " · ".join(f"{one.name}: {_span(one.now, now)}" for one in track.containers if one.now is not None)


def _state(container: ContainerTrack, track: PodTrack, first: float, last: float, moment: float) -> str:
    ends = [span for span in container.spans if span.state == TERMINATED and first <= span.since < last]
    said = [_ended(span) for span in ends]
    present = container.at(moment)
    if present is None:
        there = track.since <= moment
        return "what it did then is not known" if there else "the pod was not there yet"
    if track.until is not None and moment >= track.until:
        return f"the pod was deleted at {clock_time(track.until)}"
    if not ends or present is not ends[-1]:
        said.append(_span(present, moment))
    return "; then ".join(said)


def _ended(span: Span) -> str:
    reason = f" ({span.reason})" if span.reason else ""
    message = f": {span.message.strip()}" if span.message.strip() else ""
    return f"ended at {clock_time(span.since)} with exit code {span.exit_code}{reason}{message}"


def _span(span: Span | None, moment: float) -> str:
    if span is None or span.state == UNKNOWN:
        return "not known"
    lasted = human_duration(moment - span.since)
    if span.state == RUNNING:
        again = f", started again {_times(span.restart)}" if span.restart else ""
        return f"running for {lasted}{again}"
    if span.state == TERMINATED:
        return _ended(span)
    left = span.left(moment)
    if span.backoff is not None:
        rest = f", {left:.0f}s of it left" if left is not None else ""
        return f"{span.reason}: back-off of {human_duration(span.backoff)}{rest}"
    message = f": {span.message}" if span.message else ""
    return f"waiting for {lasted}, {span.reason or 'no reason given'}{message}"


def _answers(container: ContainerTrack, kind: str, first: float, last: float, track: PodTrack) -> str:
    here = [mark for mark in container.marks if mark.kind == kind and first <= mark.at < last]
    if here:
        said = [_answer(mark) for mark in here[-3:]]
        more = f"{len(here)} answers here, the last: " if len(here) > len(said) else ""
        return more + "; ".join(said)
    if not container.every_probe:
        return "no failure that an event tells of; of answers that were well this cluster tells nothing"
    if track.since <= first < container.marks_since:
        return "answers from then are not known any more"
    return "not asked here"


def _answer(mark: ProbeMark) -> str:
    took = f" after {_fine(mark.took)}" if mark.took is not None and mark.took >= 0.001 else ""
    row = f", {_nth(mark.run)} in a row of {mark.threshold}" if mark.run and mark.threshold > 1 else ""
    consequence = f": {_CONSEQUENCE.get(mark.kind, '')}" if counts(mark) else ""
    times = f" ({mark.times} times up to here)" if mark.times > 1 else ""
    word = {"success": "well", "failure": "failed", "error": "could not be asked"}.get(
        mark.outcome, mark.outcome
    )
    return f"{clock_time(mark.at)} {word}, {mark.answer or 'no word'}{took}{row}{times}{consequence}"


def _flipped(lane: Lane, flips: Sequence[Flip], moment: float) -> str:
    last = None
    for flip in flips:
        if flip.at > moment:
            break
        last = flip
    if last is None:
        return "not known"
    since = f"since {clock_time(last.at)}"
    if lane.what == "ready":
        return f"the pod is {'ready' if last.value == 'True' else 'not ready'} {since}"
    name = lane.what.partition(":")[2]
    word = {
        "in": "gets traffic of",
        "not ready": "is known to, but gets no traffic of,",
        "out": "is not among the endpoints of",
        "gone": "is gone from",
    }.get(last.value, last.value)
    return f"the pod {word} Service {name} {since}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _nth(count: int) -> str:
    ending = "th" if count % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(count % 10, "th")
    return f"{count}{ending}"


def _fine(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"
