"""`podlab env`: lines for a shell to evaluate."""

from __future__ import annotations

from pathlib import PurePath

import click

from lab.cli.session import Session, format_option, name_argument, pass_session, provider_option


@click.command("env", short_help="What to export.")
@name_argument
@provider_option
@click.option(
    "--shell", "shell", type=click.Choice(["posix", "fish"]), help="Whose syntax; your shell's when left out."
)
@format_option("text", "json")
@pass_session
def command(session: Session, name: str | None, provider: str | None, shell: str | None, form: str) -> None:
    """Print what to export so that kubectl finds the exercise.

    \b
    eval "$(podlab env)"        in sh, bash, zsh
    podlab env | source         in fish
    """  # noqa: D301 (the mark, a backspace, is click's: these lines are kept as they are)
    from lab.attempt import environment

    attempt = session.resume(name, provider)
    variables = attempt.environment()
    if form == "json":
        from lab.report import jsonform

        session.console.data(jsonform.document("environment", variables=variables))
        return
    syntax = shell or ("fish" if PurePath(session.settings.shell).name == "fish" else "posix")
    session.console.data(environment.exports(variables, syntax))
