"""A container's log as it is written: an open stream of dated lines, to be closed from any thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.kube.streaming import OpenStream
from lab.model.times import seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 16_384
"""Characters of a line that are kept."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line."""

    at: float
    """When it was written, cluster time; 0: the cluster did not say."""
    text: str


class LogStream(OpenStream):
    """An open log: iterate over it in one thread, close it from any."""

    def __iter__(self) -> Iterator[list[LogLine]]:
        """Lines in bunches as they come, until the container ends or the stream is closed.

        Raises:
            ObservationLost: the connection broke.
        """
        with self.until_closed():
            for lines in self.bunches():
                yield [dated(line.decode("utf-8", "replace")) for line in lines]


def dated(line: str) -> LogLine:
    """A line as `timestamps=true` gives it."""
    stamp, space, text = line.partition(" ")
    at = seconds(stamp) if space else None
    return LogLine(0.0, line[:LONGEST]) if at is None else LogLine(at, text[:LONGEST])
