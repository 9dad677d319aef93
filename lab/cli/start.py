"""`podlab start`: from nothing to a broken workload in a running cluster."""

from __future__ import annotations

from pathlib import Path

import click

from lab.attempt.views import FileState
from lab.cli.session import Session, pass_session, provider_option


@click.command("start", short_help="Start an exercise.")
@click.argument("name")
@click.option("--workspace", type=click.Path(path_type=Path), metavar="DIR", help="Where your files go.")
@provider_option
@pass_session
def command(session: Session, name: str, workspace: Path | None, provider: str | None) -> None:
    """Start the exercise NAME: cluster, files, broken workload.

    Files you edited earlier are kept; `podlab reset` brings the broken ones back.
    """
    lab = session.on(provider).lab
    with session.console.working(f"starting {name}") as cancel:
        attempt = lab.start(name, workspace=workspace, narrate=session.console.narrate, cancel=cancel)
    session.console.document(attempt.exercise.title, attempt.exercise.brief)
    names = " ".join(file.name for file in attempt.files() if file.state is not FileState.FOREIGN)
    session.console.narrate(
        f"\nyour files   {attempt.workspace}\n"
        f"             {names}\n"
        f"the cluster  {attempt.provider.name}, namespace {attempt.namespace}\n"
        'kubectl      podlab shell   or   eval "$(podlab env)"\n'
        "edit, then   podlab watch   applies and judges every save\n"
        "or           podlab check   judges what runs now, however you changed it\n"
        "stuck        podlab hint"
    )
