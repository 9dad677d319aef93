"""A container's log as it is written: an open stream of dated lines, to be closed from any thread."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab.kube.errors import lost
from lab.model.times import seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.kube.client import Client

LONGEST = 16_384
"""Characters of a line that are kept."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line."""

    at: float
    """When it was written, cluster time; 0: the cluster did not say."""
    text: str


class LogStream:
    """An open log: iterate over it in one thread, close it from any."""

    def __init__(self, response: Any, client: Client) -> None:
        self._response = response
        self._client = client
        self.closed = False

    def __iter__(self) -> Iterator[list[LogLine]]:
        """Lines in bunches as they come, until the container ends or the stream is closed.

        Raises:
            ObservationLost: the connection broke.
        """
        pending = b""
        try:
            for chunk in self._response.stream(amt=None, decode_content=True):
                *whole, pending = (pending + chunk).split(b"\n")
                if whole:
                    yield [dated(line.decode("utf-8", "replace")) for line in whole]
            if pending:
                yield [dated(pending.decode("utf-8", "replace"))]
        except self._client.transport_errors as error:
            if not self.closed:
                raise lost(error, self._client.host) from error
        except (ValueError, AttributeError, OSError) as error:
            # a response closed under a reader fails in whatever way its buffers happen to
            if not self.closed:
                raise lost(error, self._client.host) from error

    def close(self) -> None:
        """End it; a blocked reader returns."""
        self.closed = True
        with contextlib.suppress(Exception):
            self._response.shutdown()
        with contextlib.suppress(Exception):
            self._response.close()


def dated(line: str) -> LogLine:
    """A line as `timestamps=true` gives it."""
    stamp, space, text = line.partition(" ")
    at = seconds(stamp) if space else None
    return LogLine(0.0, line[:LONGEST]) if at is None else LogLine(at, text[:LONGEST])
