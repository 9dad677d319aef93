"""`podlab` without a command: the lab in the terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from lab.cli.exits import ExitCode

if TYPE_CHECKING:
    from lab.cli.session import Session


def open_lab(session: Session) -> int:
    """Open the TUI; without a terminal say so, and list the exercises instead."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        session.console.narrate("there is no terminal to open the lab in; these are its exercises:")
        from lab.cli import catalogue

        catalogue.command.main([], prog_name="podlab list", standalone_mode=False, obj=session)
        return ExitCode.PASSED
    from lab.tui import run

    return int(run(session.lab) or ExitCode.PASSED)
