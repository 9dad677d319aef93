"""A debrief as text: for the command line, and the words the terminal uses as well."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lab.report.style import PLAIN, Style
from lab.report.text import counted, evidence, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.model.debrief import Debriefing, Event, Solved
    from lab.model.progress import Record

STORY_LINES = 40
"""The latest lines of what happened that are printed."""
NO_EVIDENCE = "The evidence of that time was not kept; checking again shows it."
NO_CHANGES = "Your files are as they were at the start."
BY_KUBECTL = "Changed in the cluster otherwise than by your files:"
NO_STORY = "Nobody watched the pods: what happened to them is not known."


def effort(record: Record) -> str:
    """What it took: `solved after 12 min, with 3 checks and 1 hint`."""
    took = ""
    if record.started_at is not None and record.solved_at is not None:
        minutes = max(1, round((record.solved_at - record.started_at) / 60))
        span = f"{minutes} min" if minutes < 120 else f"{round(minutes / 60)} h"
        took = f" {span} after it was started,"
    hints = counted(record.hints, "hint") if record.hints else "no hint"
    seen = ", the solution seen" if record.solution_seen else ""
    return f"solved{took} with {counted(record.checks, 'check')} and {hints}{seen}"


def told(story: Sequence[Event]) -> list[tuple[str, str]]:
    """When, and what, line by line: times of day in UTC, with their date where there is more than one."""
    moments = [datetime.fromtimestamp(event.at, UTC) for event in story]
    form = "%H:%M:%S" if len({one.date() for one in moments}) < 2 else "%d %b %H:%M:%S"
    return [
        (at.strftime(form), f"{event.object}  {event.what}" if event.object else f"- {event.what} -")
        for at, event in zip(moments, story, strict=True)
    ]


def render(brief: Debriefing, style: Style = PLAIN) -> str:
    """All that comes below the exercise's own text, part by part."""
    blocks = [
        style.bold("The evidence") + "\n" + evidence_of(brief.solved, style),
        style.bold("Before and after") + "\n" + _changes(brief),
    ]
    if brief.story:
        blocks.append(style.bold("What happened") + "\n" + _story(brief, style.width))
    blocks.append(effort(brief.record))
    return "\n\n".join(blocks)


def evidence_of(solved: Solved | None, style: Style) -> str:
    """What showed that it was solved, finding by finding."""
    if solved is None:
        return f"  {NO_EVIDENCE}"
    lines = []
    for one in solved.findings:
        lines.append(f"  {style.state(one.state)}  {one.title}")
        lines.append(wrapped(f"expected {one.expected}", style.width, "      ", "      "))
        lines.append(wrapped(f"observed {one.observed}", style.width, "      ", "      "))
        lines += [wrapped(evidence(item), style.width, "      - ", "        ") for item in one.evidence]
    return "\n".join(lines)


def _changes(brief: Debriefing) -> str:
    lines = []
    for change in brief.changes:
        lines.append(f"  {change.name}   (- broken, + yours)")
        lines += [f"    {line}" for line in change.lines]
    if not brief.changes:
        lines.append(f"  {NO_CHANGES}")
    if brief.live:
        lines.append(f"  {BY_KUBECTL}")
        lines += [f"    {one.object} {one.path}: {one.in_file} -> {one.live}" for one in brief.live]
    return "\n".join(lines)


def _story(brief: Debriefing, width: int) -> str:
    lines = [wrapped(f"{at}  {what}", width, "  ", "      ") for at, what in told(brief.story)]
    left_out = len(lines) - STORY_LINES
    if left_out > 0:
        lines = [f"  … {left_out} lines before this: --format json has them", *lines[left_out:]]
    return "\n".join(lines)
