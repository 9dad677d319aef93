"""`podlab watch`: every save is applied and judged, until Ctrl-C."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lab.cli.check import judge, render
from lab.cli.session import Session, name_argument, pass_session, provider_option
from lab.errors import Cancelled, ContentError, LabError, ObservationLost

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

    from lab.attempt.attempt import Attempt

DEBOUNCE_MILLISECONDS = 200
"""Editors write a file in several steps; so long a quiet means that they are done."""


@click.command("watch", short_help="Apply and check on save.")
@name_argument
@provider_option
@click.option("--poll", is_flag=True, help="Look at the files every half second instead of being notified.")
@click.option("--once", is_flag=True, help="End after the first verdict.")
@pass_session
def command(session: Session, name: str | None, provider: str | None, poll: bool, once: bool) -> None:
    """Apply your files and check again on every save. Ctrl-C ends it."""
    attempt = session.on(provider).lab.resume(name)
    console = session.console
    files = {file.path: file for file in attempt.files()}
    console.narrate(f"watching {attempt.workspace} ({len(files)} files); Ctrl-C ends it")
    try:
        turn(session, attempt)
        if once:
            return
        for changed in saves(attempt.workspace, poll=poll):
            names = ", ".join(sorted(str(path.relative_to(attempt.workspace)) for path in changed))
            console.narrate(f"\nsaved: {names}")
            turn(session, attempt)
            if not attempt.workspace.is_dir():
                attempt.files()  # says that the workspace is gone, and how it comes back
    except (KeyboardInterrupt, Cancelled):
        console.narrate("stopped watching; everything applied so far stays applied")


def turn(session: Session, attempt: Attempt) -> None:
    """Apply and check once. Mistakes in files, and a cluster that is away, are said and watched on."""
    try:
        session.awaken(attempt)
        with session.console.working("applying") as cancel:
            result = attempt.apply(session.console.narrate, cancel)
        for warning in result.warnings:
            session.console.narrate(f"warning: {warning}")
        session.console.data(render(session, judge(session, attempt), "text"))
    except Cancelled:
        raise
    except (ContentError, ObservationLost) as error:
        session.console.lab_error(error)
    except LabError as error:
        if not attempt.workspace.is_dir():
            raise
        session.console.lab_error(error)


def saves(directory: Path, *, poll: bool, stop: threading.Event | None = None) -> Iterator[set[Path]]:
    """Sets of files that changed, as they are saved; ends when `stop` is set or the directory is gone."""
    import watchfiles

    from lab.attempt.workspace import IGNORED_DIRECTORIES, IGNORED_SUFFIXES, MARKER

    def wanted(_change: watchfiles.Change, text: str) -> bool:
        path = Path(text)
        return not (
            path.name == MARKER
            or path.name.startswith(".")
            or path.name.endswith(IGNORED_SUFFIXES)
            or IGNORED_DIRECTORIES & set(path.parts)
        )

    # watchfiles itself falls back to polling where notification fails to start; network file systems start it
    # well and then stay silent, which is what --poll and WATCHFILES_FORCE_POLLING are for.
    for changes in watchfiles.watch(
        directory,
        watch_filter=wanted,
        debounce=DEBOUNCE_MILLISECONDS * 4,
        step=DEBOUNCE_MILLISECONDS // 4,
        stop_event=stop,
        force_polling=poll or None,
        poll_delay_ms=500,
        raise_interrupt=True,
    ):
        yield {Path(text) for _, text in changes}
