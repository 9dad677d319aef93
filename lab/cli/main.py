"""`podlab` with words behind it: the table of commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lab.cli.entry import guarded
from lab.cli.exits import ExitCode
from lab.cli.group import Entry, LazyGroup

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.cli.session import Session

HELP = """Broken Kubernetes workloads, a real kubectl, and a verifier that says why a fix holds.

Without a command the lab opens in the terminal; with --plain as a conversation in lines.

Exit codes: 0 passed, 1 not passed, 2 wrong use, 3 the environment is not able, 4 unknown,
130 interrupted; over several results the largest of 4, 3 and 1.
"""

COMMANDS = {
    "list": Entry("lab.cli.catalogue", "The exercises, and how far you are."),
    "start": Entry("lab.cli.start", "Start an exercise: cluster, files, broken workload."),
    "check": Entry("lab.cli.check", "Judge what runs in the cluster now, and say why."),
    "hint": Entry("lab.cli.hint", "The next of three hints."),
    "reset": Entry("lab.cli.reset", "Files and cluster as at the start; your files are backed up."),
    "solution": Entry("lab.cli.solution", "Show a solution (asks first)."),
    "answer": Entry("lab.cli.answer", "Answer an exercise's diagnosis question."),
    "debrief": Entry("lab.cli.debrief", "Of a solved exercise: what it was, the evidence, what you changed."),
    "watch": Entry("lab.cli.watch", "Apply and check again on every save."),
    "serve": Entry("lab.cli.serve", "The lab in a browser, on this machine."),
    "shell": Entry("lab.cli.shell", "A shell with kubectl set up for the exercise."),
    "env": Entry("lab.cli.env", "Print what to export so that kubectl finds the exercise."),
    "export": Entry("lab.cli.export", "Write the live objects as a submission."),
    "grade": Entry("lab.cli.grade", "Grade submissions, each in a fresh namespace."),
    "author": Entry("lab.cli.author", "For authors of exercises: prove, check."),
    "cluster": Entry("lab.cli.cluster", "The cluster: up, down, status, serve, advance."),
    "doctor": Entry("lab.cli.doctor", "What this machine has, and what it lacks."),
}


def build() -> click.Group:
    """The command `podlab`."""
    group = LazyGroup(entries=COMMANDS, help=HELP)
    group.params.append(
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_version,
            help="Show the version and exit.",
        )
    )
    group.params.append(
        click.Option(
            ["--provider"],
            metavar="NAME",
            help="embedded, kind, context:NAME, or auto: the lab's kind cluster if it runs, else embedded. "
            "Without it PODLAB_PROVIDER counts, then the settings, then auto.",
        )
    )
    group.params.append(
        click.Option(
            ["--plain"],
            is_flag=True,
            help="The lab as a conversation in plain lines, for screen readers and simple terminals.",
        )
    )
    group.callback = _opened
    return group


def run(arguments: Sequence[str]) -> int:
    """Run a command line in a session of its own; returns the exit code. Nothing but an exit leaves here."""
    return guarded(lambda session: carry_out(session, arguments))


def carry_out(session: Session, arguments: Sequence[str]) -> int:
    """Carry a command line out; returns the exit code.

    Raises:
        LabError: what the command raised.
    """
    try:
        result = build().main(in_order(arguments), prog_name="podlab", standalone_mode=False, obj=session)
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        path = context.command_path if context is not None else "podlab"
        session.console.error(error.format_message(), remedy=f"see {path} --help")
        return ExitCode.WRONG_USE
    except click.Abort:
        raise KeyboardInterrupt from None
    return int(result) if isinstance(result, int) else ExitCode.PASSED


def in_order(arguments: Sequence[str]) -> list[str]:
    """The arguments with `--format` behind the command, wherever it was given: it is the command's own."""
    words = list(arguments)
    moved: list[str] = []
    while words and words[0].partition("=")[0] == "--format":
        count = 1 if "=" in words[0] else 2
        moved += words[:count]
        del words[:count]
    end = words.index("--") if "--" in words else len(words)
    return [*words[:end], *moved, *words[end:]]


@click.pass_context
def _opened(context: click.Context, provider: str | None, plain: bool) -> int:
    session: Session = context.obj
    session.on(provider)
    session.console.plain = session.console.plain or plain
    if context.invoked_subcommand is not None:
        return ExitCode.PASSED
    if plain:
        from lab.cli.plain import command

        return command.hold(session)
    from lab.cli import terminal

    return terminal.open_lab(session)


def _version(context: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        click.echo(f"podlab {version('podlab')}")
        context.exit()
