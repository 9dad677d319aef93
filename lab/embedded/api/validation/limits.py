"""Rules and defaults of LimitRanges (`ValidateLimitRange`, `SetDefaults_LimitRangeItem`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.api import field_errors
from lab.embedded.api.validation.containers import validate_resource_name
from lab.embedded.objects import names
from lab.embedded.objects.pod_resources import parsed
from lab.embedded.objects.quantities import canonical, parse_quantity

if TYPE_CHECKING:
    from lab.embedded.api.field_errors import FieldError
    from lab.embedded.objects.pod_resources import Amounts

Object = dict[str, Any]
Errors = list["FieldError"]

_TYPES = frozenset(("Container", "PersistentVolumeClaim", "Pod"))
_GROUPS = ("max", "min", "default", "defaultRequest", "maxLimitRequestRatio")
_FOR_CONTAINERS = ("default", "defaultRequest")
_STORAGE = "either minimum or maximum storage value is required, but neither was provided"
_ORDERED = (
    ("min", "max", "min", "min value {} is greater than max value {}"),
    ("min", "defaultRequest", "defaultRequest", "min value {} is greater than default request value {}"),
    ("defaultRequest", "max", "defaultRequest", "default request value {} is greater than max value {}"),
    (
        "defaultRequest",
        "default",
        "defaultRequest",
        "default request value {} is greater than default limit value {}",
    ),
    ("min", "default", "default", "min value {} is greater than default value {}"),
    ("default", "max", "default", "default value {} is greater than max value {}"),
)
"""What must not be larger than what, which field is blamed, and in which words."""


def default_limit_range(limit_range: Object) -> None:
    """Amounts in canonical form; containers' defaults follow from the bounds."""
    for item in limit_range.setdefault("spec", {}).get("limits") or ():
        for group in _GROUPS:
            for name, amount in (item.get(group) or {}).items():
                item[group][name] = _canonical(amount)
        if item.get("type") != "Container":
            continue
        default = (item.get("max") or {}) | (item.get("default") or {})
        request = (item.get("min") or {}) | default | (item.get("defaultRequest") or {})
        for group, amounts in (("default", default), ("defaultRequest", request)):
            if amounts:
                item[group] = amounts


def _canonical(amount: Any) -> Any:
    try:
        return canonical(amount)
    except ValueError:
        return amount  # validation names it


def validate_limit_range(limit_range: Object) -> Errors:
    """A whole LimitRange."""
    found: Errors = []
    seen: set[Any] = set()
    for index, item in enumerate(limit_range["spec"].get("limits") or ()):
        path, kind = f"spec.limits[{index}]", item.get("type", "")
        found += _type(kind, f"{path}.type")
        if kind in seen:
            found.append(field_errors.duplicate(f"{path}.type", kind))
        seen.add(kind)
        found += _item(item, kind, path)
    return found


def _type(kind: str, path: str) -> Errors:
    found = [field_errors.invalid(path, kind, each) for each in names.qualified_name(kind)]
    if not found and "/" not in kind and kind not in _TYPES:
        found.append(field_errors.invalid(path, kind, "must be a standard limit type or fully qualified"))
    return found


def _item(item: Object, kind: str, path: str) -> Errors:
    found: Errors = []
    for group in _GROUPS:
        if kind == "Pod" and group in _FOR_CONTAINERS:
            if item.get(group):
                found.append(
                    field_errors.forbidden(f"{path}.{group}", "may not be specified when `type` is 'Pod'")
                )
            continue
        for name, amount in (item.get(group) or {}).items():
            place = f"{path}.{group}[{name}]"
            if kind in {"Container", "Pod"}:
                found += validate_resource_name(name, place)
            found += _amount(amount, place)
    storage = {*(item.get("min") or ()), *(item.get("max") or ())}
    if kind == "PersistentVolumeClaim" and "storage" not in storage:
        found.append(field_errors.required(f"{path}.limits", _STORAGE))
    return found + _relations({group: parsed(item.get(group)) for group in _GROUPS}, path)


def _amount(amount: Any, path: str) -> Errors:
    try:
        parse_quantity(amount)
    except ValueError as error:
        return [field_errors.invalid(path, amount, str(error))]
    return []


def _relations(amounts: dict[str, Amounts], path: str) -> Errors:
    """How the amounts of one resource must stand to each other."""
    found: Errors = []
    for name in sorted({name for group in amounts.values() for name in group}):
        for smaller, larger, blamed, words in _ORDERED:
            low, high = amounts[smaller].get(name), amounts[larger].get(name)
            if low is not None and high is not None and low > high:
                value = str(amounts[blamed][name])
                found.append(field_errors.invalid(f"{path}.{blamed}[{name}]", value, words.format(low, high)))
        found += _ratio(name, amounts, f"{path}.maxLimitRequestRatio[{name}]")
    return found


def _ratio(name: str, amounts: dict[str, Amounts], path: str) -> Errors:
    ratio = amounts["maxLimitRequestRatio"].get(name)
    low, high = amounts["min"].get(name), amounts["max"].get(name)
    if ratio is None:
        return []
    found = []
    if ratio.value < 1:
        found.append(field_errors.invalid(path, str(ratio), f"ratio {ratio} is less than 1"))
    if low is not None and high is not None and low.value and ratio.value > high.value / low.value:
        detail = f"ratio {ratio} is greater than max/min = {float(high.value / low.value):f}"
        found.append(field_errors.invalid(path, str(ratio), detail))
    return found
