"""Tasks: generators that wait on the agenda, and the queues they wait in.

A program never blocks the one thread: it yields a `Wait` (wake me when one of these queues is notified, or at
that time) or a `Pause` (I used up my share; go on after this much cluster time). There is nothing else to
yield.

Invariants:
    * A task is in exactly one place: running, waiting in queues and perhaps on a timer, due on the agenda,
      or over.
    * Waking goes through the agenda, so that two tasks woken at one instant go on in the order of waking.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:
    from lab.embedded.clock.agenda import Agenda, Timer

Reason = Literal["start", "notified", "time", "signal"]
"""Why a task goes on."""


class Wait(Struct, frozen=True):
    """Go on when one of `queues` is notified, at `until` (cluster time), or when a signal comes."""

    queues: tuple[WaitQueue, ...] = ()
    until: float | None = None


class Pause(Struct, frozen=True):
    """Go on after `seconds` of cluster time, whatever else happens: the price of computing."""

    seconds: float


Syscall: TypeAlias = Wait | Pause
Steps: TypeAlias = Generator[Syscall, Reason, Any]
"""A generator that may wait; its return value is its result."""


class WaitQueue:
    """Tasks that wait for the same thing, first come first."""

    __slots__ = ("_tasks",)

    def __init__(self) -> None:
        self._tasks: dict[Task, None] = {}

    def notify(self) -> None:
        """Wake all who wait; each looks for itself whether there is something for it."""
        if self._tasks:
            for task in list(self._tasks):
                task.wake("notified")

    def add(self, task: Task) -> None:
        """A task begins to wait here."""
        self._tasks[task] = None

    def discard(self, task: Task) -> None:
        """A task waits here no longer."""
        self._tasks.pop(task, None)


class Task:
    """Drives one generator on the agenda.

    `on_end(result, error)` is called once: with the generator's return value, or the exception it raised.
    """

    def __init__(
        self,
        agenda: Agenda,
        steps: Steps,
        on_end: Callable[[Any, BaseException | None], None],
        label: str = "",
    ) -> None:
        """`label`: whose work it is, for a livelock's message."""
        self.label = label
        self._agenda = agenda
        self._steps = steps
        self._on_end = on_end
        self._queues: tuple[WaitQueue, ...] = ()
        self._timer: Timer | None = None
        self._due: Timer | None = None
        self.running = False
        self.over = False
        self.interruptible = False

    def start(self, delay: float = 0.0) -> None:
        """Begin after `delay` seconds of cluster time; 0: at this instant, after what is already due."""
        self._due = self._agenda.call_after(delay, lambda: self._resume("start"))

    def wake(self, reason: Reason) -> None:
        """Go on at this instant; does nothing unless the task waits."""
        if not self.interruptible:
            return
        self._forget()
        self._due = self._agenda.call_soon(lambda: self._resume(reason))

    def replace(self, steps: Steps) -> None:
        """Go on with another generator (what exec does); only after the first one has ended."""
        self._steps = steps

    def cancel(self) -> None:
        """End now; `on_end` is not called. A running task cannot be cancelled (it asks at its next step)."""
        self.over = True
        self._forget()
        if self._due is not None:
            self._due.cancel()
        self._steps.close()

    def _forget(self) -> None:
        self.interruptible = False
        for queue in self._queues:
            queue.discard(self)
        self._queues = ()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _time(self) -> None:
        self._timer = None
        self._forget()
        self._resume("time")

    def _resume(self, reason: Reason) -> None:
        if self.over:
            return
        self.running = True
        try:
            call = next(self._steps) if reason == "start" else self._steps.send(reason)
        except StopIteration as stop:
            self.running = False
            self._end(stop.value, None)
            return
        except Exception as error:  # noqa: BLE001 (whatever a program raises is its end)
            self.running = False
            self._end(None, error)
            return
        self.running = False
        self._wait_for(call)

    def _wait_for(self, call: Syscall) -> None:
        if isinstance(call, Pause):
            self._timer = self._agenda.call_after(call.seconds, self._time)
            return
        self.interruptible = True
        self._queues = call.queues
        for queue in call.queues:
            queue.add(self)
        if call.until is not None:
            self._timer = self._agenda.call_at(call.until, self._time)

    def _end(self, result: Any, error: BaseException | None) -> None:
        self.over = True
        self._on_end(result, error)
