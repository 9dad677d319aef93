"""What one container status says of the container's life: the state it is in, and the instance before.

Pure. The API's times have whole seconds; where a change is dated better, and agrees, that is preferred.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lab.model.times import seconds
from lab.model.tracks import RUNNING, TERMINATED, WAITING, Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Json = dict[str, Any]

AGREES_SECONDS = 2.0
"""A change dated this near to what the status says is about the same thing."""

_BACKOFF = re.compile(r"back-off (?:(\d+)h)?(?:(\d+)m)?(?:([\d.]+)s)? restarting failed container")


def statuses(pod: Mapping[str, Any]) -> Iterator[tuple[Json, bool]]:
    """Each container's status, init containers first, and whether it is one of those."""
    status = pod.get("status") or {}
    for key in ("initContainerStatuses", "containerStatuses"):
        for one in status.get(key) or ():
            yield one, key.startswith("init")


def backoff_seconds(message: str) -> float | None:
    """The back-off a waiting message tells: `back-off 1m20s restarting failed container…` is 80."""
    found = _BACKOFF.search(message)
    if found is None:
        return None
    hours, minutes, rest = found.groups()
    return int(hours or 0) * 3600.0 + int(minutes or 0) * 60.0 + float(rest or 0)


def present(status: Json, at: float) -> Span:
    """The state a status tells; it began at `at` unless the status knows better."""
    state = status.get("state") or {}
    restart = int(status.get("restartCount") or 0)
    running, ended = state.get("running"), state.get("terminated")
    if running is not None:
        since = dated(running.get("startedAt"), at)
        return Span(since, None, RUNNING, restart=restart, instance=str(status.get("containerID") or ""))
    if ended is not None:
        return _ended(ended, dated(ended.get("finishedAt"), at), restart)
    waiting = state.get("waiting") or {}
    message = str(waiting.get("message") or "")
    reason = str(waiting.get("reason") or "")
    backoff = backoff_seconds(message) if reason == "CrashLoopBackOff" else None
    return Span(at, None, WAITING, reason, message, restart=restart, backoff=backoff)


def before(status: Json, at: float) -> tuple[Span, Span] | None:
    """The life and the end of the instance before the present one, if the status tells of one."""
    ended = (status.get("lastState") or {}).get("terminated")
    restart = int(status.get("restartCount") or 0)
    if not ended:
        return None
    if seconds(ended.get("finishedAt")) is None:
        return None
    finished, started = dated(ended.get("finishedAt"), at), seconds(ended.get("startedAt"))
    # While it waits to be started again, the count is still that of the instance that ended.
    count = restart if "waiting" in (status.get("state") or {}) else max(0, restart - 1)
    end = _ended(ended, finished, count)
    life = Span(
        finished if started is None else started, finished, RUNNING, restart=count, instance=end.instance
    )
    return life, replace(end, until=None)


def dated(timestamp: str | None, at: float) -> float:
    """A time the API tells, or the moment of the change where that agrees and is finer."""
    told = seconds(timestamp)
    return at if told is None or abs(told - at) < AGREES_SECONDS else told


def _ended(ended: Json, at: float, restart: int) -> Span:
    return Span(
        at,
        None,
        TERMINATED,
        str(ended.get("reason") or ""),
        str(ended.get("message") or ""),
        int(ended.get("exitCode") or 0),
        restart,
        str(ended.get("containerID") or ""),
    )
