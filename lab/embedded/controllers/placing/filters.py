"""Whether a pod fits a node, and why not.

Each node is asked by the scheduler's filter plugins in their order, and the first that refuses gives its
reasons.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from lab.embedded.controllers.placing import topology_spread
from lab.embedded.controllers.placing.node_affinity import selected
from lab.embedded.controllers.placing.nodes import NodeState, ports_of, requests_of
from lab.embedded.controllers.placing.pod_affinity import NOT_NEAR, Affinity
from lab.embedded.controllers.placing.topology_spread import Spread
from lab.embedded.objects.taints import untolerated

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lab.embedded.controllers.placing.nodes import Surroundings

Json = dict[str, Any]
_CORDON = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}


class Refusal(Struct, frozen=True):
    """Why a node will not do; `helpful`: whether evicting other pods could change that."""

    reasons: tuple[str, ...]
    helpful: bool = False


class Filters:
    """The filters for one pod; made once, asked once a node."""

    def __init__(self, pod: Json, around: Surroundings) -> None:
        self._pod = pod
        self._tolerations = pod["spec"].get("tolerations") or []
        self._requests = requests_of(pod)
        self._ports = ports_of(pod)
        self._affinity = Affinity(pod, around)
        self._spread = Spread(pod, around)

    def refusal(self, state: NodeState) -> Refusal | None:
        """Why the node cannot take the pod; None when it can."""
        spec = state.node["spec"]
        if spec.get("unschedulable") and untolerated([_CORDON], self._tolerations, "NoSchedule"):
            return Refusal(("node(s) were unschedulable",))
        if untolerated(spec.get("taints") or (), self._tolerations, "NoSchedule", "NoExecute"):
            return Refusal(("node(s) had untolerated taint(s)",))
        if not selected(self._pod, state):
            return Refusal(("node(s) didn't match Pod's node affinity/selector",))
        if self._ports & state.host_ports:
            reason = "node(s) didn't have free ports for the requested pod ports"
            return Refusal((reason,), helpful=True)
        return self._fits(state) or self._spreads(state) or self._gets_along(state)

    def _fits(self, state: NodeState) -> Refusal | None:
        reasons, impossible = [], False
        if state.pods + 1 > state.allocatable("pods"):
            reasons.append("Too many pods")
        for key, amount in self._requests.items():
            has = state.allocatable(key)
            if amount and amount > has - state.requested.get(key, 0):
                reasons.append(f"Insufficient {key}")
                impossible |= amount > has
        return Refusal(tuple(reasons), helpful=not impossible) if reasons else None

    def _spreads(self, state: NodeState) -> Refusal | None:
        why = self._spread.refusal(state)
        return Refusal((why,), helpful=why == topology_spread.TOO_UNEVEN) if why else None

    def _gets_along(self, state: NodeState) -> Refusal | None:
        why = self._affinity.refusal(state)
        return Refusal((why,), helpful=why != NOT_NEAR) if why else None


def failure_message(refusals: Sequence[Refusal]) -> str:
    """The text of FailedScheduling (`FitError.Error` and the preemption's part)."""
    total, counts = len(refusals), dict[str, int]()
    for each in refusals:
        for reason in each.reasons:
            counts[reason] = counts.get(reason, 0) + 1
    if not total:
        return "no nodes available to schedule pods"
    helpless = sum(not each.helpful for each in refusals)
    preemption = {
        "No preemption victims found for incoming pod": total - helpless,
        "Preemption is not helpful for scheduling": helpless,
    }
    text = f"0/{total} nodes are available"
    return (
        f"{text}: {_histogram(counts)}. "
        f"no new claims to deallocate, preemption: {text}: {_histogram(preemption)}."
    )


def _histogram(counts: Mapping[str, int]) -> str:
    """Reasons with their counts, sorted as texts."""
    return ", ".join(sorted(f"{count} {reason}" for reason, count in counts.items() if count))
