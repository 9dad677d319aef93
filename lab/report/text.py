"""Verdicts, grades and tables as a person reads them in a terminal or a log."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from lab.model.verdict import Evidence, Finding, State, Verdict
from lab.report.style import PLAIN, Style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.model.grade import Grade

_LABEL = 10


def verdict(result: Verdict, style: Style = PLAIN) -> str:
    """A verdict: one line a finding, with what was expected, observed and where, unless it passed."""
    lines = [style.bold(result.exercise) + style.dim(f"  {result.provider} · {result.namespace}")]
    for one in result.findings:
        lines.extend(finding(one, style))
    lines.extend(wrapped(note, style.width, "  note: ", " " * 8) for note in result.notes)
    lines.append(summary(result, style))
    return "\n".join(lines) + "\n"


def finding(one: Finding, style: Style = PLAIN) -> list[str]:
    """A finding in lines."""
    head = f"  {style.state(one.state)}{' ' * (8 - len(one.state.value))}{one.title}"
    if one.state is State.PASSED:
        return [head]
    lines = [head]
    if one.state is State.WAITING and one.budget:
        lines.append(_labelled(style, "waited", f"{one.waited:.0f} s of {one.budget:.0f} s of cluster time"))
    lines.append(_labelled(style, "expected", one.expected))
    lines.append(_labelled(style, "observed", one.observed))
    lines.extend(_labelled(style, "evidence", evidence(item)) for item in one.evidence)
    if one.why:
        lines.append(_labelled(style, "why", one.why))
    if one.look_at:
        lines.append(f"      {'look at':<{_LABEL}}{style.bold(one.look_at)}")
    return [line for line in lines if line]


def evidence(item: Evidence) -> str:
    """A piece of evidence in one line."""
    named = " ".join(part for part in (item.object, item.field) if part)
    return f"{named} = {item.value}" if item.value else named


def summary(result: Verdict, style: Style = PLAIN) -> str:
    """The last line: the verdict, and what it took."""
    said = {
        State.PASSED: "passed",
        State.FAILED: "not passed",
        State.WAITING: "not yet: the cluster was still on its way",
        State.UNKNOWN: "unknown: the cluster could not be observed",
        State.SKIPPED: "skipped: this cluster cannot do what the exercise needs",
    }[result.state]
    return (
        f"{style.state(result.state, said)}"
        f"{style.dim(f'  +{result.cluster_seconds:.0f} s of cluster time in {result.wall_seconds:.1f} s')}"
    )


def grades(results: Sequence[Grade], style: Style = PLAIN) -> str:
    """Graded submissions: details of what did not pass, then a table."""
    blocks = []
    for one in results:
        if one.verdict is not None and one.verdict.state is not State.PASSED:
            blocks.append(f"{one.submission}\n{verdict(one.verdict, style)}")
        elif one.problems:
            blocks.append("\n".join([f"{one.submission}", *(f"  {problem}" for problem in one.problems), ""]))
    blocks.append(_overview(results, style))
    return "\n".join(blocks)


def _overview(results: Sequence[Grade], style: Style) -> str:
    """A line a submission where the width allows it; else three parts below each other, broken at words."""
    rows = [(str(one.submission), one.exercise or "?", one.outcome.value, one.headline) for one in results]
    made = table(("submission", "exercise", "result", ""), rows)
    if all(len(line) <= style.width for line in made.splitlines()):
        return table(("submission", "exercise", "result", ""), rows, style)
    lines = []
    for submission, exercise, outcome, headline in rows:
        lines.append(style.bold(submission))
        said = " ".join((f"{exercise}: {headline}" if headline else exercise).split())
        lines.append(wrapped(said, style.width, f"  {outcome:<12}", " " * 14))
    return "\n".join(lines) + "\n"


def table(header: Sequence[str], rows: Sequence[Sequence[str]], style: Style = PLAIN) -> str:
    """Columns as wide as their content; the last one runs free. A header without a word is left out."""
    everything = [tuple(header), *(tuple(row) for row in rows)]
    widths = [max(len(row[column]) for row in everything) for column in range(len(header))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in everything
    ]
    head = [style.bold(lines[0])] if any(header) else []
    return "\n".join([*head, *lines[1:]]) + "\n"


def counted(number: int, noun: str) -> str:
    """`1 problem`, `2 problems`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _labelled(style: Style, label: str, text: str) -> str:
    if not text:
        return ""
    first = f"      {label:<{_LABEL}}"
    return wrapped(text, style.width, first, " " * len(first))


def wrapped(text: str, width: int, first: str = "", others: str = "") -> str:
    """Text in lines of at most `width` columns, broken between words only; a longer word gets its own line.

    `first` goes before the first line, `others` before those after it.
    """
    return textwrap.fill(
        text, width, initial_indent=first, subsequent_indent=others, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
