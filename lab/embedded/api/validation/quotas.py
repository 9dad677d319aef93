"""Rules of ResourceQuotas (`ValidateResourceQuota` in `pkg/apis/core/validation`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.api import field_errors
from lab.embedded.api.validation import common
from lab.embedded.objects import names
from lab.embedded.objects.quantities import canonical, parse_quantity

if TYPE_CHECKING:
    from lab.embedded.api.field_errors import FieldError

Object = dict[str, Any]
Errors = list["FieldError"]

_COUNTED = frozenset(
    (
        "pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps",
        "persistentvolumeclaims", "services.nodeports", "services.loadbalancers",
    )
)  # fmt: skip
_COMPUTE = frozenset(("cpu", "memory", "limits.cpu", "limits.memory", "requests.cpu", "requests.memory"))
_STANDARD = _COUNTED | _COMPUTE | {
    "ephemeral-storage", "requests.ephemeral-storage", "limits.ephemeral-storage", "requests.storage",
}  # fmt: skip
_SCOPES = frozenset(
    (
        "BestEffort",
        "CrossNamespacePodAffinity",
        "NotBestEffort",
        "NotTerminating",
        "PriorityClass",
        "Terminating",
    )
)
_CONFLICTING = (("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating"))
_EXISTS_ONLY = (
    "must be 'Exist' only operator when scope is any of ResourceQuotaScopeTerminating, "
    "ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort and "
    "ResourceQuotaScopeCrossNamespacePodAffinity"
)


def default_quota(quota: Object) -> None:
    """Amounts in their canonical form."""
    hard = quota.setdefault("spec", {}).get("hard") or {}
    for name, amount in hard.items():
        try:
            hard[name] = canonical(amount)
        except ValueError:
            continue  # validation names it


def validate_quota(quota: Object) -> Errors:
    """A whole ResourceQuota."""
    spec, found = quota["spec"], []
    for name, amount in (spec.get("hard") or {}).items():
        place = f"spec.hard[{name}]"
        found += _name(name, place) + _amount(name, amount, place)
    return found + _scopes(spec) + _scope_selector(spec)


def validate_quota_update(new: Object, old: Object) -> Errors:
    """Scopes never change."""
    if set(new["spec"].get("scopes") or ()) == set(old["spec"].get("scopes") or ()):
        return []
    return [field_errors.invalid("spec.scopes", new["spec"].get("scopes"), common.IMMUTABLE)]


def _name(name: str, path: str) -> Errors:
    found = [field_errors.invalid(path, name, each) for each in names.qualified_name(name)]
    if found or "/" in name or name in _STANDARD or name.startswith(("hugepages-", "requests.hugepages-")):
        return found
    return [
        field_errors.invalid(path, name, "must be a standard resource type or fully qualified"),
        field_errors.invalid(path, name, "must be a standard resource for quotas"),
    ]


def _amount(name: str, amount: Any, path: str) -> Errors:
    try:
        quantity = parse_quantity(amount)
    except ValueError as error:
        return [field_errors.invalid(path, amount, str(error))]
    found = []
    if quantity.value < 0:
        found.append(field_errors.invalid(path, amount, "must be greater than or equal to 0"))
    if (name in _COUNTED or "/" in name) and quantity.value.denominator != 1:
        found.append(field_errors.invalid(path, amount, "must be an integer"))
    return found


def _scopes(spec: Object) -> Errors:
    given, path = spec.get("scopes") or [], "spec.scopes"
    found = []
    for scope in given:
        if scope not in _SCOPES:
            found.append(field_errors.invalid(path, given, "unsupported scope"))
        found += [
            field_errors.invalid(path, given, "unsupported scope applied to resource")
            for name in sorted(spec.get("hard") or ())
            if not _applies(scope, name)
        ]
    return found + _conflicts(given, path, given)


def _scope_selector(spec: Object) -> Errors:
    selector = spec.get("scopeSelector")
    if selector is None:
        return []
    path, found = "spec.scopeSelector.matchExpressions", []
    expressions = selector.get("matchExpressions") or []
    for each in expressions:
        scope, operator, values = each.get("scopeName"), each.get("operator"), each.get("values")
        if scope not in _SCOPES:
            found.append(field_errors.invalid(f"{path}.scopeName", scope, "unsupported scope"))
        found += [
            field_errors.invalid(path, selector, "unsupported scope applied to resource")
            for name in sorted(spec.get("hard") or ())
            if not _applies(scope, name)
        ]
        if scope in _SCOPES - {"PriorityClass"} and operator != "Exists":
            found.append(field_errors.invalid(f"{path}.operator", operator, _EXISTS_ONLY))
        if operator in {"In", "NotIn"} and not values:
            detail = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"
            found.append(field_errors.required(f"{path}.values", detail))
        elif operator in {"Exists", "DoesNotExist"} and values:
            detail = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"
            found.append(field_errors.invalid(f"{path}.values", values, detail))
        elif operator not in {"In", "NotIn", "Exists", "DoesNotExist"}:
            found.append(field_errors.invalid(f"{path}.operator", operator, "not a valid selector operator"))
    return found + _conflicts([each.get("scopeName") for each in expressions], path, selector)


def _applies(scope: Any, name: str) -> bool:
    """Whether a resource can be limited under a scope (`IsResourceQuotaScopeValidForResource`)."""
    if name not in _STANDARD or scope not in _SCOPES:
        return True
    return name == "pods" or (scope != "BestEffort" and name in _COMPUTE)


def _conflicts(given: list[Any], path: str, value: Any) -> Errors:
    return [
        field_errors.invalid(path, value, "conflicting scopes")
        for pair in _CONFLICTING
        if set(pair) <= set(given)
    ]
