"""Words and signs of the TUI that more than one widget needs: ages as kubectl prints them, tones, states.

Pure. Every state has a sign beside its colour, so that nothing is said by colour alone.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from rich.cells import cell_len

from lab.model.progress import Standing
from lab.model.state import State

if TYPE_CHECKING:
    from lab.attempt.views import PodRow

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR

_ON_THE_WAY = frozenset(
    {"Pending", "ContainerCreating", "PodInitializing", "Terminating", "Completed", "Succeeded"}
)


class Tone(StrEnum):
    """How a line is meant to be felt. The value is the style the line is drawn with."""

    GOOD = "$text-success"
    WAIT = "$text-warning"
    BAD = "$text-error"
    QUIET = "$text-muted"


STATE_SIGN = {
    State.PASSED: ("✓", Tone.GOOD, "passed"),
    State.FAILED: ("✗", Tone.BAD, "failed"),
    State.WAITING: ("◌", Tone.WAIT, "waiting"),
    State.UNKNOWN: ("?", Tone.WAIT, "unknown"),
    State.SKIPPED: ("-", Tone.QUIET, "not looked at"),
}
"""Sign, tone and word of a finding's state."""

STANDING_SIGN = {
    Standing.NEW: ("○", Tone.QUIET, "not started"),
    Standing.STARTED: ("▸", Tone.WAIT, "started"),
    Standing.SOLVED: ("✓", Tone.GOOD, "solved"),
}
"""Sign, tone and word of an exercise's standing."""


def shortened(text: str, room: int) -> str:
    """A text in so many cells: cut between words, where it has to be cut and there are any."""
    if cell_len(text) <= room:
        return text
    cut = text
    while cut and cell_len(cut) > room - 2:
        cut = cut[:-1]
    whole = cut if text[len(cut)].isspace() else cut.rpartition(" ")[0] or cut
    return f"{whole.rstrip(' :,;')} …"


KEYS = {"answer": "a", "check": "c", "debrief": "d", "hint": "h", "reset": "r", "shell": "!", "solution": "s"}
"""Keys of an open exercise for what messages name as commands; see `lab.report.wording`."""


def human_duration(seconds: float) -> str:
    """A duration as kubectl prints ages: `119s`, `3m20s`, `45m`, `3h20m`, `23h`, `2d3h`, `45d`.

    The steps are those of `duration.HumanDuration` in k8s.io/apimachinery, without its years.
    """
    whole = max(int(seconds), 0)
    minutes, hours, days = whole // _MINUTE, whole // _HOUR, whole // _DAY
    if whole < 2 * _MINUTE:
        return f"{whole}s"
    if minutes < 10:
        return _pair(minutes, "m", whole % _MINUTE, "s")
    if minutes < 3 * 60:
        return f"{minutes}m"
    if hours < 8:
        return _pair(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return _pair(days, "d", hours % 24, "h")
    return f"{days}d"


def _pair(first: int, first_unit: str, second: int, second_unit: str) -> str:
    return f"{first}{first_unit}{second}{second_unit}" if second else f"{first}{first_unit}"


def restarts(pod: PodRow) -> str:
    """The RESTARTS column: `3 (12s ago)`."""
    if not pod.restarts or pod.restarted is None:
        return str(pod.restarts)
    return f"{pod.restarts} ({human_duration(pod.restarted)} ago)"


def pod_tone(pod: PodRow) -> Tone:
    """Well, on its way, or in trouble: from STATUS and READY, as a reader of kubectl's table would."""
    if pod.status == "Running":
        ready, _, total = pod.ready.partition("/")
        return Tone.GOOD if ready == total else Tone.WAIT
    initializing = pod.status.startswith("Init:") and "/" in pod.status
    return Tone.WAIT if pod.status in _ON_THE_WAY or initializing else Tone.BAD


def clock_time(moment: float) -> str:
    """A moment (seconds since the Unix epoch) as the time of day, in UTC as clusters tell it."""
    return datetime.fromtimestamp(moment, UTC).strftime("%H:%M:%S")


def wall_time(moment: float) -> str:
    """A moment of the host's time as the time of day where the learner is."""
    return datetime.fromtimestamp(moment, UTC).astimezone().strftime("%H:%M:%S")


def day_time(moment: float) -> str:
    """A moment of the host's time, where the learner is: `22 Nov 2026, 10:43`."""
    return datetime.fromtimestamp(moment, UTC).astimezone().strftime("%-d %b %Y, %H:%M")


def fine_clock_time(moment: float) -> str:
    """The same to the millisecond."""
    return f"{clock_time(moment)}.{int(moment % 1 * 1000):03}"


def stars(difficulty: int) -> str:
    """Difficulty 1-5 as five cells."""
    return "★" * difficulty + "☆" * (5 - difficulty)
