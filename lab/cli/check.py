"""`podlab check`: the verdict on what runs in the cluster now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lab.cli.exits import of_state
from lab.cli.session import Session, format_option, name_argument, pass_session, provider_option
from lab.model.verdict import State
from lab.report.style import WORDS

if TYPE_CHECKING:
    from lab.attempt.attempt import Attempt
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
        session.console.narrate("solved; `podlab solution` shows another way, and the debrief")
    return of_state(verdict.state)


def judge(session: Session, attempt: Attempt) -> Verdict:
    """Check with progress on stderr: one line a finding; what is being looked at is the spinner's affair."""
    console = session.console
    header = attempt.exercise.header
    titles = {spec.title or f"{spec.kind} {spec.id}" for spec in header.checks}
    titles |= {experiment.title for experiment in header.experiments}
    decided: set[str] = set()

    def said(line: str) -> None:
        console.doing(line) if line in titles else console.narrate(line)

    def told(finding: Finding) -> None:
        if finding.state is State.WAITING:
            console.doing(f"{finding.title} ({finding.observed})")
        elif finding.id not in decided:
            decided.add(finding.id)
            console.narrate(f"{WORDS[finding.state]:<8}{finding.title}")

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

    return text.verdict(verdict, session.console.style)
