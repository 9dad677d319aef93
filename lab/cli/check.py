"""`podlab check`: the verdict on what runs in the cluster now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lab.cli.exits import of_state
from lab.cli.options import format_option, name_argument, pass_session, provider_option
from lab.model.verdict import State

if TYPE_CHECKING:
    from lab.attempt.attempt import Attempt
    from lab.cli.session import Session
    from lab.model.progress import Ahead
    from lab.model.verdict import Finding, Verdict


@click.command("check", short_help="Judge what runs now.")
@name_argument
@provider_option
@format_option("text", "json", "junit", "markdown")
@pass_session
def command(session: Session, name: str | None, provider: str | None, form: str) -> int:
    """Judge what runs in the cluster now, and say why.

    Your files are not applied: `podlab watch` does that, or kubectl. Exits with 0 when it passed, 1 when it
    did not, 4 when nothing could be said.
    """
    attempt = session.resume(name, provider)
    verdict = judge(session, attempt)
    session.console.data(render(session, verdict, form))
    if verdict.state is State.PASSED and form == "text":
        say_solved(session, attempt)
    return of_state(verdict.state)


def say_solved(session: Session, attempt: Attempt) -> None:
    """Say that the exercise is solved, and what may come next."""
    name = attempt.exercise.name
    say = session.line
    lines = [f"solved; `{say('debrief', name)}` tells what it was, and what shows that it is mended"]
    lines.append(f"`{say('solution', name)}` shows a way to solve it; it may be another than yours")
    question = attempt.exercise.header.question
    if question is not None and question.id not in attempt.record().answers:
        asked = "answer" if session.conversation else f"podlab answer --exercise {name}"
        lines.append(f"it has a question, too: `{asked}`")
    lines += what_next(session, session.lab.ahead(name, attempt.provider))
    session.console.narrate("\n".join(lines))


def what_next(session: Session, ahead: Ahead) -> list[str]:
    """How one goes on from an exercise to the one after it, if there is one, and what is passed over."""
    if not ahead.name:
        return ["that was the last one: all are solved"]
    passed = [f"passed over, not solved yet: {', '.join(ahead.passed)}"] if ahead.passed else []
    if ahead.begun:
        passed.append(f"begun, not solved yet: {', '.join(ahead.begun)}")
    if session.conversation:
        return [f"next in the list: type next, which starts {ahead.name}; or start and a name", *passed]
    return [f"next in the list: podlab start {ahead.name}", *passed]


def judge(session: Session, attempt: Attempt) -> Verdict:
    """Check with narration on stderr; what is being looked at, and was found, is the spinner's affair.

    The findings are read in the verdict a moment later, wherever it is written to: they are not told twice.
    """
    console = session.console
    header = attempt.exercise.header
    titles = {spec.title or f"{spec.kind} {spec.id}" for spec in header.checks}
    titles |= {experiment.title for experiment in header.experiments}

    def said(line: str) -> None:
        console.doing(line) if line in titles else console.narrate(line)

    def told(finding: Finding) -> None:
        if finding.state is State.WAITING:
            console.doing(f"{finding.title} ({finding.observed})")

    with console.working(f"checking {attempt.exercise.name}") as cancel:
        return attempt.check(said, cancel, told)


def render(session: Session, verdict: Verdict, form: str) -> str:
    """A verdict in the format asked for."""
    if form == "json":
        from lab.report import jsonform

        return jsonform.verdict(verdict)
    if form == "junit":
        from lab.report import junit

        return junit.verdict(verdict)
    if form == "markdown":
        from lab.report import markdown

        return markdown.verdict(verdict)
    from lab.report import text

    return session.console.worded(text.verdict(verdict, session.console.style))
