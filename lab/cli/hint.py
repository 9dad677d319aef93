"""`podlab hint`: one rung more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lab.cli.options import format_option, name_argument, pass_session

if TYPE_CHECKING:
    from lab.cli.session import Session


@click.command("hint", short_help="The next hint.")
@name_argument
@click.option("--all", "everything", is_flag=True, help="Show the hints shown so far again, and no new one.")
@format_option("text", "json")
@pass_session
def command(session: Session, name: str | None, everything: bool, form: str) -> None:
    """Show the next of three hints: where to look, what it means, what to change."""
    attempt = session.resume(name, awake=False)
    hints = attempt.hints_shown() if everything else (attempt.hint(),)
    if form == "json":
        from lab.report import jsonform

        session.console.data(jsonform.document("hints", exercise=attempt.exercise.name, hints=hints))
        return
    for hint in hints:
        named = f"Hint {hint.rung} of {hint.of} for {attempt.exercise.name}: {hint.title}"
        session.console.document(named, hint.text)
    if not hints:
        session.console.narrate("no hint was shown yet")
