"""`podlab grade`: submissions in, verdicts and an exit code out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lab.cli.exits import ExitCode, worst
from lab.cli.options import format_option, pass_session, provider_option
from lab.report.text import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.cli.session import Session
    from lab.model.grade import Grade


@click.command("grade", short_help="Grade submissions.")
@click.argument("directories", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="DIR...")
@click.option(
    "--exercise", metavar="NAME", help="The exercise; found by marker or directory name when left out."
)
@click.option(
    "--jobs", "-j", type=click.IntRange(1, 64), help="Submissions at a time; one a core when left out."
)
@provider_option
@format_option("text", "json", "junit", "markdown")
@pass_session
def command(
    session: Session,
    directories: tuple[Path, ...],
    exercise: str | None,
    jobs: int | None,
    provider: str | None,
    form: str,
) -> int:
    """Grade each DIR (a submission, or a directory of submissions) in a fresh namespace.

    A submission that reaches for more than its namespace is refused before anything is applied. Exit code:
    0 all passed; else the largest of 4 (unknown), 3 (not able), 1 (not passed or refused).
    """
    from lab.attempt import grading

    lab = session.on(provider).lab
    submissions = grading.find(lab, directories, exercise)
    several = len(submissions) > 1  # of one the result itself is there as soon
    console = session.console
    tell = console.narrate if several or not console.read_on_stdout else console.doing
    with session.console.working(f"grading {counted(len(submissions), 'submission')}") as cancel:
        results = grading.grade(
            lab,
            submissions,
            jobs=jobs or min(os.cpu_count() or 1, len(submissions)),
            cancel=cancel,
            on_grade=lambda one: tell(f"{one.submission}: {one.outcome.value}"),
        )
    session.console.data(_render(session, results, form))
    return worst(_code(one) for one in results)


def _code(one: Grade) -> ExitCode:
    return {
        "passed": ExitCode.PASSED,
        "not passed": ExitCode.NOT_PASSED,
        "refused": ExitCode.NOT_PASSED,
        "not able": ExitCode.NOT_ABLE,
        "unknown": ExitCode.UNKNOWN,
    }[one.outcome.value]


def _render(session: Session, results: Sequence[Grade], form: str) -> str:
    if form == "json":
        from lab.report import jsonform

        return jsonform.grades(results)
    if form == "junit":
        from lab.report import junit

        return junit.grades(results)
    if form == "markdown":
        from lab.report import markdown

        return markdown.grades(results)
    from lab.report import text

    return text.grades(results, session.console.style)
