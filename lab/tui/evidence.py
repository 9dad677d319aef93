"""Where a finding's evidence is to be seen: the object with its field, the event, the log at its line. Pure.

What was seen may be gone by now (a pod that was replaced, an event that was forgotten): then that is said,
with what was written down when it was there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import yaml

from lab.tui.wording import clock_time, day_time

if TYPE_CHECKING:
    from lab.model.verdict import Evidence

Objects = Mapping[str, Sequence[Mapping[str, Any]]]
"""Objects by kind."""

_STEP = re.compile(r"\[([^\]]*)\]|([^.\[\]]+)")
LOG = "log"
"""What the field of evidence in a log begins with; the container's name follows."""


@dataclass(frozen=True)
class Sight:
    """A text, and the lines of it that are meant."""

    title: str
    lines: tuple[str, ...]
    meant: tuple[int, ...] = ()
    """0-based."""
    note: str = ""
    """What is to be said first."""


def source(evidence: Evidence) -> str:
    """Where it is: `log`, `file` or `object`."""
    if evidence.field == LOG or evidence.field.startswith(f"{LOG} "):
        return LOG
    return "file" if evidence.object.startswith("file/") else "object"


def then_or_now(evidence: Evidence, now: Objects, then: Callable[[float], Objects | None]) -> Sight:
    """The object as it is now, if it still says what was found; else as it was when that was found.

    Args:
        evidence: What was found.
        now: The objects there are.
        then: The objects of a moment; None: that moment is not remembered.
    """
    if _says(evidence, now):
        return in_objects(evidence, now)
    for at in () if evidence.at is None else (evidence.at, evidence.at + 1.0):
        objects = then(at)
        if objects is not None and _says(evidence, objects):
            sight = in_objects(evidence, objects)
            return replace(sight, title=f"{evidence.object}, as it was found at {clock_time(at)}")
    sight = in_objects(evidence, now)
    if sight.note or not evidence.value:
        return sight
    when = f" at {clock_time(evidence.at)}" if evidence.at is not None else ""
    return replace(sight, note=f"Found{when}: {_written(evidence)[0]}")


def _says(evidence: Evidence, objects: Objects) -> bool:
    """Whether the object's field is there and has the value that was found."""
    found = _find(evidence, objects)
    if found is None:
        return False
    if evidence.object.startswith("event/"):
        return True  # it is told anew, and does not change what it told
    value: Any = found
    for step in _steps(evidence.field):
        if isinstance(value, list):
            index = _index(value, step)
            value = value[index] if index is not None else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    # What is said of a value stands behind it: `2 (1 of them before this watch)`.
    return not evidence.value or str(value) in {evidence.value, evidence.value.partition(" (")[0]}


def _find(evidence: Evidence, objects: Objects) -> Mapping[str, Any] | None:
    kind, _, name = evidence.object.partition("/")
    return next(
        (
            one
            for known, some in objects.items()
            if known.lower() == kind.lower()
            for one in some
            if one["metadata"]["name"] == name
        ),
        None,
    )


def in_objects(evidence: Evidence, objects: Objects) -> Sight:
    """The object, or event, with its field."""
    found = _find(evidence, objects)
    if found is None:
        return gone(evidence, f"{evidence.object} is not there any more.")
    shown = {key: value for key, value in found.items() if key != "metadata"}
    metadata = {key: value for key, value in found["metadata"].items() if key != "managedFields"}
    ordered = (
        {key: found[key] for key in ("apiVersion", "kind") if key in found} | {"metadata": metadata} | shown
    )
    text = yaml.safe_dump(ordered, sort_keys=False, allow_unicode=True, width=1000)
    lines = tuple(text.rstrip("\n").split("\n"))
    steps = ["message"] if evidence.object.startswith("event/") else _steps(evidence.field)
    return Sight(f"{evidence.object}, as it is now", lines, _lines_of(text, ordered, steps, evidence.value))


def in_log(evidence: Evidence, text: str, *, previous: bool) -> Sight | None:
    """The log at the line; None: it has no such line."""
    lines = tuple(text.rstrip("\n").split("\n"))
    wanted = evidence.value.rstrip("…").strip()
    meant = tuple(number for number, line in enumerate(lines) if wanted and wanted in " ".join(line.split()))
    if not meant:
        return None
    instance = ", the instance before the last restart" if previous else ""
    return Sight(f"{evidence.object} · {evidence.field}{instance}", lines, meant[-1:])


def then_and_now(evidence: Evidence, at: float, now: Sight) -> Sight:
    """What was written down when the exercise was solved (`at`, host time), and what is there now."""
    then = _written(evidence)
    note = f"As it was when the exercise was solved, {day_time(at)}."
    if now.note:
        return Sight(evidence.object, then, note=f"{note} {evidence.object} is not there any more.")
    below = ("", "What is there now:", "")
    shift = len(then) + len(below)
    note += " Below it: what is there now."
    return Sight(
        evidence.object,
        (*then, *below, *now.lines),
        (0, *(number + shift for number in now.meant)),
        note=note,
    )


def gone(evidence: Evidence, why: str) -> Sight:
    """What was written down when it was there."""
    return Sight(str(evidence.object), _written(evidence), note=f"{why} What was seen then:")


def _written(evidence: Evidence) -> tuple[str, ...]:
    kept = f"{evidence.field}: {evidence.value}".strip(": ")
    return (kept,) if kept else ()


def _steps(path: str) -> list[str]:
    return [inside or name for inside, name in _STEP.findall(path)]


def _lines_of(text: str, obj: Any, steps: list[str], value: str) -> tuple[int, ...]:
    """The line of a field, as deep as it exists; where it has none, lines that have the value."""
    node = yaml.compose(text)
    line, value_of = None, obj
    for step in steps:
        if isinstance(node, yaml.MappingNode):
            pair = next((pair for pair in node.value if pair[0].value == step), None)
            if pair is None:
                break
            line, node, value_of = pair[0].start_mark.line, pair[1], value_of.get(step)
        elif isinstance(node, yaml.SequenceNode):
            at = _index(value_of, step)
            if at is None:
                break
            node, value_of = node.value[at], value_of[at]
            line = node.start_mark.line
    if line is not None:
        return (line,)
    return tuple(number for number, one in enumerate(text.split("\n")) if value and value in one)[:1]


def _index(items: Any, step: str) -> int | None:
    """Which item `0`, `*`, `type=Ready` or `web` (a name) is."""
    if not isinstance(items, list) or not items:
        return None
    if step == "*":
        return 0
    if step.isdigit():
        return int(step) if int(step) < len(items) else None
    key, equals, wanted = step.partition("=")
    key, wanted = (key, wanted) if equals else ("name", step)
    return next(
        (
            number
            for number, one in enumerate(items)
            if isinstance(one, dict) and str(one.get(key)) == wanted.strip('"')
        ),
        None,
    )
