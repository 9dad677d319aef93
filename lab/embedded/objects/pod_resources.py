"""What a pod as a whole asks for: the sum of its containers, or its greediest init container; pure.

Follows `k8s.io/component-helpers/resource` (`AggregateContainerRequests`, `AggregateContainerLimits`):
sidecars (init containers that restart always) count with the containers, and with every init container after
them.
"""

from __future__ import annotations

from typing import Any

from lab.embedded.objects.quantities import Quantity, parse_quantity

Object = dict[str, Any]
Amounts = dict[str, Quantity]


def add(first: Amounts, second: Amounts) -> Amounts:
    """The sum of two lists of amounts, by resource."""
    return first | {name: first[name] + each if name in first else each for name, each in second.items()}


def larger(first: Amounts, second: Amounts) -> Amounts:
    """The larger of two lists of amounts, resource by resource."""
    return first | {name: max(first[name], each) if name in first else each for name, each in second.items()}


def parsed(amounts: Object | None) -> Amounts:
    """Amounts read from their texts; what is no quantity is left out (validation has named it)."""
    found: Amounts = {}
    for name, text in (amounts or {}).items():
        try:
            found[name] = parse_quantity(text)
        except ValueError:
            continue
    return found


def pod_total(spec: Object, group: str) -> Amounts:
    """The effective `requests` or `limits` of a pod's spec."""
    total: Amounts = {}
    sidecars: Amounts = {}
    most: Amounts = {}
    for container in spec.get("containers") or ():
        total = add(total, _own(container, group))
    for container in spec.get("initContainers") or ():
        own = _own(container, group)
        if container.get("restartPolicy") == "Always":
            total, sidecars = add(total, own), add(sidecars, own)
            most = larger(most, sidecars)
        else:
            most = larger(most, add(own, sidecars))
    return larger(total, most)


def _own(container: Object, group: str) -> Amounts:
    return parsed((container.get("resources") or {}).get(group))
