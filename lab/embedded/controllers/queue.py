"""A work queue: each key is worked on once however often it was added, now or later.

What `client-go/util/workqueue` is to real controllers, without the threads. A failing sync is tried again
with the controllers' own back-off (5 ms doubling to 1000 s, `DefaultControllerRateLimiter`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.embedded.api.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.embedded.clock.agenda import Agenda, Timer

PRIORITY = 2
"""Controllers act after the writes of an instant, before the kubelet looks at it."""
LATE = 6
"""For those that look at many objects: after the kubelets, so that one sync serves a whole instant."""
_FIRST_RETRY = 0.005
_LAST_RETRY = 1000.0


class WorkQueue:
    """Calls `sync(key)` for keys that were added."""

    def __init__(
        self,
        agenda: Agenda,
        sync: Callable[[str], None],
        priority: int = PRIORITY,
        retry: tuple[float, float] = (_FIRST_RETRY, _LAST_RETRY),
    ) -> None:
        """`sync` may raise ApiError: the key then comes again, after `retry` seconds (first, at most)."""
        self.label = f"{getattr(sync, '__qualname__', sync)}"
        """Whose queue this is, for a livelock's message."""
        self._agenda = agenda
        self._sync = sync
        self._priority = priority
        self._first, self._longest = retry
        self._timers: dict[str, Timer] = {}
        self._failures: dict[str, int] = {}

    def add(self, key: str, delay: float = 0.0) -> None:
        """Work on `key` after `delay` seconds, or earlier if it was asked for earlier."""
        due = self._agenda.now() + delay
        timer = self._timers.get(key)
        if timer is not None:
            if timer.due <= due:
                return
            timer.cancel()
        self._timers[key] = self._agenda.call_after(delay, lambda: self._work(key), self._priority)

    def _work(self, key: str) -> None:
        del self._timers[key]
        try:
            self._sync(key)
        except ApiError:
            failures = self._failures.get(key, 0)
            self._failures[key] = failures + 1
            self.add(key, min(self._first * 2 ** min(failures, 60), self._longest))
        else:
            self._failures.pop(key, None)
