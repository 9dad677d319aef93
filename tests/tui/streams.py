"""Parts of the scripted lab that tests hold open, push into and read: gates, streams, logs, a clock."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING

from lab.attempt.live import view_of
from lab.attempt.past import Past

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lab.attempt.cancel import Cancel
    from lab.attempt.views import LiveView
    from lab.kube.logs import LogLine

NOW = 1_700_000_000.0


class Gate:
    """Open unless a test closes it; an operation that comes to a closed gate waits, and hears of a cancel."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self._open.set()
        self.reached = threading.Event()

    def close(self) -> None:
        """Hold what comes."""
        self._open.clear()

    def open(self) -> None:
        """Let go."""
        self._open.set()

    def wait(self, cancel: Cancel | None) -> None:
        """Wait here."""
        self.reached.set()
        while not self._open.wait(0.005):
            if cancel is not None:
                cancel.check()


class ScriptedStream:
    """A live stream the test pushes views into."""

    def __init__(self, view: LiveView) -> None:
        self.view = view
        self.past = Past(view_of)
        self.closed = False
        self._callbacks: list[Callable[[LiveView], None]] = []

    def subscribe(self, callback: Callable[[LiveView], None]) -> Callable[[], None]:
        """Call with the current view and each later one."""
        self._callbacks.append(callback)
        callback(self.view)
        return lambda: self._callbacks.remove(callback)

    def push(self, view: LiveView) -> None:
        """A new view."""
        self.view = view
        for callback in self._callbacks:
            callback(view)

    def close(self) -> None:
        """End."""
        self.closed = True
        self._callbacks.clear()


class ScriptedLog:
    """An open log the test writes into."""

    def __init__(self, lines: list[LogLine]) -> None:
        self._lines: queue.SimpleQueue[list[LogLine] | None] = queue.SimpleQueue()
        self._lines.put(lines)

    def __iter__(self) -> Iterator[list[LogLine]]:
        while (lines := self._lines.get()) is not None:
            yield lines

    def write(self, *lines: LogLine) -> None:
        """The container writes."""
        self._lines.put(list(lines))

    def close(self) -> None:
        """End."""
        self._lines.put(None)


class ScriptedClock:
    """A clock that does as it is told."""

    skips = True

    def __init__(self) -> None:
        self.seconds = NOW
        self.speed = 1.0

    def now(self) -> float:
        return self.seconds

    def wait(self, seconds: float) -> None:
        self.seconds += seconds

    def rate(self) -> float:
        return self.speed

    def set_rate(self, rate: float) -> None:
        self.speed = rate

    def step(self, seconds: float, until: str, namespace: str) -> bool:
        """A container is started again with every fourth second, and something happens with each."""
        assert namespace
        after = 4 - self.seconds % 4 if until == "restart" else 1.0
        self.seconds += min(seconds, after)
        return after <= seconds
