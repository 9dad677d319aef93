"""`podlab answer`: an exercise's diagnosis question."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lab.cli.exits import ExitCode, of_state
from lab.cli.options import format_option, pass_session
from lab.errors import UsageError

if TYPE_CHECKING:
    from lab.cli.session import Session


@click.command("answer", short_help="Answer the question.")
@click.argument("choice", required=False)
@click.option("--exercise", "name", metavar="NAME", help="The exercise; the one started last when left out.")
@format_option("text", "json")
@pass_session
def command(session: Session, choice: str | None, name: str | None, form: str) -> int:
    """Answer the diagnosis question with the CHOICE's name; without one, show question and choices."""
    from lab.report import jsonform, text

    attempt = session.resume(name, awake=False)
    question = attempt.exercise.header.question
    if question is None:
        raise UsageError(
            f"{attempt.exercise.name} asks no question",
            remedy=f"{session.line('check', attempt.exercise.name)} judges the fix",
        )
    if choice is None:
        if form == "json":
            options = [{"id": option.id, "text": option.text} for option in question.options]
            session.console.data(
                jsonform.document("question", id=question.id, text=question.text, options=options)
            )
        else:
            rows = [(f"  {option.id}", option.text) for option in question.options]
            session.console.data(f"{question.text.strip()}\n\n{text.table(('  CHOICE', ''), rows)}")
            asked = f"podlab answer --exercise {attempt.exercise.name} CHOICE"
            session.console.narrate("answer CHOICE" if session.conversation else asked)
        return ExitCode.PASSED
    session.awaken(attempt)
    finding = attempt.answer(question.id, choice)
    if form == "json":
        session.console.data(jsonform.document("finding", finding=finding))
    else:
        session.console.data("\n".join(text.finding(finding, session.console.style)))
    return of_state(finding.state)
