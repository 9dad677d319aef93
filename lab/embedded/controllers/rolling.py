"""The arithmetic of a rollout; pure.

Follows `pkg/controller/deployment/util/deployment_util.go` and `rolling.go`: the surge is rounded up, what
may be unavailable is rounded down, and one of them is at least one.
"""

from __future__ import annotations

from math import ceil, floor
from typing import Any

from msgspec import Struct

Json = dict[str, Any]


class Size(Struct, frozen=True):
    """A ReplicaSet as the arithmetic sees it."""

    replicas: int
    available: int


class Bounds(Struct, frozen=True):
    """How far a rollout may go above and below the wanted number."""

    surge: int
    unavailable: int


def _resolve(value: int | str | None, total: int, *, up: bool) -> int:
    if value is None:
        value = "25%"
    if isinstance(value, str) and value.endswith("%"):
        exact = int(value[:-1]) * total / 100
        return ceil(exact) if up else floor(exact)
    return int(value)


def bounds(deployment: Json) -> Bounds:
    """The resolved `maxSurge` and `maxUnavailable` of a Deployment."""
    spec = deployment["spec"]
    if spec.get("strategy", {}).get("type") == "Recreate":
        return Bounds(0, 0)
    rolling = spec.get("strategy", {}).get("rollingUpdate") or {}
    total = spec.get("replicas", 1)
    surge = _resolve(rolling.get("maxSurge"), total, up=True)
    unavailable = _resolve(rolling.get("maxUnavailable"), total, up=False)
    if not surge and not unavailable:
        unavailable = 1
    return Bounds(surge, min(unavailable, total))


def new_set_replicas(wanted: int, limits: Bounds, new: Size, everything: int) -> int:
    """To what the new ReplicaSet may be scaled up now; `everything`: replicas of all sets."""
    ceiling = wanted + limits.surge
    if everything >= ceiling:
        return new.replicas
    return new.replicas + min(ceiling - everything, wanted - new.replicas)


def old_set_replicas(wanted: int, limits: Bounds, new: Size, old: list[Size]) -> list[int]:
    """To what each old set (oldest first) goes down now: unhealthy pods first, then what may be spared."""
    sizes = [each.replicas for each in old]
    floor_available = wanted - limits.unavailable
    unhealthy_budget = sum(sizes) + new.replicas - floor_available - (new.replicas - new.available)
    if unhealthy_budget <= 0:
        return sizes
    removed = 0
    for index, each in enumerate(old):
        step = min(unhealthy_budget - removed, sizes[index] - min(each.available, sizes[index]))
        sizes[index] -= max(0, step)
        removed += max(0, step)
    spare = sum(each.available for each in old) + new.available - floor_available
    for index in range(len(old)):
        step = min(sizes[index], max(0, spare))
        sizes[index] -= step
        spare -= step
    return sizes


def proportional(wanted: int, limits: Bounds, sizes: list[int]) -> list[int]:
    """Sizes of several active sets (largest first) after a scaling in the middle of a rollout."""
    total = sum(sizes)
    allowed = wanted + limits.surge if wanted > 0 else 0
    left = allowed - total
    if not total or not left:
        return sizes
    result = []
    for size in sizes:
        share = round(size * allowed / total) - size
        share = min(share, left) if left > 0 else max(share, left)
        result.append(max(0, size + share))
        left -= share
    result[0] = max(0, result[0] + left)
    return result
