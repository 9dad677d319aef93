"""`podlab`: the table of commands, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from lab.cli.console import Console, open_missing_streams
from lab.cli.exits import ExitCode, of_error
from lab.cli.group import Entry, LazyGroup
from lab.cli.session import Session
from lab.errors import LabError
from lab.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

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
            help="embedded, kind, context:NAME, or auto (the default): the lab's kind cluster where it runs, "
            "else embedded.",
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


def start() -> int:
    """Run the command line this process was started with; returns the exit code."""
    open_missing_streams()
    return run(sys.argv[1:])


def run(arguments: Sequence[str]) -> int:
    """Run the command line; returns the exit code. Nothing but an exit leaves here."""
    settings = Settings.from_environment()
    session = Session(settings, Console(color=settings.color))
    try:
        result = build().main(in_order(arguments), prog_name="podlab", standalone_mode=False, obj=session)
        session.say_notices()
        return int(result) if isinstance(result, int) else ExitCode.PASSED
    except LabError as error:
        session.console.lab_error(error)
        return of_error(error)
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        path = context.command_path if context is not None else "podlab"
        session.console.error(error.format_message(), remedy=f"see {path} --help")
        return ExitCode.WRONG_USE
    except (KeyboardInterrupt, click.Abort):
        session.console.narrate("interrupted")
        return ExitCode.INTERRUPTED
    except Exception as error:  # noqa: BLE001 (the last resort: a person never sees a traceback)
        from lab.cli import crash

        log = crash.write_log(error, settings.crash_directory)
        session.console.error(
            f"podlab stumbled over itself: {type(error).__name__}: {error}",
            where=str(log),
            remedy="this is a mistake in podlab; please report it with the file above",
        )
        return ExitCode.UNKNOWN


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
