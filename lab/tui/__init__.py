"""The terminal front end. Importing it is cheap: textual comes with the first `run`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.attempt.lab import Lab

__all__ = ["run"]


def run(lab: Lab, *, exercise: str | None = None) -> int:
    """Show the lab in the terminal until the user leaves; returns the exit code.

    Args:
        lab: the opened lab.
        exercise: start, or take up again, this exercise at once; None: begin at the catalogue.
    """
    from lab.tui.app import PodlabApp  # noqa: PLC0415 (textual is heavy; `podlab --help` must not pay for it)

    code = PodlabApp(lab, exercise=exercise).run()
    return 0 if code is None else code
