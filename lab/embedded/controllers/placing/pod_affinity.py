"""Pods that want to be near other pods, or away from them (`interpodaffinity`).

A topology is a pair (label of the node, its value); counts are of pods that match a term in each of them.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from lab.embedded.controllers.placing.node_affinity import PREFERRED, REQUIRED, affinity_of
from lab.embedded.objects.meta import labels_of, namespace_of
from lab.embedded.objects.selectors import Operator, Requirement, Selector, from_label_selector

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lab.embedded.controllers.placing.nodes import NodeState, Surroundings

Json = dict[str, Any]
Topology = tuple[str, str]
_KEYS: tuple[tuple[str, Operator], ...] = (("matchLabelKeys", "In"), ("mismatchLabelKeys", "NotIn"))

NOT_NEAR = "node(s) didn't match pod affinity rules"
NOT_AWAY = "node(s) didn't match pod anti-affinity rules"
UNWANTED = "node(s) didn't satisfy existing pods anti-affinity rules"
_HARD_WEIGHT = 1
"""What a placed pod's required affinity to the new one is worth."""


def is_sociable(pod: Json) -> bool:
    """Whether a pod has affinities to other pods."""
    return bool(affinity_of(pod, "podAffinity") or affinity_of(pod, "podAntiAffinity"))


class Affinity:
    """What one pod and those already placed demand of nodes; made once a pod, asked once a node."""

    def __init__(self, pod: Json, around: Surroundings) -> None:
        self._pod = pod
        self._near = _required(pod, "podAffinity")
        self._away = _required(pod, "podAntiAffinity")
        labels = around.namespace_labels
        self._near_counts: Counter[Topology] = Counter()
        self._away_counts: Counter[Topology] = Counter()
        if self._near or self._away:
            for state in around.states:
                for other in state.held.values():
                    self._count(other, state, around)
        self._unwanted = {
            topology
            for other, state in around.sociable
            for term in _required(other, "podAntiAffinity")
            if (topology := _topology(term, state)) and matches(term, other, pod, labels)
        }
        self._first_of_its_kind = bool(self._near) and all(
            matches(term, pod, pod, labels) for term in self._near
        )

    def _count(self, other: Json, state: NodeState, around: Surroundings) -> None:
        labels = around.namespace_labels
        if self._near and all(matches(term, self._pod, other, labels) for term in self._near):
            self._near_counts.update(filter(None, (_topology(term, state) for term in self._near)))
        for term in self._away:
            topology = _topology(term, state)
            if topology and matches(term, self._pod, other, labels):
                self._away_counts[topology] += 1

    def refusal(self, state: NodeState) -> str | None:
        """Why a node will not do."""
        topologies = [_topology(term, state) for term in self._near]
        if None in topologies:
            return NOT_NEAR
        # The first pod of a group that wants to be near itself may go anywhere.
        alone = any(not self._near_counts[each] for each in topologies if each)
        if alone and (self._near_counts or not self._first_of_its_kind):
            return NOT_NEAR
        away = (_topology(term, state) for term in self._away)
        if any(self._away_counts[each] for each in away if each):
            return NOT_AWAY
        if any((key, value) in self._unwanted for key, value in state.labels.items()):
            return UNWANTED
        return None


def preferences(pod: Json, states: Sequence[NodeState], around: Surroundings) -> list[int]:
    """How much each node is liked, by the pod for its neighbours and by those already there for the pod."""
    weights: Counter[Topology] = Counter()
    mine = [*_weighted(pod, "podAffinity", 1), *_weighted(pod, "podAntiAffinity", -1)]
    labels = around.namespace_labels
    if mine:
        for state in around.states:
            for other in state.held.values():
                for term, weight in mine:
                    topology = _topology(term, state)
                    if topology and matches(term, pod, other, labels):
                        weights[topology] += weight
    for other, state in around.sociable:
        theirs = [*_weighted(other, "podAffinity", 1), *_weighted(other, "podAntiAffinity", -1)]
        theirs += [(term, _HARD_WEIGHT) for term in _required(other, "podAffinity")]
        for term, weight in theirs:
            topology = _topology(term, state)
            if topology and matches(term, other, pod, labels):
                weights[topology] += weight
    return [sum(weights[pair] for pair in state.labels.items() if pair in weights) for state in states]


def matches(
    term: Json, owner: Json, other: Json, namespace_labels: Callable[[str], Mapping[str, str]]
) -> bool:
    """Whether a pod is one that an affinity term of `owner` is about."""
    if not _in_namespaces(term, namespace_of(owner), namespace_of(other), namespace_labels):
        return False
    return selector_with_keys(term, owner).matches(labels_of(other))


def selector_with_keys(term: Json, owner: Json) -> Selector:
    """A term's selector, with the owner's values of `matchLabelKeys` and `mismatchLabelKeys` put in."""
    selector = from_label_selector(term.get("labelSelector"))
    more = [
        Requirement(key, operator, (value,))
        for field, operator in _KEYS
        for key in term.get(field) or ()
        if (value := labels_of(owner).get(key)) is not None
    ]
    return Selector((*selector.requirements, *more), selector.nothing) if more else selector


def _in_namespaces(
    term: Json, own: str, namespace: str, namespace_labels: Callable[[str], Mapping[str, str]]
) -> bool:
    listed, selector = term.get("namespaces") or (), term.get("namespaceSelector")
    if namespace in listed:
        return True
    if selector is None:
        return not listed and namespace == own
    return from_label_selector(selector).matches(namespace_labels(namespace))


def _required(pod: Json, kind: str) -> list[Json]:
    return affinity_of(pod, kind).get(REQUIRED) or []


def _weighted(pod: Json, kind: str, sign: int) -> list[tuple[Json, int]]:
    preferred = affinity_of(pod, kind).get(PREFERRED) or ()
    return [(each["podAffinityTerm"], sign * each["weight"]) for each in preferred]


def _topology(term: Json, state: NodeState) -> Topology | None:
    value = state.labels.get(term["topologyKey"])
    return (term["topologyKey"], value) if value is not None else None
