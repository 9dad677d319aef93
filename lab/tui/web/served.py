"""The process behind one browser: the lab, drawing into a pipe. Started by `lab.tui.web.session` alone."""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

LOOK_SECONDS = 1.0
"""Host seconds between two looks whether the server is still there."""


def main() -> int:
    """Run the lab with nothing to hand a terminal to; ends with the server that started it."""
    from lab.attempt.lab import Lab  # noqa: PLC0415 (after the server's own settings are read)
    from lab.settings import Settings  # noqa: PLC0415
    from lab.tui.app import PodlabApp  # noqa: PLC0415
    from lab.tui.handoff import NoHandoff  # noqa: PLC0415

    app = PodlabApp(Lab.open(Settings.from_environment()), handoff=NoHandoff())
    _end_without_parent(lambda: app.call_from_thread(app.exit, 0))
    code = app.run()
    return 0 if code is None else code


def _end_without_parent(end: Callable[[], object]) -> None:
    """Let no process outlive a server that was killed: nobody could reach it any more."""
    parent = os.getppid()

    def look() -> None:
        while os.getppid() == parent:
            threading.Event().wait(LOOK_SECONDS)
        end()

    threading.Thread(target=look, name="parent", daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
