"""The eviction manager: a node that runs out of memory says so and gives up pods.

Follows `pkg/kubelet/eviction` of v1.36 with the default hard threshold for memory. Of those that use more
than they asked for the greediest goes first, one pod a round.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from lab.embedded.kubelet import local_storage
from lab.embedded.objects.pod_resources import pod_total
from lab.embedded.objects.quantities import Quantity, parse_quantity
from lab.embedded.objects.times import format_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lab.embedded.clock.agenda import Timer
    from lab.embedded.kubelet.context import NodeContext
    from lab.embedded.kubelet.pod_worker import PodWorker

Json = dict[str, Any]
ROUND = 10.0
"""Seconds between looks at the memory (`monitoringInterval`)."""
THRESHOLD = parse_quantity("100Mi")
"""Memory that must stay free (`memory.available`)."""
TRANSITION = 300.0
"""Seconds without pressure until the node stops saying that it has any."""
_PRIORITY = 3
_GOOD = ("False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available")
_BAD = ("True", "KubeletHasInsufficientMemory", "kubelet has insufficient memory available")


class EvictionManager:
    """Watches over the memory of one node."""

    def __init__(self, context: NodeContext, workers: Callable[[], Iterable[PodWorker]]) -> None:
        """`workers`: those of the pods on the node."""
        self._context = context
        self._workers = workers
        self._capacity = parse_quantity(context.allocatable.get("memory", "0"))
        self._timer: Timer | None = None
        self._pressed_at: float | None = None

    def wake(self) -> None:
        """There are pods: look at the memory from now on."""
        if self._timer is None:
            self._timer = self._context.agenda.call_after(ROUND, self._look, _PRIORITY)

    def stop(self) -> None:
        """The machine has no power."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._pressed_at = None, None

    def _look(self) -> None:
        self._timer = None
        for worker in list(self._workers()):
            message = local_storage.exceeded(worker) if not worker.finished else None
            if message is not None:
                worker.evict(message)
        used = {worker: _memory(worker) for worker in self._workers()}
        available = max(_bytes(0), self._capacity - _bytes(sum(used.values())))
        now = self._context.agenda.now()
        if available < THRESHOLD:
            if self._pressed_at is None:
                self._say(_BAD, "NodeHasInsufficientMemory")
            self._pressed_at = now
            self._reclaim(used, available)
        elif self._pressed_at is not None and now - self._pressed_at >= TRANSITION:
            self._pressed_at = None
            self._say(_GOOD, "NodeHasSufficientMemory")
        if used or self._pressed_at is not None:
            self.wake()

    def _say(self, state: tuple[str, str, str], event: str) -> None:
        context, (status, reason, message) = self._context, state
        now = format_time(context.agenda.now())
        node = context.api.find("nodes", None, context.name)
        if node is None:
            return

        def change(obj: Json) -> None:
            for each in obj["status"].get("conditions") or ():
                if each["type"] == "MemoryPressure":
                    each |= {"status": status, "reason": reason, "message": message}
                    each |= {"lastTransitionTime": now, "lastHeartbeatTime": now}

        context.api.update_status("nodes", node, change)
        text = f"Node {context.name} status is now: {event}"
        context.recorder.record(node, "Normal", event, text)

    def _reclaim(self, used: dict[PodWorker, int], available: Quantity) -> None:
        context = self._context
        node = context.api.find("nodes", None, context.name)
        if node is not None:
            text = "Attempting to reclaim memory"
            context.recorder.record(node, "Warning", "EvictionThresholdMet", text)
        candidates = [worker for worker, amount in used.items() if amount and not worker.finished]
        if candidates:
            worst = min(candidates, key=lambda worker: _rank(worker.pod, used[worker]))
            worst.evict(_message(worst, available))


def _memory(worker: PodWorker) -> int:
    """Bytes that a pod's containers use."""
    return sum(each.handle.memory_usage() for each in worker.instances.running() if each.handle)


def _rank(pod: Json, used: int) -> tuple[bool, int, Fraction]:
    """Sort key: the first goes first (`rankMemoryPressure`)."""
    asked = pod_total(pod["spec"], "requests").get("memory", _bytes(0)).value
    return used <= asked, pod["spec"].get("priority", 0), asked - used


def _message(worker: PodWorker, available: Quantity) -> str:
    text = f"The node was low on resource: memory. Threshold quantity: {THRESHOLD}, available: {available}. "
    for each in worker.instances.running():
        used = _bytes(each.handle.memory_usage() if each.handle else 0)
        asked = parse_quantity(((each.spec.get("resources") or {}).get("requests") or {}).get("memory", "0"))
        if used > asked:
            text += (
                f"Container {each.name} was using {used}, request is {asked}, "
                "has larger consumption of memory. "
            )
    return text


def _bytes(amount: int) -> Quantity:
    """An amount of memory in whole Ki, as the kubelet's statistics are printed."""
    return Quantity(Fraction(amount // 1024 * 1024), "BinarySI")
