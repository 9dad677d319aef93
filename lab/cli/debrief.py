"""`podlab debrief`: what it was, why it counts as mended, what was changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lab.cli.check import what_next
from lab.cli.options import format_option, name_argument, pass_session
from lab.errors import UsageError
from lab.model.progress import Standing

if TYPE_CHECKING:
    from lab.cli.session import Session


@click.command("debrief", short_help="After it is solved.")
@name_argument
@format_option("text", "json")
@pass_session
def command(session: Session, name: str | None, form: str) -> None:
    """Tell of a solved exercise what it was, what shows that it is mended, and what you changed."""
    from lab.attempt import debriefing
    from lab.report import debrief, jsonform

    attempt = session.resume(name, awake=False)
    if attempt.record().standing is not Standing.SOLVED:
        raise UsageError(
            f"{attempt.exercise.name} is not solved yet",
            remedy="podlab check judges it; podlab solution shows a way, and the debrief (asks first)",
        )
    brief = debriefing.of(attempt, {}, session.lab.exercises())
    if form == "json":
        session.console.data(
            jsonform.document(
                "debrief",
                exercise=attempt.exercise.name,
                text=brief.text,
                findings=brief.solved.findings if brief.solved else (),
                changes=brief.changes,
                live=brief.live,
                story=brief.story,
                next=brief.ahead.name,
                passed=brief.ahead.passed,
            )
        )
        return
    session.console.document(attempt.exercise.title, brief.text)
    session.console.data(debrief.render(brief, session.console.style))
    session.console.narrate("\n".join(what_next(session, brief.ahead)))
