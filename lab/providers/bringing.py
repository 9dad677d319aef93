"""Bringing an image once: nodes tell what they have up to a minute late, and runs side by side need the same.

Two that want the same image at the same time are one build and one load; a tag that has since been given
other content is brought again.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lab.providers.base import ImageSource

LATE = 90.0
"""Host seconds: a kubelet looks for new images every 30 s and tells the API server every 10 s; with room."""


class Brought:
    """What this process brought into one cluster a moment ago."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._guard = Lock()
        self._turns: dict[str, Lock] = {}
        self._latest: dict[str, tuple[str, float]] = {}

    @contextmanager
    def turn(self, source: ImageSource) -> Iterator[bool]:
        """One at a time for each tag; gives whether the image has to be brought.

        An image whose content is not named always has. An exception means that it was not brought.
        """
        with self._guard:
            lock = self._turns.setdefault(source.reference, Lock())
        with lock:
            content, at = self._latest.get(source.reference, ("", 0.0))
            fresh = bool(content) and content == source.content and self._now() - at < LATE
            yield not fresh
            if not fresh:
                self._latest[source.reference] = (source.content, self._now())

    def forget(self) -> None:
        """The cluster was removed, and its images with it."""
        self._latest.clear()
