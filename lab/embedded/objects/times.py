"""Cluster time ⇄ the timestamps of Kubernetes objects.

Inside there is only the agenda's time, in seconds since the cluster's beginning; on the wire there are
`metav1.Time` (whole seconds) and `metav1.MicroTime`. Both are truncated, never rounded, as Go does it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from lab.embedded.clock.agenda import EPOCH

_BEGINNING = datetime.fromtimestamp(EPOCH, UTC)


@lru_cache(maxsize=4096)
def _whole(seconds: int) -> str:
    return (_BEGINNING + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def format_time(seconds: float) -> str:
    """`metav1.Time` of an instant in agenda seconds: `2026-01-01T00:00:05Z`."""
    return _whole(int(seconds // 1))


def format_micro_time(seconds: float) -> str:
    """`metav1.MicroTime` of an instant in agenda seconds: `2026-01-01T00:00:05.250000Z`."""
    micros = round(seconds * 1_000_000)
    return f"{_whole(micros // 1_000_000)[:-1]}.{micros % 1_000_000:06d}Z"


def format_nano_time(seconds: float) -> str:
    """RFC 3339 with nanoseconds, as container logs are stamped: `2026-01-01T00:00:05.250000000Z`."""
    return f"{format_micro_time(seconds)[:-1]}000Z"


def parse_time(text: str) -> float:
    """Agenda seconds of an RFC 3339 timestamp with any number of fraction digits.

    Raises:
        ValueError: the text is no such timestamp, or names no time zone.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} names no time zone")
    return (moment - _BEGINNING) / timedelta(seconds=1)
