"""The admission plugin `LimitRanger`: what a namespace's LimitRanges add to a new pod, and what they refuse.

Follows `plugin/pkg/admission/limitranger/admission.go`: pods only, and only when they are made (containers
cannot change their resources later). Defaults are those of items of the type Container; all LimitRanges of
the namespace have their say, in the order of their names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.api import errors
from lab.embedded.objects.pod_resources import parsed, pod_total

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.embedded.api.strategy import Cluster
    from lab.embedded.objects.pod_resources import Amounts
    from lab.embedded.objects.quantities import Quantity

Object = dict[str, Any]
RESOURCE = "limitranges"
ANNOTATION = "kubernetes.io/limit-ranger"


def admit_limits(kind: errors.Named, cluster: Cluster, pod: Object) -> None:
    """Give a new pod's containers the namespace's defaults, and hold the pod to its bounds.

    Raises:
        ApiError: 403; a minimum, a maximum or a ratio is not kept.
    """
    ranges = cluster.all(RESOURCE, pod["metadata"]["namespace"])
    for each in ranges:
        _set_defaults(pod, each)
    for each in ranges:
        broken = [text for item in _items(each) for text in _broken(item, pod["spec"])]
        if broken:
            # an aggregate of several errors prints in brackets, each once
            told = list(dict.fromkeys(broken))
            why = told[0] if len(told) == 1 else f"[{', '.join(told)}]"
            raise errors.forbidden(kind, pod["metadata"]["name"], why)


def _items(limit_range: Object) -> list[Object]:
    return list(limit_range.get("spec", {}).get("limits") or ())


def _set_defaults(pod: Object, limit_range: Object) -> None:
    """`mergePodResourceRequirements`: what was added is told in an annotation."""
    requests: Object = {}
    limits: Object = {}
    for item in _items(limit_range):
        if item.get("type") == "Container":
            requests |= item.get("defaultRequest") or {}
            limits |= item.get("default") or {}
    told: list[str] = []
    for field, word in (("containers", "container"), ("initContainers", "init container")):
        for container in pod["spec"].get(field) or ():
            for group, amounts, noun in (("requests", requests, "request"), ("limits", limits, "limit")):
                missing = _merge(container, group, amounts)
                if missing:
                    told.append(f"{', '.join(missing)} {noun} for {word} {container['name']}")
    if told:
        annotations = pod["metadata"].setdefault("annotations", {})
        annotations[ANNOTATION] = f"LimitRanger plugin set: {'; '.join(told)}"


def _merge(container: Object, group: str, amounts: Object) -> list[str]:
    """Set what a container leaves open; returns the names of what was set."""
    resources = container.setdefault("resources", {})
    missing = sorted(name for name in amounts if name not in (resources.get(group) or {}))
    if missing:
        resources[group] = {**(resources.get(group) or {}), **{name: amounts[name] for name in missing}}
    return missing


def _broken(item: Object, spec: Object) -> Iterator[str]:
    """What of an item a pod does not keep."""
    if item.get("type") == "Container":
        for container in (*(spec.get("containers") or ()), *(spec.get("initContainers") or ())):
            resources = container.get("resources") or {}
            yield from _constraints(item, parsed(resources.get("requests")), parsed(resources.get("limits")))
    elif item.get("type") == "Pod":
        yield from _constraints(item, pod_total(spec, "requests"), pod_total(spec, "limits"))


def _constraints(item: Object, requests: Amounts, limits: Amounts) -> Iterator[str]:
    kind = item["type"]
    for name, enforced in parsed(item.get("min")).items():
        yield from _minimum(
            f"minimum {name} usage per {kind} is {enforced}", enforced, requests.get(name), limits.get(name)
        )
    for name, enforced in parsed(item.get("max")).items():
        yield from _maximum(
            f"maximum {name} usage per {kind} is {enforced}", enforced, requests.get(name), limits.get(name)
        )
    for name, enforced in parsed(item.get("maxLimitRequestRatio")).items():
        start = f"{name} max limit to request ratio per {kind} is {enforced}"
        yield from _ratio(start, enforced, requests.get(name), limits.get(name))


def _minimum(
    start: str, enforced: Quantity, request: Quantity | None, limit: Quantity | None
) -> Iterator[str]:
    if request is None:
        yield f"{start}.  No request is specified"
    elif request < enforced:
        yield f"{start}, but request is {request}"
    elif limit is not None and limit < enforced:
        yield f"{start}, but limit is {limit}"


def _maximum(
    start: str, enforced: Quantity, request: Quantity | None, limit: Quantity | None
) -> Iterator[str]:
    if limit is None:
        yield f"{start}.  No limit is specified"
    elif limit > enforced:
        yield f"{start}, but limit is {limit}"
    elif request is not None and request > enforced:
        yield f"{start}, but request is {request}"


def _ratio(start: str, enforced: Quantity, request: Quantity | None, limit: Quantity | None) -> Iterator[str]:
    if request is None or not request.value:
        yield f"{start}, but no request is specified or request is 0"
    elif limit is None or not limit.value:
        yield f"{start}, but no limit is specified or limit is 0"
    elif limit.value / request.value > enforced.value:
        yield f"{start}, but provided ratio is {float(limit.value / request.value):f}"
