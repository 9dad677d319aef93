"""A pod's `activeDeadlineSeconds`: how long it may be active on its node.

Follows `pkg/kubelet/active_deadline.go` of v1.36: whoever asks whether the deadline has passed leaves an
event when it has, and a pod's status asks each time it is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.kubelet.probing import PRIORITY
from lab.embedded.objects.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.embedded.clock.agenda import Timer
    from lab.embedded.kubelet.context import NodeContext

Json = dict[str, Any]
REASON = "DeadlineExceeded"
MESSAGE = "Pod was active on the node longer than the specified deadline"


class Deadline:
    """The deadline of one pod."""

    def __init__(self, context: NodeContext, start_time: str, wake: Callable[[], None]) -> None:
        """`wake` is called when the deadline comes; `start_time` as in the pod's status."""
        self._context = context
        self._start = parse_time(start_time)
        self._wake = wake
        self._timer: Timer | None = None

    def exceeded(self, pod: Json) -> bool:
        """Whether the pod has been active for too long; leaves an event if so, else a timer."""
        limit = pod["spec"].get("activeDeadlineSeconds")
        if self._timer is not None:
            self._timer.cancel()
        if limit is None:
            return False
        left = self._start + limit - self._context.agenda.now()
        if left > 0:
            self._timer = self._context.agenda.call_after(left, self._wake, PRIORITY)
            return False
        self._context.recorder.record(pod, "Normal", REASON, MESSAGE)
        return True
