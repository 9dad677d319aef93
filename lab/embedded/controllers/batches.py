"""Making many pods: in batches that double as long as nothing fails (`slowStartBatch`).

A quota that is used up thus costs a controller one batch of refusals, not one refusal a missing pod.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.embedded.api.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable

BURST = 500
"""Pods made or deleted in one sync at most (`burstReplicas`)."""


def slow_start(count: int, make: Callable[[], None]) -> ApiError | None:
    """Call `make` up to `count` times, 1, 2, 4 … at a time; the first error of the batch that had one.

    Every call of a batch is made, as they are concurrent in a real controller; no batch follows a failed one.
    """
    size = min(count, 1)
    while size > 0:
        failures = [failure for _ in range(size) if (failure := _attempt(make)) is not None]
        if failures:
            return failures[0]
        count -= size
        size = min(2 * size, count)
    return None


def _attempt(make: Callable[[], None]) -> ApiError | None:
    try:
        make()
    except ApiError as error:
        return error
    return None
