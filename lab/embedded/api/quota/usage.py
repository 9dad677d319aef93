"""What one object uses of the resources a quota may limit; pure.

Follows `pkg/quota/v1/evaluator/core` and `generic`: pods count by compute resources while they live and by
`count/pods` as long as they exist, Services by type, everything else by number.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from lab.embedded.api.preparation import quality_of_service
from lab.embedded.objects.pod_resources import Amounts, parsed, pod_total
from lab.embedded.objects.quantities import Quantity
from lab.embedded.objects.selectors import Requirement
from lab.embedded.objects.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Object = dict[str, Any]

ONE = Quantity(Fraction(1))
NONE = Quantity(Fraction(0))

_COMPUTE = ("cpu", "memory", "ephemeral-storage")
CONSTRAINED = frozenset(("cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"))
"""What every container must set for itself where a quota limits it."""
_POD_RESOURCES = frozenset(
    (
        "count/pods",
        "pods",
        *_COMPUTE,
        *(f"{group}.{name}" for group in ("requests", "limits") for name in _COMPUTE),
    )
)
_SERVICE_RESOURCES = frozenset(("count/services", "services", "services.nodeports", "services.loadbalancers"))
_ALIASED = frozenset(("configmaps", "resourcequotas", "secrets"))
"""Core kinds whose number has an older name besides `count/…`."""


def tracked_names(resource: str, names: Iterable[str]) -> list[str]:
    """Which of a quota's resource names objects of `resource` (`pods`, `deployments.apps`) use."""
    if resource == "pods":
        return [each for each in names if each in _POD_RESOURCES or _is_extended(each)]
    if resource == "services":
        return [each for each in names if each in _SERVICE_RESOURCES]
    own = {f"count/{resource}", *([resource] if resource in _ALIASED else ())}
    return [each for each in names if each in own]


def usage(resource: str, obj: Object, now: float) -> Amounts:
    """What an object uses; `now` in seconds of cluster time."""
    if resource == "pods":
        return _pod_usage(obj, now)
    found = {f"count/{resource}": ONE}
    if resource == "services":
        return found | _service_usage(obj["spec"])
    return found | ({resource: ONE} if resource in _ALIASED else {})


def in_scope(resource: str, obj: Object, quota: Object) -> bool:
    """Whether a quota's scopes, all of them, take in an object; only pods have any."""
    return all(resource == "pods" and _pod_in_scope(obj, each) for each in scopes(quota))


def scopes(quota: Object) -> Sequence[Object]:
    """A quota's scopes in the form of `scopeSelector.matchExpressions`."""
    plain = [{"scopeName": each, "operator": "Exists"} for each in quota["spec"].get("scopes") or ()]
    return [*plain, *((quota["spec"].get("scopeSelector") or {}).get("matchExpressions") or ())]


def missing(pod: Object, names: Iterable[str]) -> dict[str, list[str]]:
    """Which limited compute resources containers leave open: resource to the containers' names, sorted."""
    found: dict[str, set[str]] = {}
    spec = pod["spec"]
    for container in (*(spec.get("containers") or ()), *(spec.get("initContainers") or ())):
        resources = container.get("resources") or {}
        own = _compute(parsed(resources.get("requests")), parsed(resources.get("limits")))
        for name in CONSTRAINED.intersection(names) - set(own):
            found.setdefault(name, set()).add(container["name"])
    return {name: sorted(found[name]) for name in sorted(found)}


def counts(pod: Object, now: float) -> bool:
    """Whether a pod still uses what it asks for: not when it ended, nor when its node let the grace pass."""
    if pod.get("status", {}).get("phase") in {"Failed", "Succeeded"}:
        return False
    metadata = pod["metadata"]
    if metadata.get("deletionTimestamp") and metadata.get("deletionGracePeriodSeconds") is not None:
        grace: int = metadata["deletionGracePeriodSeconds"]
        return now <= parse_time(metadata["deletionTimestamp"]) + grace
    return True


def _pod_usage(pod: Object, now: float) -> Amounts:
    found = {"count/pods": ONE}
    if counts(pod, now):
        spec = pod["spec"]
        found |= {"pods": ONE} | _compute(pod_total(spec, "requests"), pod_total(spec, "limits"))
    return found


def _compute(requests: Amounts, limits: Amounts) -> Amounts:
    found: Amounts = {}
    for name, amount in requests.items():
        if name in _COMPUTE or name.startswith("hugepages-"):
            found[name] = amount
        found[f"requests.{name}"] = amount
    return found | {f"limits.{name}": amount for name, amount in limits.items() if name in _COMPUTE}


def _service_usage(spec: Object) -> Amounts:
    ports, kind = spec.get("ports") or (), spec.get("type")
    number = 0
    if kind == "NodePort" or (kind == "LoadBalancer" and spec.get("allocateLoadBalancerNodePorts", True)):
        number = len(ports)
    elif kind == "LoadBalancer":
        number = sum(bool(port.get("nodePort")) for port in ports)
    balancers = ONE if kind == "LoadBalancer" else NONE
    return {
        "services": ONE,
        "services.nodeports": Quantity(Fraction(number)),
        "services.loadbalancers": balancers,
    }


def _is_extended(name: str) -> bool:
    return name.startswith(("requests.hugepages-", "hugepages-")) or (
        name.startswith("requests.") and "/" in name
    )


def _pod_in_scope(pod: Object, scope: Object) -> bool:
    name: str = scope["scopeName"]
    spec = pod["spec"]
    if name in {"Terminating", "NotTerminating"}:
        return (spec.get("activeDeadlineSeconds") is not None) == (name == "Terminating")
    if name in {"BestEffort", "NotBestEffort"}:
        return (quality_of_service(spec) == "BestEffort") == (name == "BestEffort")
    if name == "PriorityClass":
        labels = {name: spec["priorityClassName"]} if spec.get("priorityClassName") else {}
        requirement = Requirement(name, scope.get("operator", "Exists"), tuple(scope.get("values") or ()))
        return requirement.matches(labels)
    return name == "CrossNamespacePodAffinity" and _crosses_namespaces(spec.get("affinity") or {})


def _crosses_namespaces(affinity: Object) -> bool:
    for kind in ("podAffinity", "podAntiAffinity"):
        terms = affinity.get(kind) or {}
        hard = terms.get("requiredDuringSchedulingIgnoredDuringExecution") or ()
        soft = terms.get("preferredDuringSchedulingIgnoredDuringExecution") or ()
        for each in (*hard, *(one.get("podAffinityTerm") or {} for one in soft)):
            if each.get("namespaces") or each.get("namespaceSelector") is not None:
                return True
    return False
