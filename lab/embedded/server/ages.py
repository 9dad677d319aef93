"""Ages as Kubernetes prints them (`apimachinery/pkg/util/duration.HumanDuration`)."""

from __future__ import annotations

from lab.embedded.objects.times import parse_time


def human_duration(seconds: float) -> str:  # noqa: PLR0911 (one return a magnitude)
    """A span of time with two units at most, fewer the longer it is: `25s`, `3m12s`, `47m`, `2d3h`."""
    whole = int(seconds)
    if whole < -1:
        return "<invalid>"
    if whole < 0:
        return "0s"
    if whole < 120:
        return f"{whole}s"
    minutes, hours = whole // 60, whole // 3600
    if minutes < 10:
        return _pair(minutes, "m", whole % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return _pair(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    days = hours // 24
    if days < 8:
        return _pair(days, "d", hours % 24, "h")
    if days < 365 * 2:
        return f"{days}d"
    return _pair(days // 365, "y", days % 365 if days < 365 * 8 else 0, "d")


def _pair(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large}{large_unit}{small}{small_unit}" if small else f"{large}{large_unit}"


def age(timestamp: str | None, now: float) -> str:
    """The time since a timestamp, `now` in agenda seconds; `<unknown>` when there is none."""
    if not timestamp:
        return "<unknown>"
    return human_duration(now - parse_time(timestamp))
