"""Notices that nothing is heard of the cluster: one that hangs refuses nothing, and its requests only wait.

The live stream publishes once a second as long as the cluster answers. When it stops without saying why, the
last view is posted again with how long ago that was; the next view of the stream ends it.
"""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.attempt.views import LiveView

SECONDS = 5.0
"""Host seconds without a word after which that is said; a slow cluster's answers take less."""
PERIOD = 1.0
"""Host seconds between two looks."""


class Silence:
    """Listens beside one live stream."""

    def __init__(
        self, post: Callable[[LiveView], None], first: LiveView, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._post, self._now = post, now
        self._last = (first, now())
        self._closed = threading.Event()

    def heard(self, view: LiveView) -> None:
        """The stream published this."""
        self._last = (view, self._now())

    def close(self) -> None:
        """Ask the thread to end; returns at once."""
        self._closed.set()

    def run(self) -> None:
        """The thread's body: returns after `close`."""
        while not self._closed.wait(PERIOD):
            self.look()

    def look(self) -> None:
        """Say how long nothing was heard, if it is long; what the stream itself said stands."""
        view, at = self._last
        silent = self._now() - at
        if silent >= SECONDS and not view.lost:
            self._post(replace(view, lost=f"the cluster has not answered for {silent:.0f} s"))
