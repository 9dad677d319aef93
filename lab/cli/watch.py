"""`podlab watch`: every save is applied and judged, until Ctrl-C."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from lab.attempt.views import FileRole
from lab.cli.check import judge, render, say_solved
from lab.cli.exits import ExitCode, of_error, of_state
from lab.cli.options import name_argument, pass_session, provider_option
from lab.cli.saves import Saves
from lab.errors import Cancelled, ContentError, LabError, ObservationLost
from lab.model.verdict import State
from lab.report.text import counted

if TYPE_CHECKING:
    from pathlib import Path

    from lab.attempt.attempt import Attempt
    from lab.attempt.views import Drift
    from lab.cli.session import Session


@click.command("watch", short_help="Apply and check on save.")
@name_argument
@provider_option
@click.option("--poll", is_flag=True, help="Look at the files every half second instead of being notified.")
@click.option("--once", is_flag=True, help="End after the first verdict.")
@pass_session
def command(session: Session, name: str | None, provider: str | None, poll: bool, once: bool) -> int:
    """Apply your files and check again on every save. Ctrl-C ends it, with exit code 0.

    What is saved during a check is applied and checked right after it. With --once the exit code is the
    verdict's.
    """
    attempt = session.resume(name, provider, awake=False)
    console = session.console
    files = {file.path: file for file in attempt.files()}
    if once:
        return turn(session, attempt, on=False)
    console.narrate(f"watching {attempt.workspace} ({counted(len(files), 'file')}); Ctrl-C ends it")

    def early(names: str) -> None:
        console.narrate(f"saved meanwhile: {names}; applied and checked next")

    try:
        with Saves(attempt.workspace, early, poll=poll, matters=partial(matters, attempt)) as saves:
            turn(session, attempt, unasked=True)
            while True:
                console.narrate(f"\nsaved: {saves.wait()}")
                turn(session, attempt)
                if not attempt.workspace.is_dir():
                    attempt.files()  # says that the workspace is gone, and how it comes back
    except (KeyboardInterrupt, Cancelled):
        console.narrate("stopped watching; everything applied so far stays applied")
    return ExitCode.PASSED


def matters(attempt: Attempt, path: Path) -> bool:
    """Whether a path is one of the files that are applied, and no editor's own (`sedM0yMVD`, `4913`)."""
    name = path.relative_to(attempt.workspace).as_posix()
    role = attempt.place.role(name)
    if role is FileRole.IMAGE:
        return path.exists() or name in attempt.place.originals
    return role is FileRole.MANIFEST


def turn(session: Session, attempt: Attempt, *, on: bool = True, unasked: bool = False) -> ExitCode:
    """Apply and check once. Mistakes in files, and a cluster that is away, are said and watched `on`.

    `unasked`: nobody saved anything; then only edits are applied, and only where they undo nothing.
    """
    try:
        session.awaken(attempt)
        with session.console.working("applying") as cancel:
            bring = attempt.apply_edits if unasked else attempt.apply
            result = bring(session.console.narrate, cancel)
        if result.undone:
            say_undone(session, result.undone)
        for warning in result.warnings:
            session.console.narrate(f"warning: {warning}")
        verdict = judge(session, attempt)
    except Cancelled:
        raise
    except LabError as error:
        if not isinstance(error, ContentError | ObservationLost) and not attempt.workspace.is_dir():
            raise
        session.console.lab_error(error)
        return of_error(error)
    session.console.data(render(session, verdict, "text"))
    if verdict.state is State.PASSED:
        say_solved(session, attempt)
        if on:
            session.console.narrate(
                "still watching: the next save is applied and judged as well; Ctrl-C ends it"
            )
    return of_state(verdict.state)


def say_undone(session: Session, undone: tuple[Drift, ...]) -> None:
    """Say that files were not applied, what that would have undone, and how they are applied all the same."""
    from lab.attempt import edits

    how = "apply applies them" if session.conversation else "the next save applies them"
    lines = (
        "your files were not applied: that would undo what was changed in the cluster",
        edits.named(undone),
        f"{how}; judged is what runs now",
    )
    session.console.narrate("\n".join(lines))
