"""Long operations of the kubelet, written as generators on the agenda.

A sync or a kill waits for pulls, processes and grace periods. It is a generator that yields `Wait`s:
functions that are handed a `resume` callback and call it once, now or later, with the awaited value. `run`
drives such a generator to its end; nothing is ever blocked, and no wait outlives its owner unnoticed
(`Task.cancel`).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from lab.embedded.clock.agenda import Agenda

Resume = Callable[[Any], None]
Wait = Callable[[Resume], None]
T = TypeVar("T")
Steps = Generator[Wait, Any, T]
"""A generator that yields waits and returns a `T`."""


class Task:
    """A running generator of steps."""

    def __init__(self, steps: Steps[Any], done: Callable[[Any], None]) -> None:
        self._steps = steps
        self._done = done
        self._cancelled = False
        self._waiting = 0

    def cancel(self) -> None:
        """Stop at the present wait; `done` is not called."""
        self._cancelled = True
        self._steps.close()

    def resume(self, value: Any) -> None:
        """Go on with the awaited value until the next wait that is not over at once."""
        if self._cancelled:
            return
        try:
            wait = self._steps.send(value)
        except StopIteration as end:
            self._done(end.value)
            return
        self._waiting += 1
        token = self._waiting
        wait(lambda answer: self._answered(token, answer))

    def _answered(self, token: int, value: Any) -> None:
        # A wait answered twice (a process that ends while its time-out is being handled) counts once.
        if token == self._waiting and not self._cancelled:
            self.resume(value)


def run(steps: Steps[Any], done: Callable[[Any], None]) -> Task:
    """Start a generator of steps; `done` is called with what it returns."""
    task = Task(steps, done)
    task.resume(None)
    return task


def pause(agenda: Agenda, seconds: float) -> Wait:
    """A wait for cluster time to pass."""

    def wait(resume: Resume) -> None:
        agenda.call_after(seconds, lambda: resume(None))

    return wait


def within(agenda: Agenda, seconds: float, wait: Wait) -> Wait:
    """A wait that is answered `True` when `wait` is over in time, and `False` when `seconds` have passed."""

    def waiting(resume: Resume) -> None:
        timer = agenda.call_after(seconds, lambda: resume(False))

        def over(_: Any) -> None:
            timer.cancel()
            resume(True)

        wait(over)

    return waiting


def together(all_steps: Sequence[Steps[Any]]) -> Wait:
    """A wait for several generators at once; answered with None when the last has ended."""

    def wait(resume: Resume) -> None:
        left = len(all_steps)
        if not left:
            resume(None)
            return

        def one_done(_: Any) -> None:
            nonlocal left
            left -= 1
            if not left:
                resume(None)

        for steps in all_steps:
            run(steps, one_done)

    return wait
