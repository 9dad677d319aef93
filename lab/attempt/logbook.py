"""The lines of logs that were looked at, kept by instance, so that they can be read as they were at a moment.

Pure, and bounded: of an instance the latest lines, of all instances together `BUDGET` characters; the one
that was looked at longest ago goes first. What is not kept is known (`Volume.dropped`, no volume at all).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lab.kube.logs import LogLine

LINES = 2000
"""Lines of an instance that are kept."""
BUDGET = 8_000_000
"""Characters of all lines together."""
_OVERHEAD = 120

Key = tuple[str, str, int]
"""A pod's UID, a container's name, and how often it had been started again."""


@dataclass
class Volume:
    """The log of one container instance."""

    first: int = 0
    """How many lines came before the oldest that is kept."""
    lines: deque[LogLine] = field(default_factory=deque)
    size: int = 0
    dropped: float = 0.0
    """When the newest line that is not kept was written; 0: all are kept, as far as they were sent."""
    cut: bool = False
    """Whether the cluster sent only the end of it."""
    before: Volume | None = None
    """What was kept of the same instance, until the first line has come."""

    def add(self, lines: Iterable[LogLine]) -> None:
        """Append lines."""
        for line in lines:
            self.lines.append(line)
            self.size += len(line.text) + _OVERHEAD
        while len(self.lines) > LINES:
            gone = self.lines.popleft()
            self.size -= len(gone.text) + _OVERHEAD
            self.first += 1
            self.dropped = gone.at

    def until(self, moment: float) -> tuple[LogLine, ...]:
        """The lines that had been written at a moment."""
        return tuple(line for line in self.lines if line.at <= moment)


class LogBook:
    """Volumes by instance. Not for several threads at once."""

    def __init__(self, budget: int = BUDGET) -> None:
        self._budget = budget
        self._volumes: dict[Key, Volume] = {}

    def open(self, key: Key) -> Volume:
        """An empty volume, in the place of what was kept of this instance: the log is sent anew."""
        before = self._volumes.pop(key, None)
        if before is not None and not before.lines:
            before = before.before
        self._volumes[key] = volume = Volume(before=before)
        return volume

    def begun(self, key: Key, volume: Volume, first: LogLine) -> Key:
        """The first line of a volume has come: the key of the instance that wrote it.

        Whoever opened it may not have seen yet that the container was started again. A log that begins later
        than what was kept of an instance from its beginning is of the next one; then what was kept stays.
        """
        before, volume.before = volume.before, None
        if before is None or not before.lines or before.first or before.cut:
            return key
        if first.at <= before.lines[0].at:
            return key
        uid, container, restart = key
        following = (uid, container, restart + 1)
        self._volumes[key], self._volumes[following] = before, volume
        return following

    def get(self, key: Key) -> Volume | None:
        """What is kept of an instance."""
        return self._volumes.get(key)

    def shrink(self) -> None:
        """Keep to the budget; the newest volume stays whatever its size."""
        total = sum(volume.size for volume in self._volumes.values())
        while total > self._budget and len(self._volumes) > 1:
            oldest = next(iter(self._volumes))
            total -= self._volumes.pop(oldest).size
