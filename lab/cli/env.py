"""`podlab env`: lines for a shell to evaluate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lab.cli.options import format_option, name_argument, pass_session, provider_option

if TYPE_CHECKING:
    from lab.cli.session import Session


@click.command("env", short_help="What to export.")
@name_argument
@provider_option
@click.option(
    "--shell", "shell", type=click.Choice(["posix", "fish"]), help="Whose syntax; your shell's when left out."
)
@format_option("text", "json")
@pass_session
def command(session: Session, name: str | None, provider: str | None, shell: str | None, form: str) -> None:
    """Print what to export so that kubectl finds the exercise NAME; without NAME the one started last.

    \b
    eval "$(podlab env)"        in sh, bash, zsh
    podlab env | source         in fish
    """  # noqa: D301 (the mark, a backspace, is click's: these lines are kept as they are)
    from lab.attempt import environment

    # The one started last, not this shell's own: a shell set up for one exercise has to get to the next.
    attempt = session.resume(name or session.lab.progress().current or None, provider)
    variables = attempt.environment()
    if form == "json":
        from lab.report import jsonform

        session.console.data(jsonform.document("environment", variables=variables))
        return
    session.console.data(environment.exports(variables, shell or session.shell_syntax))
