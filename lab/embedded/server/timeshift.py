"""Cluster time shown as host time: timestamps on the wire are shifted by a whole number of seconds.

kubectl computes some ages itself, from the host's clock. So answers carry the cluster's now as the host's
now, and what a client writes is shifted back. Inside there is cluster time only.

Shifting works on serialised JSON, at the speed of one regular expression: a timestamp is a value in RFC 3339
under one of the keys that Kubernetes' own types give to times. Annotations such as `restartedAt` are the
user's text, and are left alone; the free-form `data` of ConfigMaps and Secrets may use any key, so for these
only the keys of `metadata` count.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lab.embedded.api.interface import LogStream

_METADATA_KEYS = ("creationTimestamp", "deletionTimestamp", "time")
_KEYS = (
    *_METADATA_KEYS,
    "startTime", "startedAt", "finishedAt", "completionTime", "lastTransitionTime", "lastProbeTime",
    "lastUpdateTime", "lastHeartbeatTime", "firstTimestamp", "lastTimestamp", "eventTime", "lastObservedTime",
    "renewTime", "acquireTime", "lastScheduleTime", "lastSuccessfulTime", "timeAdded",
    "deprecatedFirstTimestamp", "deprecatedLastTimestamp", "timestamp",
)  # fmt: skip
_VALUE = rb'"\s*:\s*")(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)((?:\.\d+)?Z")'


def _pattern(keys: tuple[str, ...]) -> re.Pattern[bytes]:
    return re.compile(rb'("(?:' + "|".join(keys).encode() + rb")" + _VALUE)


_TIMES = _pattern(_KEYS)
_METADATA_TIMES = _pattern(_METADATA_KEYS)
_CELLS = {"limitranges": re.compile(rb'("cells":\["[^"]*",")(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(Z")')}
"""Kinds whose printer shows a time as it is, and where it stands in a row: `CREATED AT`, after the name."""
_FREE_FORM = frozenset({"configmaps", "secrets"})


@lru_cache(maxsize=8192)
def _moved(text: bytes, seconds: int) -> bytes:
    moment = datetime.fromisoformat(text.decode()).replace(tzinfo=UTC)
    return (moment + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S").encode()


def shift_json(body: bytes, seconds: int, resource: str = "") -> bytes:
    """The JSON text with every timestamp moved by `seconds`; `resource` is the plural name, if any."""
    if not seconds:
        return body
    pattern = _METADATA_TIMES if resource in _FREE_FORM else _TIMES

    def move(match: re.Match[bytes]) -> bytes:
        return match[1] + _moved(match[2], seconds) + match[3]

    moved = pattern.sub(move, body)
    return _CELLS[resource].sub(move, moved) if resource in _CELLS else moved


_STAMP = re.compile(rb"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?=\.\d+Z )", re.MULTILINE)


class LogShift:
    """A log stream whose lines begin with timestamps, shown `seconds` later; chunks begin with a line."""

    def __init__(self, stream: LogStream, seconds: int) -> None:
        self._stream = stream
        self._seconds = seconds

    def start(self, send: Callable[[bytes], None], end: Callable[[], None]) -> None:
        """Begin sending."""
        self._stream.start(lambda data: send(_STAMP.sub(self._move, data)), end)

    def stop(self) -> None:
        """The client has gone."""
        self._stream.stop()

    def _move(self, match: re.Match[bytes]) -> bytes:
        return _moved(match[1], self._seconds)


HELD_SECONDS = 10.0
"""Host seconds one client is told the same shift at most while the cluster's clock stands still."""
_CLIENTS = 256


class Shift:
    """The whole seconds between the cluster's clock and the host's, steady while they run side by side.

    It follows the difference only when that has moved by most of a second, so that at real time one object
    does not change its timestamps from one answer to the next. While the cluster's clock stands still the
    difference grows by the second: then a client keeps the shift it was told first, for a while, because
    one command (`kubectl diff`) compares what it asked for one after the other.
    """

    def __init__(self, host_now: Callable[[], float], cluster_now: Callable[[], float]) -> None:
        self._host_now = host_now
        self._cluster_now = cluster_now
        self._seconds = 0
        self._client = 0
        self._told: OrderedDict[int, tuple[float, float, int]] = OrderedDict()

    @contextmanager
    def for_client(self, client: int) -> Iterator[None]:
        """Within it, a client (a connection's number; 0: nobody) is answered."""
        self._client = client
        try:
            yield
        finally:
            self._client = 0

    def seconds(self) -> int:
        """What to add to cluster timestamps (seconds since the Unix epoch) to show them as host time."""
        host, cluster = self._host_now(), self._cluster_now()
        told = self._told.get(self._client)
        if told is not None and told[0] == cluster and 0 <= host - told[1] <= HELD_SECONDS:
            return told[2]
        difference = host - cluster
        if not -0.05 <= difference - self._seconds <= 1.05:
            self._seconds = int(difference // 1)
        if self._client:
            self._told[self._client] = (cluster, host, self._seconds)
            if len(self._told) > _CLIENTS:
                self._told.popitem(last=False)
        return self._seconds
