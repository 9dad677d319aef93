"""The terminal front end. Importing it is cheap: textual comes with the first `run`."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.attempt.lab import Lab

__all__ = ["run", "settled"]

SWITCH_SECONDS = 0.0005
"""Host seconds a thread may go on computing while another one wants to."""


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
        app = PodlabApp(lab, exercise=exercise, settled=settled)
        code = app.run()
    finally:
        gc.enable()
    app.bridge.farewell(lambda line: sys.stderr.write(f"{line}\n"))
    from lab.tui import last_words  # noqa: PLC0415 (not the first frame's)

    for words in (*app.last_words, *last_words.still_running(lab.settings, app.used)):
        sys.stderr.write(f"{words}\n")
    return 0 if code is None else code


def settled() -> None:
    """The first frame is there: from now on what counts is that keys are answered.

    Garbage is collected again, but what the first frame needed is left out of every later look, and looking
    through everything is rare: it takes longer than a frame. Threads that follow a busy cluster hand over to
    the one that draws ten times sooner than they would by default.
    """
    gc.freeze()
    gc.set_threshold(2000, 20, 100)
    gc.enable()
    sys.setswitchinterval(SWITCH_SECONDS)
