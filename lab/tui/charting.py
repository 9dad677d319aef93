"""From tracks to cells: which sign stands where when time runs from left to right. Pure.

A cell is a stretch of time. Where several things fall into one cell the worst is shown; `telling` has all.
Every sign says what it means without its colour.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lab.model.tracks import RUNNING, TERMINATED, UNKNOWN, WAITING
from lab.tui.wording import clock_time, human_duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lab.model.tracks import ContainerTrack, Flip, PodTrack, ProbeMark, Span

SCALES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)
"""Seconds a cell that can be chosen."""
_EVERY = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 86400)
"""Seconds from one time of day to the next that the axis may show."""
_APART = 12
"""Cells between two of them at least."""
AHEAD = 6
"""Cells kept free behind now: what is about to come is drawn there."""

RUNS, WAITS, ENDED, NOBODY_LOOKED, NEXT_START = "━", "░", "┄", "·", "▹"
EXIT, EXIT_WELL, START = "✗", "■", "▶"
WELL, FAILED, COUNTS, ERROR = "✓", "✗", "✘", "?"
UP, DOWN = "▀", "▁"
_FILL = {
    RUNNING: (RUNS, "good"),
    WAITING: (WAITS, "wait"),
    TERMINATED: (ENDED, "bad"),
    UNKNOWN: (NOBODY_LOOKED, "quiet"),
}

LEGEND = (
    f"{RUNS} running", f"{WAITS} waiting", f"{EXIT}1 ended, exit code 1", f"{EXIT_WELL} exit code 0",
    f"{NEXT_START} next start", f"{WELL} {FAILED} probe", f"{COUNTS} failed too often",
    f"{ERROR} unasked", f"{UP} {DOWN} ready, not", f"{NOBODY_LOOKED} unknown",
)  # fmt: skip
"""What the signs mean."""

Cell = tuple[str, str]
"""A sign and its look (see `lines.Span`)."""


@dataclass(frozen=True)
class Window:
    """The stretch of time in view."""

    start: float
    scale: float
    """Seconds a cell."""
    width: int
    """Cells."""
    now: float

    @property
    def end(self) -> float:
        """Where the last cell ends."""
        return self.start + self.scale * self.width

    def cell(self, moment: float) -> int:
        """The cell a moment falls into; it may lie outside of the window."""
        return int((moment - self.start + 1e-6) // self.scale)

    def moment(self, cell: int) -> float:
        """The end of a cell, but not after now: what was the case there is what its last instant left."""
        return min(self.now, self.start + self.scale * (cell + 1) - 1e-6)


@dataclass(frozen=True)
class Lane:
    """One line of the chart."""

    label: str
    cells: tuple[Cell, ...]
    pod: str = ""
    """UID."""
    container: str = ""
    what: str = "heading"
    """`heading`, `state`, `startup`, `liveness`, `readiness`, `back-off`, `ready`, or `service:NAME`."""


@dataclass
class _Canvas:
    window: Window
    cells: list[Cell] = field(init=False)

    def __post_init__(self) -> None:
        self.cells = [(" ", "")] * self.window.width

    def fill(self, since: float, until: float, sign: str, look: str) -> tuple[int, int]:
        """Draw a stretch; returns its first cell and the one behind its last that are in view."""
        first = max(0, self.window.cell(since))
        last = min(self.window.width - 1, self.window.cell(until))
        for at in range(first, last + 1):
            self.cells[at] = (sign, look)
        return first, last + 1

    def put(self, moment: float, sign: str, look: str) -> None:
        """Draw a sign at a moment."""
        at = self.window.cell(moment)
        if 0 <= at < self.window.width:
            self.cells[at] = (sign, look)

    def write(self, at: int, room: int, text: str, look: str) -> None:
        """Write into `room` cells from `at` on, if the text fits."""
        if at >= 0 and len(text) <= room:
            for offset, sign in enumerate(text):
                if at + offset < len(self.cells):
                    self.cells[at + offset] = (sign, look)


def legend(width: int) -> str:
    """What the signs mean, in lines of so many cells; none of them breaks a meaning from its sign."""
    lines = [""]
    for one in LEGEND:
        longer = f"{lines[-1]}  {one}" if lines[-1] else one
        if len(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(one)
    return "\n".join(lines)


def fitting(since: float, now: float, width: int) -> float:
    """The finest scale at which everything since a moment is in view."""
    room = max(1, width - AHEAD)
    return next((scale for scale in SCALES if (now - since) / scale <= room), SCALES[-1])


def window(now: float, scale: float, width: int, end: float | None = None) -> Window:
    """The window that ends shortly after now, or at `end`; cells lie at whole multiples of the scale."""
    last = (now if end is None else end) // scale
    ahead = AHEAD if end is None else 1
    return Window((last - width + ahead) * scale, scale, width, now)


def lanes(track: PodTrack, view: Window) -> Iterator[Lane]:
    """The lanes of a pod."""
    for container in track.containers:
        yield _state(track, container, view)
        for kind in ("startup", "liveness", "readiness"):
            if kind in container.probes or any(mark.kind == kind for mark in container.marks):
                yield _probes(track, container, kind, view)
        if any(span.backoff for span in container.spans):
            yield _backoff(track, container, view)
    if track.ready:
        cells = _flips(track.ready, track, view, {"True"})
        yield Lane("pod ready", cells, track.uid, what="ready")
    for name, flips in track.services:
        yield Lane(f"svc/{name}", _flips(flips, track, view, {"in"}), track.uid, what=f"service:{name}")


def axis(view: Window) -> tuple[Cell, ...]:
    """Times of day, as often as they fit."""
    canvas = _Canvas(view)
    every = next((one for one in _EVERY if one / view.scale >= _APART), _EVERY[-1])
    moment = (view.start // every + 1) * every
    now = view.cell(view.now)
    room = min(now, view.width)
    while (at := view.cell(moment)) < room:
        label = f"╷{clock_time(moment)}"
        # A time that would run into `now`, or out of the window, is none.
        canvas.write(at, room - at - (room == now), label, "quiet")
        moment += every
    if 0 <= now < view.width:
        canvas.write(now, view.width - now, "╷now" if view.width - now >= 4 else "╷", "strong")
    return tuple(canvas.cells)


def _state(track: PodTrack, container: ContainerTrack, view: Window) -> Lane:
    canvas = _Canvas(view)
    first_known = container.spans[0].since if container.spans else view.now
    if track.since < first_known:
        canvas.fill(track.since, first_known, NOBODY_LOOKED, "quiet")
    last = track.until if track.until is not None else view.now
    for span in container.spans:
        until = span.until if span.until is not None else last
        if until < view.start or span.since > view.end:
            continue
        sign, look = _FILL[span.state]
        first, end = canvas.fill(span.since, until, sign, look)
        if span.state in (RUNNING, WAITING):
            canvas.write(first + 2, end - first - 4, f" {_word(span)} ", look)
    for span in container.spans:
        if span.state == TERMINATED:
            well = span.exit_code == 0
            canvas.put(span.since, EXIT_WELL if well else EXIT, "strong" if well else "bad")
    for span in container.spans:
        if span.state == TERMINATED and span.exit_code:
            _exit_code(canvas, span)
    now = container.now
    if now is not None and now.retry_at is not None and now.until is None and track.until is None:
        canvas.put(max(now.retry_at, view.now), NEXT_START, "wait")
    return Lane(container.name, tuple(canvas.cells), track.uid, container.name, "state")


def _exit_code(canvas: _Canvas, span: Span) -> None:
    """The exit code behind the sign, where what follows leaves room for it."""
    at, text = canvas.window.cell(span.since) + 1, str(span.exit_code)
    following = [sign for sign, _ in canvas.cells[max(0, at) : max(0, at) + len(text) + 1]]
    if len(following) > len(text) and all(sign in (WAITS, ENDED, RUNS) for sign in following):
        canvas.write(at, len(text), text, "bad")


def _word(span: Span) -> str:
    if span.state == RUNNING:
        return f"running, restart {span.restart}" if span.restart else "running"
    return span.reason or "waiting"


def _probes(track: PodTrack, container: ContainerTrack, kind: str, view: Window) -> Lane:
    canvas = _Canvas(view)
    if container.every_probe and container.marks_since > max(view.start, track.since):
        canvas.fill(track.since, container.marks_since, NOBODY_LOOKED, "quiet")
    worst: dict[int, tuple[int, Cell]] = {}
    for mark in container.marks:
        if mark.kind == kind and view.start <= mark.at <= view.end:
            at, (weight, cell) = view.cell(mark.at), _sign(mark)
            if weight > worst.get(at, (-1, cell))[0]:
                worst[at] = (weight, cell)
    for at, (_, cell) in worst.items():
        if 0 <= at < view.width:
            canvas.cells[at] = cell
    return Lane(f" {kind}", tuple(canvas.cells), track.uid, container.name, kind)


def _sign(mark: ProbeMark) -> tuple[int, Cell]:
    """How bad an answer is, and its sign."""
    if mark.outcome == "success":
        return 0, (WELL, "good")
    if mark.outcome == "error":
        return 1, (ERROR, "wait")
    if counts(mark):
        return 3, (COUNTS, "bad")
    return 2, (FAILED, "bad")


def counts(mark: ProbeMark) -> bool:
    """Whether a failure came often enough in a row to have a consequence."""
    return mark.outcome == "failure" and 0 < mark.threshold <= mark.run


def _backoff(track: PodTrack, container: ContainerTrack, view: Window) -> Lane:
    canvas = _Canvas(view)
    for span in container.spans:
        if span.backoff is None:
            continue
        until = span.until if span.until is not None else max(view.now, span.retry_at or view.now)
        if until < view.start or span.since > view.end:
            continue
        first, end = canvas.fill(span.since, until, "╌", "quiet")
        left = span.left(view.now) if track.until is None else None
        text = human_duration(span.backoff)
        if left is None:
            canvas.write(first, end - first, text, "strong")
            continue
        room = len(canvas.cells) - first
        says = (f"{text}, {left:.0f}s left", f"{left:.0f}s left", text)
        canvas.write(first, room, next((one for one in says if len(one) <= room), ""), "wait")
    return Lane(" back-off", tuple(canvas.cells), track.uid, container.name, "back-off")


def _flips(flips: Sequence[Flip], track: PodTrack, view: Window, up: set[str]) -> tuple[Cell, ...]:
    canvas = _Canvas(view)
    last = track.until if track.until is not None else view.now
    for number, flip in enumerate(flips):
        until = flips[number + 1].at if number + 1 < len(flips) else last
        if until < view.start or flip.at > view.end or flip.value == "gone":
            continue
        sign, look = (UP, "good") if flip.value in up else (DOWN, "wait")
        canvas.fill(flip.at, until, sign, look)
    return tuple(canvas.cells)
