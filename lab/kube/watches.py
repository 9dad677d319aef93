"""An open watch: the stream of changes, and how it ends.

It may be closed from any thread; what a reader meets then is its end, and no error.
"""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

from lab.kube.answers import WatchEvent
from lab.kube.errors import WatchExpired, from_response, lost

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.kube.client import Client


class Watch:
    """An open watch: iterate over it in one thread, close it from any."""

    def __init__(self, response: Any, client: Client) -> None:
        self._response = response
        self._client = client
        self.closed = False

    def __iter__(self) -> Iterator[WatchEvent]:
        """Events until the server ends the watch or it is closed.

        Raises:
            WatchExpired: the server no longer has the history that was asked for.
            ObservationLost: the connection broke.
        """
        try:
            for line in _lines(self._response):
                yield self._event(line)
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

    def _event(self, line: bytes) -> WatchEvent:
        value = json.loads(line)
        if value["type"] == "ERROR":
            status = value["object"]
            if status.get("code") == 410:
                raise WatchExpired("the cluster no longer keeps the history that was being watched")
            raise from_response(int(status.get("code") or 500), json.dumps(status).encode(), "watch")
        return WatchEvent(value["type"], value["object"])


def _lines(response: Any) -> Iterator[bytes]:
    pending = b""
    for chunk in response.stream(amt=None, decode_content=True):
        pending += chunk
        *whole, pending = pending.split(b"\n")
        yield from (line for line in whole if line.strip())
    if pending.strip():
        yield pending
