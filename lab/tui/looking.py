"""Looks that are taken on a thread, one at a time: of several asked for meanwhile only the latest of a name.

Part of the bridge: nothing here touches a widget, and whoever looks posts what was found.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, TypeVar

from lab.tui.operations import in_background

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Looking(Generic[T]):
    """Has `look` called, with a name and what was given with it; there is a thread only while it is."""

    def __init__(self, thread: str, look: Callable[[str, T], None]) -> None:
        self._thread, self._look = thread, look
        self._wanted: dict[str, T] = {}
        self._at_work = False
        self._lock = threading.Lock()

    def ask(self, name: str, given: T) -> None:
        """Look soon, and at nothing of the same name that was asked for before."""
        with self._lock:
            self._wanted[name] = given
            if self._at_work:
                return
            self._at_work = True
        in_background(self._thread, self._run)

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._wanted:
                    self._at_work = False
                    return
                name = next(iter(self._wanted))
                given = self._wanted.pop(name)
            self._look(name, given)
