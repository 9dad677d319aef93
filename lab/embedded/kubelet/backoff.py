"""Exponential back-off per key, as `client-go/util/flowcontrol.Backoff` keeps it for the kubelet.

Two of them live in a kubelet: one for crashing containers and one for image pulls, both 10 s doubling to
300 s. Pure: every method is told the time. An entry whose last use lies more than twice the maximum before
the event asked about has expired and counts as absent; that is the "ten minutes of good running" after
which the back-off of a container starts over.
"""

from __future__ import annotations

from msgspec import Struct

INITIAL = 10.0
"""Seconds of the first back-off (`kubelet.initialBackoff`, 10 s)."""

MAXIMUM = 300.0
"""Seconds no back-off exceeds (`kubelet.MaxContainerBackOff`, 300 s)."""


class _Entry(Struct):
    backoff: float
    last_update: float


class Backoff:
    """Back-off durations, doubling from `initial` to `maximum`, each under a key."""

    def __init__(self, initial: float = INITIAL, maximum: float = MAXIMUM) -> None:
        self._initial = initial
        self._maximum = maximum
        self._entries: dict[str, _Entry] = {}

    def get(self, key: str) -> float:
        """Seconds of the key's present back-off; 0 when it never failed."""
        entry = self._entries.get(key)
        return entry.backoff if entry else 0.0

    def next(self, key: str, event_time: float, now: float) -> float:
        """Take the next step after a failure at `event_time`; returns the new back-off in seconds."""
        entry = self._entries.get(key)
        if entry is None or self._expired(entry, event_time):
            entry = self._entries[key] = _Entry(self._initial, now)
        else:
            entry.backoff = min(entry.backoff * 2, self._maximum)
            entry.last_update = now
        return entry.backoff

    def remaining_since(self, key: str, event_time: float, now: float) -> float:
        """Seconds still to wait after a failure at `event_time` (a container's end); 0 when it may go on."""
        entry = self._entries.get(key)
        if entry is None or self._expired(entry, event_time):
            return 0.0
        return max(0.0, round(event_time + entry.backoff - now, 6))

    def remaining_since_update(self, key: str, now: float) -> float:
        """Seconds still to wait after the key's last step (an image pull); 0 when it may go on."""
        entry = self._entries.get(key)
        if entry is None or self._expired(entry, now):
            return 0.0
        return max(0.0, round(entry.last_update + entry.backoff - now, 6))

    def forget(self, prefix: str) -> None:
        """Drop all keys that begin so (a pod has gone)."""
        for key in [key for key in self._entries if key.startswith(prefix)]:
            del self._entries[key]

    def _expired(self, entry: _Entry, event_time: float) -> bool:
        return event_time - entry.last_update > 2 * self._maximum


def duration(seconds: float) -> str:
    """A duration as Go prints it: `10s`, `1m20s`, `5m0s`, `1.5s`, `250ms`."""
    if seconds < 1:
        return f"{seconds * 1000:.3f}".rstrip("0").rstrip(".") + "ms" if seconds else "0s"
    minutes, rest = divmod(seconds, 60)
    text = f"{rest:.3f}".rstrip("0").rstrip(".") + "s"
    hours, minutes = divmod(int(minutes), 60)
    if hours:
        return f"{hours}h{minutes}m{text}"
    return f"{minutes}m{text}" if minutes else text
