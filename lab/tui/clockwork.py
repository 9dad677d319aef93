"""The keys of time: pause, rate, skip, step, next restart, done one after another beside all other work.

Invariant: what was asked for is done, in the order of the keys, or called off by the learner (Escape), by
what needs the clock for itself, or by a failure, and then it is said. Nothing is dropped without a word.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.attempt.cancel import Cancel
from lab.errors import Cancelled, LabError
from lab.tui.messages import ClockStopped, ClockWorks
from lab.tui.operations import in_background
from lab.tui.wording import human_duration

if TYPE_CHECKING:
    from textual.message_pump import MessagePump

    from lab.attempt.attempt import Attempt
    from lab.attempt.clock import Clock, Skipped

Move = Callable[["Clock", Cancel], "Skipped | None"]


@dataclass(frozen=True)
class Wish:
    """One key's worth."""

    what: str
    """`60 s ahead`."""
    move: Move
    shown: bool = True
    """Whether it may take long enough to be told of."""


class Clockwork:
    """The wishes for one attempt's clock, in order."""

    def __init__(self, attempt: Attempt, reply_to: MessagePump) -> None:
        self._attempt, self._reply_to = attempt, reply_to
        self._wishes: deque[Wish] = deque()
        self._lock = threading.Lock()
        self._cancel = Cancel()
        self._at_work = False

    # --- keys ----------------------------------------------------------------------------------------------

    def set_rate(self, rate: float) -> None:
        """Let time run at this rate; 0: stand still. That calls off what is left of a skip."""

        def move(clock: Clock, _cancel: Cancel) -> None:
            clock.set_rate(rate)

        if rate == 0:
            self.stop()
        self._wish(Wish(f"{rate:g}x", move, shown=False))

    def skip(self, seconds: float) -> None:
        """Let so much time pass at once."""

        def move(clock: Clock, cancel: Cancel) -> None:
            from lab.attempt import clock as clocks  # noqa: PLC0415 (the catalogue can do without)

            clocks.skip(clock, cancel, seconds)

        self._wish(Wish(f"{human_duration(seconds)} ahead", move))

    def step(self) -> None:
        """Let time pass until the next thing happens in the namespace."""
        self._until("change", "to the next event")

    def to_restart(self) -> None:
        """Let time pass until a container is started again."""
        self._until("restart", "to the next restart")

    def stop(self) -> bool:
        """Call off what is under way and what waits; False: there was nothing."""
        with self._lock:
            busy = self._at_work or bool(self._wishes)
            self._wishes.clear()
            self._cancel.cancel()
        return busy

    @property
    def busy(self) -> bool:
        """Whether time is being moved."""
        return self._at_work

    # --- the worker ----------------------------------------------------------------------------------------

    def _until(self, until: str, what: str) -> None:
        def move(clock: Clock, cancel: Cancel) -> Skipped:
            from lab.attempt import clock as clocks  # noqa: PLC0415 (the catalogue can do without)

            return clocks.skip_until(clock, cancel, until, self._attempt.namespace)

        self._wish(Wish(what, move))

    def _wish(self, wish: Wish) -> None:
        with self._lock:
            self._wishes.append(wish)
            if self._at_work:
                return
            self._at_work = True
        in_background("clock", self._run)

    def _run(self) -> None:
        from lab.attempt.clock import Clock  # noqa: PLC0415 (the catalogue can do without)

        clock: Clock | None = None
        while True:
            with self._lock:
                if not self._wishes:
                    self._at_work = False
                    break
                wish = self._wishes.popleft()
                waiting = len(self._wishes)
                cancel = self._cancel = Cancel()
            if wish.shown:
                more = f" ({waiting} more to come)" if waiting else ""
                self._reply_to.post_message(ClockWorks(f"Time goes {wish.what}{more}"))
            try:
                clock = clock or Clock.of(self._attempt)
                skipped = wish.move(clock, cancel)
            except Cancelled:
                self._reply_to.post_message(
                    ClockStopped(f"{wish.what}: called off where it was", called_off=True)
                )
            except LabError as problem:
                self.stop()
                self._reply_to.post_message(ClockStopped(problem.what, remedy=problem.remedy))
            else:
                self._reply_to.post_message(ClockStopped("", skipped=skipped))
        self._reply_to.post_message(ClockWorks(""))
