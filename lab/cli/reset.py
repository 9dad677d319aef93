"""`podlab reset`: files and cluster as at the start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lab.cli.options import name_argument, pass_session, provider_option, yes_option
from lab.errors import ContentError

if TYPE_CHECKING:
    from lab.cli.session import Session


@click.command("reset", short_help="As at the start.")
@name_argument
@provider_option
@yes_option
@pass_session
def command(session: Session, name: str | None, provider: str | None, yes: bool) -> None:
    """Bring files and cluster back to the broken state. Files you edited are backed up first."""
    attempt = session.resume(name, provider)
    try:
        edited = [file.name for file in attempt.files() if file.state in {"edited", "added"}]
    except ContentError:
        edited = []  # the workspace is gone: there is nothing to lose, and reset makes it again
    if edited and session.console.interactive:
        question = f"put {', '.join(edited)} into a backup and bring the broken files back?"
        if not session.console.confirm(question, yes=yes):
            session.console.narrate("nothing was changed")
            return
    with session.console.working(f"resetting {attempt.exercise.name}") as cancel:
        attempt.reset(session.console.narrate, cancel)
    session.console.narrate(f"{attempt.exercise.name} is as it was at the start: {attempt.workspace}")
