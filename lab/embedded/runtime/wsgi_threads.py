"""Threads of an edited app's process in cluster time.

Runs in the child process (`wsgi_child`), imports only the standard library, and nothing of the lab.

Real threads that hand one baton around: exactly one runs at a time, and it gives the baton back only where
it blocks (a lock, a sleep, a socket). So it is known, and not guessed from the host's clock, that nothing
more happens until cluster time passes or something comes from outside; a deadlock is a thread that never
gets the baton again.

Invariant: the order in which threads run is a function of what they do and of what comes from outside.
"""

from __future__ import annotations

import _thread
import contextlib
import heapq
import queue
import sys
import threading
from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_real_lock = _thread.allocate_lock
_real_start = _thread.start_new_thread
_get_ident = _thread.get_ident


class Fiber:
    """One thread, as the scheduler sees it."""

    def __init__(self, daemon: bool) -> None:
        self.baton = _real_lock()
        self.baton.acquire()
        self.daemon = daemon
        self.turn = 0
        """Counts its waits, so that an old timer does not end a new wait."""
        self.notified = False


class Scheduler:
    """Hands the baton to one fiber after the other until all of them wait."""

    def __init__(self) -> None:
        self.now = 0.0
        """Seconds of cluster time."""
        self.fibers: set[Fiber] = set()
        self.main: Fiber | None = None
        self._driver = _real_lock()
        self._driver.acquire()
        self._ready: deque[Fiber] = deque()
        self._timers: list[tuple[float, int, Fiber, int]] = []
        self._count = 0
        self._by_ident: dict[int, Fiber] = {}

    # --- for the driver --------------------------------------------------------------------------------

    def run(self) -> None:
        """Let everything run that can at this instant."""
        while True:
            while self._timers and self._timers[0][0] <= self.now:
                _, _, fiber, turn = heapq.heappop(self._timers)
                if fiber.turn == turn and fiber in self.fibers and not fiber.notified:
                    self._ready.append(fiber)
                    fiber.turn += 1
            if not self._ready:
                return
            fiber = self._ready.popleft()
            fiber.baton.release()
            self._driver.acquire()

    def next_due(self) -> float | None:
        """When the next sleeper wakes; None: nobody sleeps."""
        while self._timers and self._timers[0][2].turn != self._timers[0][3]:
            heapq.heappop(self._timers)
        return self._timers[0][0] if self._timers else None

    @property
    def finished(self) -> bool:
        """Whether the main thread has ended, and all that are not daemons."""
        return self.main not in self.fibers and all(fiber.daemon for fiber in self.fibers)

    # --- for fibers ------------------------------------------------------------------------------------

    def spawn(self, work: Callable[[], None], *, daemon: bool = True) -> Fiber:
        """Run `work` in a thread of its own, from the next switch on."""
        fiber = Fiber(daemon)
        self.fibers.add(fiber)

        def body() -> None:
            fiber.baton.acquire()
            self._by_ident[_get_ident()] = fiber
            try:
                work()
            finally:
                self._by_ident.pop(_get_ident(), None)
                self.fibers.discard(fiber)
                fiber.turn += 1
                self._driver.release()

        _real_start(body, ())
        self._ready.append(fiber)
        return fiber

    def current(self) -> Fiber | None:
        """The fiber of the calling thread; None in the driver."""
        return self._by_ident.get(_get_ident())

    def wait(self, until: float | None = None) -> bool:
        """Give the baton away until `wake`, or until that time; whether it was woken."""
        fiber = self.current()
        if fiber is None:
            raise RuntimeError("the driver cannot wait")
        fiber.notified = False
        if until is not None:
            self._count += 1
            heapq.heappush(self._timers, (round(until, 6), self._count, fiber, fiber.turn))
        self._driver.release()
        fiber.baton.acquire()
        return fiber.notified

    def wake(self, fiber: Fiber) -> None:
        """Let a waiting fiber go on; the caller knows that it waits."""
        if fiber not in self.fibers or fiber.notified:
            return
        fiber.notified = True
        fiber.turn += 1
        self._ready.append(fiber)


class Lock:
    """`threading.Lock` among fibers."""

    _scheduler: Scheduler

    def __init__(self) -> None:
        self._locked = False
        self._waiters: deque[Fiber] = deque()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take it; False: not to be had (in time)."""
        scheduler = self._scheduler
        until = None if timeout is None or timeout < 0 else scheduler.now + timeout
        while self._locked:
            fiber = scheduler.current()
            if not blocking or fiber is None:
                return False
            self._waiters.append(fiber)
            if not scheduler.wait(until):
                with contextlib.suppress(ValueError):
                    self._waiters.remove(fiber)
                if self._locked:
                    return False
        self._locked = True
        return True

    def release(self) -> None:
        """Give it back; the one who has waited longest goes on."""
        if not self._locked:
            raise RuntimeError("release unlocked lock")
        self._locked = False
        if self._waiters:
            self._scheduler.wake(self._waiters.popleft())

    def locked(self) -> bool:
        """Whether somebody has it."""
        return self._locked

    def _at_fork_reinit(self) -> None:
        self.__init__()  # type: ignore[misc]  # what the standard library's own does

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class RLock:
    """`threading.RLock` among fibers, with what `threading.Condition` asks of one."""

    _scheduler: Scheduler

    def __init__(self) -> None:
        self._lock = Lock()
        self._owner: int | None = None
        self._count = 0

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take it, once more if it is ours."""
        if self._owner == _get_ident():
            self._count += 1
            return True
        if not self._lock.acquire(blocking, timeout):
            return False
        self._owner, self._count = _get_ident(), 1
        return True

    def release(self) -> None:
        """Give it back once."""
        if self._owner != _get_ident():
            raise RuntimeError("cannot release un-acquired lock")
        self._count -= 1
        if not self._count:
            self._owner = None
            self._lock.release()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    def _is_owned(self) -> bool:
        return self._owner == _get_ident()

    def _release_save(self) -> tuple[int, int | None]:
        state = (self._count, self._owner)
        self._count, self._owner = 0, None
        self._lock.release()
        return state

    def _acquire_restore(self, state: tuple[int, int | None]) -> None:
        self._lock.acquire()
        self._count, self._owner = state

    def _at_fork_reinit(self) -> None:
        self.__init__()  # type: ignore[misc]  # what the standard library's own does


def install(scheduler: Scheduler) -> None:
    """Put fibers in the place of the standard library's threads, for everything imported from now on."""
    Lock._scheduler = scheduler
    RLock._scheduler = scheduler
    _thread.allocate_lock = Lock  # type: ignore[assignment]  # the point of it
    _thread.start_new_thread = _starter(scheduler)
    patched: Any = threading
    patched.Lock = Lock
    patched.RLock = RLock
    patched._allocate_lock = Lock
    patched._CRLock = RLock
    patched._start_new_thread = _starter(scheduler)
    queue.SimpleQueue = queue._PySimpleQueue  # type: ignore[attr-defined, misc]  # the C one blocks the host
    thread: Any = threading.Thread
    thread.start = _thread_start(scheduler)
    thread.join = _thread_join
    thread.is_alive = lambda self: getattr(self, "_ended", None) is not None and not self._ended.is_set()


def _starter(scheduler: Scheduler) -> Callable[..., int]:
    def start_new_thread(function: Callable[..., Any], args: tuple[Any, ...], kwargs: Any = None) -> int:
        scheduler.spawn(lambda: function(*args, **(kwargs or {})))
        return 0

    return start_new_thread


def _thread_start(scheduler: Scheduler) -> Callable[[Any], None]:
    def start(self: Any) -> None:
        if self._started.is_set():
            raise RuntimeError("threads can only be started once")
        self._ended = threading.Event()
        self._started.set()

        def body() -> None:
            self._ident = _get_ident()
            threading._active[self._ident] = self  # type: ignore[attr-defined]  # what current_thread() reads
            try:
                self.run()
            except SystemExit:
                pass
            except BaseException:  # noqa: BLE001 (as the standard library: shown, and the thread is over)
                threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), self)))
            finally:
                threading._active.pop(self._ident, None)  # type: ignore[attr-defined]
                self._ended.set()

        scheduler.spawn(body, daemon=self.daemon)

    return start


def _thread_join(self: Any, timeout: float | None = None) -> None:
    if getattr(self, "_ended", None) is None:
        raise RuntimeError("cannot join thread before it is started")
    self._ended.wait(timeout)
