"""`podlab solution`: for whoever has had enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lab.cli.options import format_option, name_argument, pass_session, yes_option

if TYPE_CHECKING:
    from lab.cli.session import Session


@click.command("solution", short_help="Show a solution.")
@name_argument
@yes_option
@format_option("text", "json")
@pass_session
def command(session: Session, name: str | None, yes: bool, form: str) -> None:
    """Show the solution and the debrief. Asks first: it cannot be unseen."""
    attempt = session.resume(name, awake=False)
    shown, there_are = len(attempt.hints_shown()), len(attempt.exercise.hints)
    question = f"show the solution of {attempt.exercise.name}? {shown} of {there_are} hints were shown"
    if not session.console.confirm(question, yes=yes):
        more = "`podlab hint` gives the next hint"
        hint = more if shown < there_are else "`podlab hint --all` shows the hints again"
        session.console.narrate(f"not shown; {hint}")
        return
    files = attempt.solution_files()
    if form == "json":
        from lab.report import jsonform

        session.console.data(
            jsonform.document(
                "solution", exercise=attempt.exercise.name, files=files, debrief=attempt.debrief()
            )
        )
        return
    style = session.console.style
    blocks = [f"{style.bold(f'# {file.name}')}\n{file.text.rstrip()}\n" for file in files]
    session.console.data("\n".join([*blocks, attempt.debrief().strip()]))
