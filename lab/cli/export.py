"""`podlab export`: what runs in the cluster, as files to hand in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lab.cli.options import pass_session, provider_option

if TYPE_CHECKING:
    from lab.cli.session import Session


@click.command("export", short_help="Live objects to files.")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.option("--exercise", "name", metavar="NAME", help="The exercise; the one started last when left out.")
@click.option("--force", is_flag=True, help="Write into a directory that is not empty.")
@provider_option
@pass_session
def command(session: Session, directory: Path, name: str | None, force: bool, provider: str | None) -> None:
    """Write the live objects into DIRECTORY as a submission for `podlab grade`.

    Whatever you did with kubectl is in it; what the cluster added by itself is not.
    """
    attempt = session.resume(name, provider)
    for path in attempt.export(directory, force=force):
        session.console.data(str(path))
    session.console.narrate(f"podlab grade {directory}")
