"""How a long operation hears that it is no longer wanted.

The caller keeps one `Cancel` and calls `cancel()` from any thread or signal handler; the operation asks at
every step that can be left without leaving anything half done. Nothing is ever killed from outside.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from lab.errors import Cancelled

Narrate = Callable[[str], None]
"""Called with one line, without a newline, whenever something worth telling happens in a long operation."""


class Cancel:
    """A wish to stop, set at most once."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        """Ask for the operation to stop; safe from any thread and from a signal handler."""
        self._event.set()

    @property
    def requested(self) -> bool:
        """Whether somebody asked."""
        return self._event.is_set()

    def check(self) -> None:
        """Go on, or not.

        Raises:
            Cancelled: somebody asked to stop.
        """
        if self._event.is_set():
            raise Cancelled(
                "interrupted", remedy="nothing was left half done; run the command again to go on"
            )

    def wait(self, seconds: float) -> bool:
        """Wait `seconds` of host time or until somebody asks; True when somebody asked."""
        return self._event.wait(seconds)


def silent(_line: str) -> None:
    """Narrate to nobody."""
