"""Results as a Markdown summary, as CI servers show beside a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.model.verdict import Finding, State, Verdict
from lab.report.style import WORDS
from lab.report.text import evidence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.model.grade import Grade


def verdict(result: Verdict) -> str:
    """A verdict: a heading, a table of findings, and the reasons of what did not pass."""
    rows = [(one.title, WORDS[one.state]) for one in result.findings]
    parts = [f"## {escape(result.exercise)}: {WORDS[result.state]}", table(("check", "result"), rows)]
    parts.extend(_reasons(one) for one in result.findings if one.state is not State.PASSED)
    return "\n\n".join(part for part in parts if part) + "\n"


def grades(results: Sequence[Grade]) -> str:
    """Graded submissions: a table, then the reasons of what did not pass."""
    rows = [(str(one.submission), one.exercise, one.outcome.value, one.headline) for one in results]
    passed = sum(one.outcome.value == "passed" for one in results)
    parts = [
        f"## {passed} of {len(results)} passed",
        table(("submission", "exercise", "result", ""), rows),
    ]
    for one in results:
        failed = (
            [item for item in one.verdict.findings if item.state is not State.PASSED] if one.verdict else []
        )
        reasons = [_reasons(item) for item in failed] + [f"- {escape(str(item))}" for item in one.problems]
        if one.verdict is not None and one.verdict.state is not State.PASSED:
            reasons.append("\n".join(f"- note: {escape(note)}" for note in one.verdict.notes))
        if reasons:
            parts.append("\n\n".join([f"### {escape(str(one.submission))}", *filter(None, reasons)]))
    return "\n\n".join(parts) + "\n"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [
        _row(header),
        _row(["---"] * len(header)),
        *(_row([escape(cell) for cell in row]) for row in rows),
    ]
    return "\n".join(lines)


def escape(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    for letter in "\\`*_[]<>|":
        text = text.replace(letter, f"\\{letter}")
    return " ".join(text.split())


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _reasons(one: Finding) -> str:
    if one.state is State.SKIPPED:
        return ""
    lines = [f"**{escape(one.title)}** — {WORDS[one.state]}", ""]
    lines.append(f"- expected: {escape(one.expected)}")
    lines.append(f"- observed: {escape(one.observed)}")
    lines.extend(f"- evidence: {escape(evidence(item))}" for item in one.evidence)
    if one.why:
        lines.append(f"- why: {escape(one.why)}")
    if one.look_at:
        lines.append(f"- look at: `{one.look_at}`")
    return "\n".join(lines)
