"""The terminal front end. Importing it is cheap: textual comes with the first `run`."""

from __future__ import annotations

import gc
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
    # Nearly all that is made until the first frame stays: looking through it for garbage again and again
    # takes a seventh of the time to that frame, and finds nothing.
    gc.disable()
    from lab.tui.app import PodlabApp  # noqa: PLC0415 (textual is heavy; `podlab --help` must not pay for it)

    try:
        code = PodlabApp(lab, exercise=exercise, settled=_collect_from_now_on).run()
    finally:
        gc.enable()
    return 0 if code is None else code


def _collect_from_now_on() -> None:
    """Collect what becomes garbage, but leave what the first frame needed out of every later look."""
    gc.freeze()
    gc.enable()
