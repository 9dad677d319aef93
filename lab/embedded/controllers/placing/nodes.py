"""Nodes as the scheduler sees them: what is promised on each, and which pods are there."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from lab.embedded.objects.meta import controller_of, is_deleting, labels_of
from lab.embedded.objects.pod_resources import Amounts, pod_total
from lab.embedded.objects.quantities import parse_quantity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lab.embedded.objects.quantities import Quantity

Json = dict[str, Any]
Requests = dict[str, int]


class NodeState(Struct):
    """A node and what the pods on it have been promised (cores in thousandths, the rest in whole units)."""

    node: Json
    requested: Requests = field(default_factory=dict)
    pods: int = 0
    host_ports: set[tuple[str, int]] = field(default_factory=set)
    held: Mapping[str, Json] = field(default_factory=dict)
    """The pods themselves, by UID."""
    kin: Counter[str] = field(default_factory=Counter)
    """How many pods each controller, by UID, has here, without those that are going."""

    def allocatable(self, resource: str) -> int:
        """What the node has of a resource."""
        text = (self.node.get("status", {}).get("allocatable") or {}).get(resource, "0")
        return _amount(resource, parse_quantity(text))

    @property
    def labels(self) -> Mapping[str, str]:
        """The node's labels."""
        return labels_of(self.node)


class Surroundings(Struct, frozen=True):
    """All that placing a pod may look at besides the node itself."""

    states: Sequence[NodeState]
    sociable: Sequence[tuple[Json, NodeState]]
    """Pods that are placed and have affinities of their own, with their nodes."""
    namespace_labels: Callable[[str], Mapping[str, str]]


def _amount(resource: str, quantity: Quantity) -> int:
    return quantity.milli if resource == "cpu" else quantity.whole


def requests_of(pod: Json) -> Requests:
    """What a pod asks for: its containers together, or its greediest init container if that is more."""
    asked: Amounts = pod_total(pod["spec"], "requests")
    return {name: _amount(name, quantity) for name, quantity in asked.items()}


def ports_of(pod: Json) -> set[tuple[str, int]]:
    """The ports of the node that a pod wants for itself."""
    return {
        (port.get("protocol", "TCP"), port["hostPort"])
        for container in pod["spec"]["containers"]
        for port in container.get("ports") or ()
        if port.get("hostPort")
    }


def add_pod(state: NodeState, pod: Json) -> None:
    """Count a pod on its node."""
    for key, amount in requests_of(pod).items():
        state.requested[key] = state.requested.get(key, 0) + amount
    state.pods += 1
    owner = controller_of(pod)
    if owner is not None and not is_deleting(pod):
        state.kin[owner["uid"]] += 1
    state.host_ports |= ports_of(pod)
