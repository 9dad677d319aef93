"""The agenda: who wakes next, and when, in cluster time.

Everything the embedded cluster does (a controller's sync, a kubelet's probe, a program's next step) is a
callback on one agenda, called on one thread. The host's time never enters: a run is a function of the calls
made and the seed.

Invariants:
    * Callbacks run in the order (due, priority, counter); the counter is the order of entry, so equal
      instants keep first-in-first-out order.
    * Time never goes back, and only `advance` and `advance_to` move it.
    * Nothing more happens at an instant exactly when no entry is due at or before `now`: there is no other
      source of work. A callback that adds work for the same instant extends that instant, up to
      `SETTLE_LIMIT` callbacks (in a small cluster far fewer), after which it is a livelock and says whose.
"""

from __future__ import annotations

import heapq
from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct

from lab.embedded.clock.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable

EPOCH = 1767225600
"""Seconds since the Unix epoch at which every cluster's time begins (2026-01-01T00:00:00Z)."""

SETTLE_LIMIT = 2_000_000
"""Callbacks at one instant before the agenda calls it a livelock, however large the cluster."""

SETTLE_FLOOR = 200_000
SETTLE_EACH = 200
"""A livelock already beyond `SETTLE_FLOOR` and this many for each entry that waits: a pod to start costs some
tens of callbacks, and leaves entries behind."""

_SAMPLE = 2_000
"""Callbacks that are looked at to say who keeps a livelock going."""


class AgendaError(RuntimeError):
    """The agenda was asked for the impossible: to go back in time, or to settle a livelock."""


class Timer(Struct, order=True):
    """One entry of the agenda; `cancel` takes it out at no cost."""

    due: float
    priority: int
    counter: int
    """No two entries of an agenda have the same, so `callback` is never compared."""
    callback: Callable[[], None] | None

    def cancel(self) -> None:
        """Make this entry a no-op; cancelling twice, or after it ran, does nothing."""
        self.callback = None

    @property
    def pending(self) -> bool:
        """Whether the callback is still to be called."""
        return self.callback is not None


class Agenda:
    """A heap of callbacks in cluster time, in seconds since the cluster's beginning."""

    def __init__(self, start: float = 0.0) -> None:
        self.record = Record(start)
        """What happened when; kept for those who show time, read by nothing that makes it."""
        self._now = start
        self._heap: list[Timer] = []
        self._counter = 0

    def now(self) -> float:
        """Seconds of cluster time since the cluster's beginning (see `EPOCH`), to the microsecond."""
        return self._now

    def after(self, seconds: float) -> float:
        """The moment `seconds` from now, in whole microseconds: one that `now` will come to.

        Whoever waits until `now` has reached a moment asks for it here. A plain sum may be a hair later than
        its microsecond, and is never reached then: the timer for it goes off before it, again and again.
        """
        return round(self._now + seconds, 6)

    def call_at(self, when: float, callback: Callable[[], None], priority: int = 0) -> Timer:
        """Call back at `when`, or at this instant if `when` has passed. Lower priorities go first."""
        due = max(round(when, 6), self._now)
        self._counter += 1
        timer = Timer(due, priority, self._counter, callback)
        heapq.heappush(self._heap, timer)
        return timer

    def call_after(self, delay: float, callback: Callable[[], None], priority: int = 0) -> Timer:
        """Call back `delay` seconds of cluster time from now."""
        return self.call_at(self._now + delay, callback, priority)

    def call_soon(self, callback: Callable[[], None], priority: int = 0) -> Timer:
        """Call back at this instant, after what is already due."""
        return self.call_at(self._now, callback, priority)

    def next_due(self) -> float | None:
        """When the next callback is due; None when nothing will ever happen by itself."""
        while self._heap and self._heap[0].callback is None:
            heapq.heappop(self._heap)
        return self._heap[0].due if self._heap else None

    def settle(self) -> int:
        """Run all that is due now, and all that it makes due now; returns how many callbacks ran.

        Raises:
            AgendaError: the instant does not end; the message names who keeps it busy.
        """
        ran = 0
        while self._step(self._now):
            ran += 1
            if ran > SETTLE_FLOOR and ran > min(SETTLE_LIMIT, SETTLE_FLOOR + SETTLE_EACH * len(self._heap)):
                raise AgendaError(
                    f"livelock: {ran} callbacks at {self._now:.6f} s of cluster time, most of them of "
                    f"{self._busiest()}"
                )
        return ran

    def _busiest(self) -> str:
        """Whose callbacks come up most, over the next few."""
        seen: Counter[str] = Counter()
        for _ in range(_SAMPLE):
            due = self.next_due()
            if due is None or due > self._now:
                break
            callback = self._heap[0].callback
            if callback is not None:
                seen[owner_of(callback)] += 1
            self._step(self._now)
        return seen.most_common(1)[0][0] if seen else "nobody any more"

    def advance(self, seconds: float) -> int:
        """Let `seconds` of cluster time pass, settling at every instant on the way; returns callbacks run.

        Raises:
            AgendaError: `seconds` is negative, or an instant does not settle.
        """
        return self.advance_to(self._now + seconds)

    def advance_to(self, when: float) -> int:
        """Let cluster time pass until `when`, settling at every instant on the way; returns callbacks run.

        Raises:
            AgendaError: `when` has passed already, or an instant does not settle.
        """
        target = round(when, 6)
        if target < self._now:
            raise AgendaError(f"time cannot go back: {target:.6f} is before {self._now:.6f}")
        ran = self.settle()
        while (due := self.next_due()) is not None and due <= target:
            self._now = due
            ran += self.settle()
        self._now = target
        return ran

    def _step(self, until: float) -> bool:
        due = self.next_due()
        if due is None or due > until:
            return False
        timer = heapq.heappop(self._heap)
        callback, timer.callback = timer.callback, None
        if callback is not None:
            callback()
        return True


def owner_of(callback: Callable[[], None]) -> str:
    """Who a callback belongs to: the `label` of what it is bound to or closes over, else its own name."""
    cells = [cell.cell_contents for cell in getattr(callback, "__closure__", None) or ()]
    for each in (getattr(callback, "__self__", None), *cells):
        label = getattr(each, "label", None)
        if isinstance(label, str) and label:
            return label
    return getattr(callback, "__qualname__", repr(callback))
