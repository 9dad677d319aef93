"""Where `podlab` begins, and the one place where errors become messages and exit codes.

Without words behind it `podlab` is the lab in the terminal, which is to be on screen at once: then the parser
of command lines is never imported.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from lab.cli import terminal
from lab.cli.console import Console, open_missing_streams
from lab.cli.exits import ExitCode, of_error
from lab.cli.session import Session
from lab.errors import LabError
from lab.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable


def start() -> int:
    """Run what this process was started for; returns the exit code."""
    open_missing_streams()
    return guarded(_with_words if len(sys.argv) > 1 else terminal.open_lab)


def _with_words(session: Session) -> int:
    from lab.cli.main import carry_out

    return carry_out(session, sys.argv[1:])


def guarded(work: Callable[[Session], int]) -> int:
    """Do some work in a new session; returns the exit code. Nothing but an exit leaves here."""
    settings = Settings.from_environment()
    session = Session(settings, Console(color=settings.color))
    try:
        code = work(session)
        session.say_notices()
    except LabError as error:
        session.console.lab_error(error)
        return of_error(error)
    except KeyboardInterrupt:
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
    return code
