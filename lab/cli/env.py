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
    r"""Print what to export so that kubectl finds the exercise.

    \b
    eval "$(podlab env)"        in sh, bash, zsh
    podlab env | source         in fish
    """
    from lab.attempt import environment

    attempt = session.on(provider).lab.resume(name)
    variables = attempt.environment()
    if form == "json":
        from lab.report import jsonform

        session.console.data(jsonform.document("environment", variables=variables))
        return
    syntax = shell or ("fish" if PurePath(session.settings.shell).name == "fish" else "posix")
    session.console.data(environment.exports(variables, syntax))
