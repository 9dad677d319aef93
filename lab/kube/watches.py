"""An open watch: the stream of changes, and how it ends.

It may be closed from any thread; what a reader meets then is its end, and no error.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from lab.kube.answers import WatchEvent
from lab.kube.errors import WatchExpired, from_response
from lab.kube.streaming import OpenStream

if TYPE_CHECKING:
    from collections.abc import Iterator


class Watch(OpenStream):
    """An open watch: iterate over it in one thread, close it from any."""

    def __iter__(self) -> Iterator[WatchEvent]:
        """Events until the server ends the watch or it is closed.

        Raises:
            WatchExpired: the server no longer has the history that was asked for.
            ObservationLost: the connection broke.
        """
        with self.until_closed():
            for lines in self.bunches():
                yield from (self._event(line) for line in lines if line.strip())

    def _event(self, line: bytes) -> WatchEvent:
        value = json.loads(line)
        if value["type"] == "ERROR":
            status = value["object"]
            if status.get("code") == 410:
                raise WatchExpired("the cluster no longer keeps the history that was being watched")
            raise from_response(int(status.get("code") or 500), json.dumps(status).encode(), "watch")
        return WatchEvent(value["type"], value["object"])
