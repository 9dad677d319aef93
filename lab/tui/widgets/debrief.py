"""The parts of a debrief, as what a scroll shows: findings, what was changed, what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.markup import escape

from lab.report.debrief import BY_KUBECTL, NO_CHANGES, NO_EVIDENCE, NO_STORY, effort, told

if TYPE_CHECKING:
    from lab.model.debrief import Debriefing, FileChange


def head(brief: Debriefing) -> str:
    """What it took, as markup, and that the evidence is not there where it is not."""
    effort_made = effort(brief.record)
    head = f"[b]{escape(effort_made[:1].upper() + effort_made[1:])}[/b]"
    if brief.solved is None:
        return f"{head}\n\n{NO_EVIDENCE}"
    took = f"the check that passed took {brief.solved.cluster_seconds:.0f} s of cluster time"
    return f"{head}\n[dim]{took}[/dim]"


def changes(brief: Debriefing) -> str:
    """What was changed, as markup: signs beside the colours."""
    parts = [_file(change) for change in brief.changes] or [NO_CHANGES]
    if brief.live:
        lines = (
            f"  {escape(one.object)} {escape(one.path)}\n"
            f"    [$text-error]- {escape(one.in_file)}[/]\n    [$text-success]+ {escape(one.live)}[/]"
            for one in brief.live
        )
        parts.append("\n".join([f"[b]{BY_KUBECTL}[/b]", *lines]))
    return "\n\n".join(parts)


def _file(change: FileChange) -> str:
    shown = [f"[b]{escape(change.name)}[/b]   [dim]- as it was broken   + as you left it[/dim]"]
    for line in change.lines:
        tone = {"-": "$text-error", "+": "$text-success", "@": "$text-muted"}.get(line[:1])
        shown.append(f"[{tone}]{escape(line)}[/]" if tone else escape(line))
    return "\n".join(shown)


def story(brief: Debriefing) -> str:
    """What happened, as markup, in the cluster's time."""
    if not brief.story:
        return NO_STORY
    lines = (f"[dim]{at}[/dim]  {escape(what)}" for at, what in told(brief.story))
    head = "[dim]Since the start, or the last reset, as far as the lab was open; cluster time, UTC.[/dim]"
    return "\n".join([head, "", *lines])
