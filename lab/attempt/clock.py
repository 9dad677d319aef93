"""The cluster's clock as front ends use it: what time it is there, how fast it runs, and ways to move it.

Every cluster has a time; only some let it be moved (`controllable`). What cannot be moved is refused by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.errors import UsageError
from lab.providers.base import RatedClock, SteppedClock

if TYPE_CHECKING:
    from lab.attempt.attempt import Attempt
    from lab.attempt.cancel import Cancel
    from lab.providers.base import ClusterClock


NO_RESTART = 600.0
"""Seconds of cluster time, longer than any back-off: what did not restart meanwhile is not about to."""

STRIDE = 10.0
"""Seconds of cluster time that pass at once, at most: between two strides a wait can be called off."""

FASTEST = 10_000.0
"""The rate that stands for as fast as possible."""


@dataclass(frozen=True)
class Skipped:
    """What came of letting time pass until something happens."""

    seconds: float
    """Cluster time that passed."""
    happened: bool
    """Whether it came; if not, it is not in sight."""
    until: str = "restart"
    """What was waited for: `restart` or `change`."""


class Clock:
    """One cluster's clock."""

    def __init__(self, clock: ClusterClock) -> None:
        self._clock = clock

    @classmethod
    def of(cls, attempt: Attempt) -> Clock:
        """The clock of the cluster an attempt runs on."""
        return cls(attempt.provider.clock())

    @property
    def controllable(self) -> bool:
        """Whether the rate can be set and time be skipped."""
        return isinstance(self._clock, RatedClock)

    def now(self) -> float:
        """Cluster time, seconds since the Unix epoch.

        Raises:
            lab.errors.ObservationLost: the cluster does not answer.
        """
        return self._clock.now()

    def rate(self) -> float:
        """Cluster seconds that pass in a host second; 0: the clock stands still.

        Raises:
            lab.errors.ObservationLost: the cluster does not answer.
        """
        return self._clock.rate() if isinstance(self._clock, RatedClock) else 1.0

    def set_rate(self, rate: float) -> None:
        """Let time run at this rate from now on.

        Raises:
            UsageError: this cluster's time cannot be moved.
            lab.errors.ObservationLost: the cluster does not answer.
        """
        if not isinstance(self._clock, RatedClock):
            raise _immovable()
        self._clock.set_rate(rate)

    def advance(self, seconds: float) -> None:
        """Let `seconds` of cluster time pass at once, and return when the cluster has settled.

        Raises:
            UsageError: this cluster's time cannot be moved.
            lab.errors.ObservationLost: the cluster does not answer.
        """
        if not self._clock.skips:
            raise _immovable()
        self._clock.wait(seconds)

    def step(self, seconds: float, until: str, namespace: str) -> bool:
        """Let time pass for `seconds`, or until a `change` or a `restart` comes in a namespace; True: it did.

        Raises:
            UsageError: this cluster's time cannot be moved.
            lab.errors.ObservationLost: the cluster does not answer.
        """
        if not isinstance(self._clock, SteppedClock):
            raise _immovable()
        return self._clock.step(seconds, until, namespace)


def skip(clock: Clock, cancel: Cancel, seconds: float) -> None:
    """Let `seconds` of cluster time pass, in strides.

    Raises:
        UsageError: this cluster's time cannot be moved.
        lab.errors.ObservationLost: the cluster does not answer.
        lab.errors.Cancelled: it was called off; what has passed has passed.
    """
    left = seconds
    while left > 0:
        cancel.check()
        clock.advance(min(left, STRIDE))
        left -= STRIDE


def skip_until(
    clock: Clock, cancel: Cancel, until: str, namespace: str, *, limit: float = NO_RESTART
) -> Skipped:
    """Let cluster time pass until a `restart` or any `change` comes in a namespace, or `limit` seconds have.

    Raises:
        UsageError: this cluster's time cannot be moved.
        lab.errors.ObservationLost: the cluster does not answer.
        lab.errors.Cancelled: it was called off; what has passed has passed.
    """
    begun = clock.now()
    while (passed := clock.now() - begun) < limit:
        cancel.check()
        if clock.step(min(STRIDE, limit - passed), until, namespace):
            return Skipped(clock.now() - begun, True, until)
    return Skipped(passed, False, until)


def _immovable() -> UsageError:
    return UsageError(
        "the time of this cluster cannot be moved",
        remedy="the embedded cluster's can: podlab start NAME --provider embedded",
    )
