"""The cluster's clock as front ends use it: what time it is there, how fast it runs, and ways to move it.

Every cluster has a time; only some let it be moved (`controllable`). What cannot be moved is refused by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.errors import UsageError
from lab.providers.base import RatedClock

if TYPE_CHECKING:
    from lab.attempt.attempt import Attempt
    from lab.attempt.cancel import Cancel
    from lab.providers.base import ClusterClock


NO_RESTART = 600.0
"""Seconds of cluster time, longer than any back-off: what did not restart meanwhile is not about to."""


@dataclass(frozen=True)
class Skipped:
    """What came of waiting for a restart."""

    seconds: float
    """Cluster time that passed."""
    restarted: bool
    """Whether a container was started again; if not, none is in sight."""


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


def skip_to_restart(
    attempt: Attempt, cancel: Cancel, *, limit: float = NO_RESTART, step: float = 2.0
) -> Skipped:
    """Let cluster time pass until a container of the attempt was started again, or `limit` seconds have.

    Raises:
        UsageError: this cluster's time cannot be moved.
        lab.errors.ObservationLost: the cluster does not answer.
        lab.errors.Cancelled: it was cancelled; what has passed has passed.
    """
    clock = Clock.of(attempt)
    before, passed = _restarts(attempt), 0.0
    while passed < limit:
        cancel.check()
        clock.advance(step)
        passed += step
        now = _restarts(attempt)
        if any(count > before.get(uid, 0) for uid, count in now.items()):
            return Skipped(passed, restarted=True)
        before = now
    return Skipped(passed, restarted=False)


def _restarts(attempt: Attempt) -> dict[str, int]:
    """Restarts of all containers, by the UID of their pod."""
    return {
        pod["metadata"]["uid"]: sum(
            status.get("restartCount", 0) for status in pod.get("status", {}).get("containerStatuses") or ()
        )
        for pod in attempt.client.list("Pod", attempt.namespace).items
    }


def _immovable() -> UsageError:
    return UsageError(
        "the time of this cluster cannot be moved",
        remedy="the embedded cluster's can: podlab start NAME --provider embedded",
    )
