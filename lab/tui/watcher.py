"""Hears at once that a file was saved, where the system tells; elsewhere the feed's own looks do.

Notification that cannot be had, or stays silent (network file systems, some of WSL's), is no error: the feed
looks at the files every second whether or not anybody told it to.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DEBOUNCE_MILLISECONDS, STEP_MILLISECONDS = 200, 50
"""Editors write a file in several steps: so long a quiet means that they are done."""
STOP_MILLISECONDS = 100
"""How soon the thread notices that it is no longer wanted."""


class Watcher:
    """Calls `changed` when something in a directory changes, until closed."""

    def __init__(self, directory: Path, changed: Callable[[], None]) -> None:
        self._directory, self._changed = directory, changed
        self._closed = threading.Event()

    def close(self) -> None:
        """Ask the thread to end; returns at once."""
        self._closed.set()

    def run(self) -> None:
        """The thread's body: returns after `close`, or at once where nothing can be heard."""
        import watchfiles  # noqa: PLC0415 (the catalogue can do without)

        try:
            for _changes in watchfiles.watch(
                self._directory,
                debounce=DEBOUNCE_MILLISECONDS,
                step=STEP_MILLISECONDS,
                rust_timeout=STOP_MILLISECONDS,
                stop_event=self._closed,
                force_polling=False,
                raise_interrupt=False,
            ):
                self._changed()
        except (OSError, RuntimeError):
            return  # the directory is gone, or the system has no more to give: the feed looks by itself
