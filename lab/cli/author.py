"""`podlab author`: what an exercise has to hold before learners meet it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from lab.cli.exits import ExitCode, worst
from lab.cli.group import Entry, LazyGroup
from lab.cli.options import format_option, pass_session, provider_option
from lab.errors import UsageError
from lab.report.text import counted

if TYPE_CHECKING:
    from lab.cli.session import Session
    from lab.model.proof import Trial

command = LazyGroup(
    name="author",
    help="For authors of exercises.",
    entries={
        "prove": Entry(
            "lab.cli.author", "Broken fails as declared, every fix passes, every cheat fails.", "prove"
        ),
        "check": Entry(
            "lab.cli.author", "Read the exercise files and say what is wrong or missing.", "check"
        ),
    },
)


@click.command("check")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@format_option("text", "json")
@pass_session
def check(session: Session, names: tuple[str, ...], form: str) -> int:
    """Read the files of these exercises (all when none is named) and say everything that is wrong."""
    from lab.attempt import authoring
    from lab.report import jsonform

    problems = authoring.check(session.lab, names)
    if form == "json":
        found = [{"what": one.what, "where": str(one.where or ""), "remedy": one.remedy} for one in problems]
        session.console.data(jsonform.document("problems", problems=found))
    else:
        for one in problems:
            session.console.data(str(one))
        said = counted(len(problems), "problem") if problems else "nothing to complain of"
        session.console.narrate(said)
    return ExitCode.NOT_PASSED if problems else ExitCode.PASSED


@click.command("prove")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@provider_option
@click.option("--jobs", "-j", type=click.IntRange(1, 64), help="Proofs at a time; one a core when left out.")
@format_option("text", "json", "junit", "markdown")
@pass_session
def prove(session: Session, names: tuple[str, ...], provider: str | None, jobs: int | None, form: str) -> int:
    """Prove exercises: broken fails as declared, every fix passes, every cheat fails.

    Exits with 0 only if all of it holds.
    """
    from lab.attempt import authoring

    lab = session.on(provider).lab
    chosen = authoring.chosen(lab, names)
    if not chosen:
        raise UsageError("there are no exercises to prove", remedy="see podlab list")
    with session.console.working(f"proving {counted(len(chosen), 'exercise')}") as cancel:
        proof = authoring.prove(
            lab, chosen, jobs=jobs or os.cpu_count() or 1, narrate=session.console.narrate, cancel=cancel
        )
    from lab.report import proof as report

    session.console.data(report.render(proof, form, session.console.style))
    return worst(_code(trial) for trial in proof.trials)


def _code(trial: Trial) -> ExitCode:
    return {
        "held": ExitCode.PASSED,
        "skipped": ExitCode.PASSED,
        "not held": ExitCode.NOT_PASSED,
        "unable": ExitCode.NOT_ABLE,
        "unknown": ExitCode.UNKNOWN,
    }[trial.result.value]
