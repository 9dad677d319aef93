"""Spreading pods evenly over topologies (`podtopologyspread`)."""

from __future__ import annotations

from collections import Counter
from functools import partial
from math import log
from typing import TYPE_CHECKING, Any

from lab.embedded.controllers.placing.node_affinity import selected
from lab.embedded.controllers.placing.pod_affinity import selector_with_keys
from lab.embedded.objects.meta import controller_of, is_deleting, labels_of, namespace_of
from lab.embedded.objects.taints import untolerated

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lab.embedded.controllers.placing.nodes import NodeState, Surroundings

Json = dict[str, Any]
TOO_UNEVEN = "node(s) didn't match pod topology spread constraints"
NO_LABEL = f"{TOO_UNEVEN} (missing required label)"
_HOST, _ZONE = "kubernetes.io/hostname", "topology.kubernetes.io/zone"
_BY_DEFAULT = ({"topologyKey": _HOST, "maxSkew": 3}, {"topologyKey": _ZONE, "maxSkew": 5})
"""For pods without constraints: those of one owner prefer different nodes and zones."""


def constraints(pod: Json, action: str) -> list[Json]:
    """The constraints of a pod that forbid (`DoNotSchedule`) or only prefer (`ScheduleAnyway`)."""
    return [
        each
        for each in pod["spec"].get("topologySpreadConstraints") or ()
        if each.get("whenUnsatisfiable") == action
    ]


class Spread:
    """The constraints of one pod that must hold; made once a pod, asked once a node."""

    def __init__(self, pod: Json, around: Surroundings) -> None:
        self._constraints = constraints(pod, "DoNotSchedule")
        self._counts: list[Counter[str]] = []
        self._own: list[bool] = []
        keys = [each["topologyKey"] for each in self._constraints]
        for constraint in self._constraints:
            selector = selector_with_keys(constraint, pod)
            counts: Counter[str] = Counter()
            for state in around.states:
                if all(key in state.labels for key in keys) and _counts(constraint, pod, state):
                    domain = state.labels[constraint["topologyKey"]]
                    counts[domain] += _matching(state, namespace_of(pod), selector.matches)
            self._counts.append(counts)
            self._own.append(selector.matches(labels_of(pod)))

    def refusal(self, state: NodeState) -> str | None:
        """Why a node will not do."""
        for constraint, counts, own in zip(self._constraints, self._counts, self._own, strict=True):
            domain = state.labels.get(constraint["topologyKey"])
            if domain is None:
                return NO_LABEL
            enough = len(counts) >= constraint.get("minDomains", 1)
            least = min(counts.values(), default=0) if enough else 0
            if counts[domain] + own - least > constraint["maxSkew"]:
                return TOO_UNEVEN
        return None


def crowding(pod: Json, states: Sequence[NodeState], around: Surroundings) -> list[float]:
    """How crowded each node's topologies are with pods of the same kind; less is better."""
    if not pod["spec"].get("topologySpreadConstraints"):
        owner = controller_of(pod)
        if owner is None:
            return [0.0 for _ in states]
        counted = [(each, lambda state: state.kin[owner["uid"]]) for each in _BY_DEFAULT]
        return _crowding(counted, states, around)
    namespace = namespace_of(pod)
    return _crowding(
        [
            (each, partial(_matching, namespace=namespace, test=selector_with_keys(each, pod).matches))
            for each in constraints(pod, "ScheduleAnyway")
        ],
        states,
        around,
    )


def _crowding(
    counted: Sequence[tuple[Json, Callable[[NodeState], int]]],
    states: Sequence[NodeState],
    around: Surroundings,
) -> list[float]:
    total = [0.0 for _ in states]
    for constraint, count in counted:
        key = constraint["topologyKey"]
        domains = {state.labels[key] for state in states if key in state.labels}
        if not domains:
            continue
        found: Counter[str] = Counter()
        for state in around.states:
            if state.labels.get(key) in domains:
                found[state.labels[key]] += count(state)
        weight = log(len(domains) + 2)
        for position, state in enumerate(states):
            if key in state.labels:
                total[position] += found[state.labels[key]] * weight + constraint["maxSkew"] - 1
    return total


def _counts(constraint: Json, pod: Json, state: NodeState) -> bool:
    """Whether a node takes part in a constraint (`nodeAffinityPolicy`, `nodeTaintsPolicy`)."""
    if constraint.get("nodeAffinityPolicy", "Honor") == "Honor" and not selected(pod, state):
        return False
    if constraint.get("nodeTaintsPolicy", "Ignore") == "Ignore":
        return True
    taints, tolerations = state.node["spec"].get("taints") or (), pod["spec"].get("tolerations") or ()
    return untolerated(taints, tolerations, "NoSchedule", "NoExecute") is None


def _matching(state: NodeState, namespace: str, test: Callable[..., bool]) -> int:
    return sum(_alive_in(other, namespace) and test(labels_of(other)) for other in state.held.values())


def _alive_in(pod: Json, namespace: str) -> bool:
    return namespace_of(pod) == namespace and not is_deleting(pod)
