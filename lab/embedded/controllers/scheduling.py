"""Whether a pod fits a node, and why not; pure.

Each node is asked by the scheduler's filter plugins in their order, and the first that refuses gives its
reasons (`pkg/scheduler/framework/plugins` of v1.36).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lab.embedded.objects.quantities import parse_quantity
from lab.embedded.objects.selectors import Requirement

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]
RESOURCES = ("cpu", "memory", "ephemeral-storage")


@dataclass
class NodeState:
    """A node and what the pods on it have been promised (cores in thousandths, the rest in bytes)."""

    node: Json
    requested: dict[str, int] = field(default_factory=dict)
    pods: int = 0
    host_ports: set[tuple[str, int]] = field(default_factory=set)

    def allocatable(self, resource: str) -> int:
        """What the node has of a resource."""
        text = (self.node.get("status", {}).get("allocatable") or {}).get(resource, "0")
        return _amount(resource, text)


@dataclass(frozen=True)
class Refusal:
    """Why a node will not do; `helpful`: whether evicting other pods could change that."""

    reasons: tuple[str, ...]
    helpful: bool = False


def _amount(resource: str, text: str) -> int:
    quantity = parse_quantity(text)
    return quantity.milli if resource == "cpu" else quantity.whole


def requests_of(pod: Json) -> dict[str, int]:
    """What a pod asks for: its containers together, or its greediest init container if that is more."""
    spec, total, most = pod["spec"], dict.fromkeys(RESOURCES, 0), dict.fromkeys(RESOURCES, 0)
    sidecars = dict.fromkeys(RESOURCES, 0)
    for container in spec.get("initContainers") or ():
        own = _container_requests(container)
        for key in RESOURCES:
            if container.get("restartPolicy") == "Always":
                sidecars[key] += own[key]
            most[key] = max(
                most[key], sidecars[key] + (0 if container.get("restartPolicy") == "Always" else own[key])
            )
    for container in spec["containers"]:
        own = _container_requests(container)
        for key in RESOURCES:
            total[key] += own[key]
    return {key: max(total[key] + sidecars[key], most[key]) for key in RESOURCES}


def _container_requests(container: Json) -> dict[str, int]:
    requests = (container.get("resources") or {}).get("requests") or {}
    return {key: _amount(key, requests.get(key, "0")) for key in RESOURCES}


def _ports(pod: Json) -> set[tuple[str, int]]:
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
    state.host_ports |= _ports(pod)


def _tolerated(taint: Json, tolerations: list[Json]) -> bool:
    for each in tolerations:
        if each.get("effect") not in {None, "", taint["effect"]}:
            continue
        if each.get("operator") == "Exists" and each.get("key") in {None, "", taint["key"]}:
            return True
        if each.get("key") == taint["key"] and each.get("value", "") == taint.get("value", ""):
            return True
    return False


def _term_matches(term: Json, node: Json) -> bool:
    labels: Mapping[str, str] = node["metadata"].get("labels") or {}
    fields = {"metadata.name": node["metadata"]["name"]}
    for key, values in (("matchExpressions", labels), ("matchFields", fields)):
        for each in term.get(key) or ():
            if not Requirement(each["key"], each["operator"], tuple(each.get("values") or ())).matches(
                values
            ):
                return False
    return bool(term.get("matchExpressions") or term.get("matchFields"))


def _selected(pod: Json, node: Json) -> bool:
    labels = node["metadata"].get("labels") or {}
    if any(labels.get(key) != value for key, value in (pod["spec"].get("nodeSelector") or {}).items()):
        return False
    affinity = (pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
    return required is None or any(
        _term_matches(term, node) for term in required.get("nodeSelectorTerms") or ()
    )


def refusal(pod: Json, state: NodeState) -> Refusal | None:
    """Why the node cannot take the pod; None when it can."""
    spec, node = pod["spec"], state.node
    tolerations = spec.get("tolerations") or []
    if node["spec"].get("unschedulable"):
        cordon = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
        if not _tolerated(cordon, tolerations):
            return Refusal(("node(s) were unschedulable",))
    for taint in node["spec"].get("taints") or ():
        if taint["effect"] in {"NoSchedule", "NoExecute"} and not _tolerated(taint, tolerations):
            return Refusal((f"node(s) had untolerated taint {{{taint['key']}: {taint.get('value', '')}}}",))
    if not _selected(pod, node):
        return Refusal(("node(s) didn't match Pod's node affinity/selector",))
    if _ports(pod) & state.host_ports:
        return Refusal(("node(s) didn't have free ports for the requested pod ports",), helpful=True)
    return _fits(pod, state)


def _fits(pod: Json, state: NodeState) -> Refusal | None:
    reasons, impossible = [], False
    if state.pods + 1 > state.allocatable("pods"):
        reasons.append("Too many pods")
    for key, amount in requests_of(pod).items():
        if amount and amount > state.allocatable(key) - state.requested.get(key, 0):
            reasons.append(f"Insufficient {key}")
            impossible |= amount > state.allocatable(key)
    return Refusal(tuple(reasons), helpful=not impossible) if reasons else None


def failure_message(refusals: list[Refusal]) -> str:
    """The text of FailedScheduling (`FitError.Error` and the preemption's part)."""
    total, counts = len(refusals), dict[str, int]()
    for each in refusals:
        for reason in each.reasons:
            counts[reason] = counts.get(reason, 0) + 1
    if not total:
        return "no nodes available to schedule pods"
    listed = ", ".join(sorted(f"{count} {reason}" for reason, count in counts.items()))
    helpless = sum(not each.helpful for each in refusals)
    parts = []
    if total - helpless:
        parts.append(f"{total - helpless} No preemption victims found for incoming pod")
    if helpless:
        parts.append(f"{helpless} Preemption is not helpful for scheduling")
    text = f"0/{total} nodes are available"
    preemption = f"no new claims to deallocate, preemption: {text}: {', '.join(parts)}."
    return f"{text}: {listed}. {preemption}"


def score(pod: Json, state: NodeState) -> tuple[float, int, str]:
    """Sort key, best first: the least allocated node (`LeastAllocated`), then the emptiest, then by name."""
    asked = requests_of(pod)
    shares = [
        (state.requested.get(key, 0) + asked[key]) / state.allocatable(key)
        for key in ("cpu", "memory")
        if state.allocatable(key)
    ]
    return round(sum(shares), 6), state.pods, state.node["metadata"]["name"]
