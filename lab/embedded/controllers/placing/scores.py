"""Which of the nodes that would do is best: the scheduler's score plugins with their default weights.

A real scheduler throws dice between equals; here the node with the fewest pods wins, then the first by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.controllers.placing import node_affinity, pod_affinity, topology_spread
from lab.embedded.controllers.placing.nodes import NodeState, Requests, requests_of
from lab.embedded.objects.taints import untolerated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.embedded.controllers.placing.nodes import Surroundings

Json = dict[str, Any]
_FULL = 100.0
_TAINTS, _NODE_AFFINITY, _SPREAD, _POD_AFFINITY, _RESOURCES = 3, 2, 2, 2, 1


def best(pod: Json, states: Sequence[NodeState], around: Surroundings) -> NodeState:
    """The best of nodes that all would do."""
    if len(states) == 1:
        return states[0]
    asked = requests_of(pod)
    total = [_RESOURCES * _room(asked, state) for state in states]
    for weight, scores in (
        (_TAINTS, _of_taints(pod, states)),
        (_NODE_AFFINITY, _of_most([float(node_affinity.preference(pod, each)) for each in states])),
        (_SPREAD, _of_least(topology_spread.crowding(pod, states, around))),
        (_POD_AFFINITY, _between(pod_affinity.preferences(pod, states, around))),
    ):
        total = [before + weight * score for before, score in zip(total, scores, strict=True)]

    def rank(position: int) -> tuple[float, int, str]:
        state = states[position]
        return -round(total[position], 6), state.pods, state.node["metadata"]["name"]

    return states[min(range(len(states)), key=rank)]


def _room(asked: Requests, state: NodeState) -> float:
    """How much would still be free (`LeastAllocated`), and how evenly (`BalancedAllocation`)."""
    shares = [
        min(1.0, (state.requested.get(key, 0) + asked.get(key, 0)) / has)
        for key in ("cpu", "memory")
        if (has := state.allocatable(key))
    ]
    if not shares:
        return 0.0
    free = _FULL * (1 - sum(shares) / len(shares))
    even = _FULL * (1 - (max(shares) - min(shares)) / 2)
    return free + even


def _of_taints(pod: Json, states: Sequence[NodeState]) -> list[float]:
    tolerations = pod["spec"].get("tolerations") or []
    counts = [
        sum(
            untolerated([taint], tolerations, "PreferNoSchedule") is not None
            for taint in state.node["spec"].get("taints") or ()
        )
        for state in states
    ]
    most = max(counts)
    return [_FULL - _FULL * count / most if most else _FULL for count in counts]


def _of_most(values: list[float]) -> list[float]:
    most = max(values)
    return [_FULL * value / most if most else 0.0 for value in values]


def _of_least(values: list[float]) -> list[float]:
    most, least = max(values), min(values)
    return [_FULL * (most + least - value) / most if most else _FULL for value in values]


def _between(values: list[int]) -> list[float]:
    most, least = max(values), min(values)
    return [_FULL * (value - least) / (most - least) if most > least else 0.0 for value in values]
