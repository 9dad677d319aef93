"""`podlab reset`: files and cluster as at the start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lab.cli.options import name_argument, pass_session, provider_option, yes_option
from lab.errors import ContentError, LabError

if TYPE_CHECKING:
    from lab.attempt.attempt import Attempt
    from lab.cli.session import Session


@click.command("reset", short_help="As at the start.")
@name_argument
@provider_option
@yes_option
@pass_session
def command(session: Session, name: str | None, provider: str | None, yes: bool) -> None:
    """Bring files and cluster back to the broken state. Asks first; files you edited are backed up."""
    attempt = session.resume(name, provider)
    try:
        edited = [file.name for file in attempt.files() if file.state in {"edited", "added"}]
    except ContentError:
        edited = []  # the workspace is gone: there is nothing to lose, and reset makes it again
    if session.console.interactive:
        question = f"{_loses(attempt, edited)}; bring {attempt.exercise.name} back to its start?"
        if not session.console.confirm(question, yes=yes):
            session.console.narrate("nothing was changed")
            return
    with session.console.working(f"resetting {attempt.exercise.name}") as cancel:
        attempt.reset(session.console.narrate, cancel)
    session.console.narrate(f"{attempt.exercise.name} is as it was at the start: {attempt.workspace}")
    session.console.narrate("progress, and the hints shown, stay")


def _loses(attempt: Attempt, edited: list[str]) -> str:
    """What a reset takes away, in words."""
    said = [f"{', '.join(edited)} will be put into a backup"] if edited else []
    try:
        changed = list(dict.fromkeys(one.object for one in attempt.drift()))
    except LabError:
        changed = []  # a cluster that is away, or files that are wrong: there is no telling
    if changed:
        said.append(f"what runs otherwise than in your files will be lost ({', '.join(changed)})")
    return " and ".join([*said, "all pods will be made anew"])
