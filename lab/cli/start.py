"""`podlab start`: from nothing to a broken workload in a running cluster."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lab.attempt.views import FileState
from lab.cli.exits import ExitCode
from lab.cli.options import pass_session, provider_option
from lab.model.progress import Standing

if TYPE_CHECKING:
    from lab.attempt.attempt import Attempt
    from lab.cli.session import Session


@click.command("start", short_help="Start an exercise.")
@click.argument("name")
@click.option("--workspace", type=click.Path(path_type=Path), metavar="DIR", help="Where your files go.")
@click.option("--brief", is_flag=True, help="Show the brief also when the exercise was begun before.")
@click.option("--plain", is_flag=True, help="Go on from there as a conversation in plain lines.")
@provider_option
@pass_session
def command(
    session: Session, name: str, workspace: Path | None, brief: bool, plain: bool, provider: str | None
) -> int:
    """Start the exercise NAME: cluster, files, broken workload.

    Files you edited earlier are kept; `podlab reset` brings the broken ones back.
    """
    lab = session.on(provider).lab
    session.console.plain = session.console.plain or plain
    before = lab.progress().of(name).standing
    with session.console.working(f"starting {name}") as cancel:
        attempt = lab.start(name, workspace=workspace, narrate=session.console.narrate, cancel=cancel)
    if plain:
        from lab.cli.plain import command as conversation

        return conversation.hold(session, name)
    if brief or before is Standing.NEW:
        session.console.document(attempt.exercise.title, attempt.exercise.brief)
    if before is not Standing.NEW:
        begun = "solved" if before is Standing.SOLVED else "begun"
        session.console.narrate(
            f"{name} was already {begun}; your files are kept, and so is what you changed in the cluster\n"
            f"podlab reset {name} brings the broken ones back; "
            f"podlab start {name} --brief shows the text again"
        )
    _next(session, attempt)
    return ExitCode.PASSED


def _next(session: Session, attempt: Attempt) -> None:
    """Say what there is now, and what one does with it; every command is named with its exercise."""
    name = attempt.exercise.name
    files = " ".join(file.name for file in attempt.files() if file.state is not FileState.FOREIGN)
    session.console.narrate(
        f"\nyour files   {attempt.workspace}\n"
        f"             {files}\n"
        f"the cluster  {attempt.provider.name}, namespace {attempt.namespace}\n"
        f"kubectl      podlab shell {name}\n"
        f"or           {session.moving_line(name)}\n"
        f"edit, then   podlab watch {name}   applies and judges every save\n"
        f"or           podlab check {name}   judges what runs now, however you changed it\n"
        f"stuck        podlab hint {name}"
    )
    if session.shell_exercise not in {"", name}:
        session.console.narrate(
            f"\nnote: this shell is still set up for {session.shell_exercise}; "
            f"to move it:\n  {session.moving_line(name)}"
        )
