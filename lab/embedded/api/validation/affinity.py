"""Rules of affinities and spread constraints (`ValidateAffinity`, `validateTopologySpreadConstraints`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.api import field_errors
from lab.embedded.api.validation import common
from lab.embedded.objects import names

if TYPE_CHECKING:
    from lab.embedded.api.field_errors import FieldError

Object = dict[str, Any]
Errors = list["FieldError"]

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
_ACTIONS = ("DoNotSchedule", "ScheduleAnyway")


def validate_placing(spec: Object, path: str) -> Errors:
    """The affinity and the spread constraints of a pod's spec."""
    affinity, place = spec.get("affinity") or {}, f"{path}.affinity"
    found = _node_affinity(affinity.get("nodeAffinity") or {}, f"{place}.nodeAffinity")
    for kind in ("podAffinity", "podAntiAffinity"):
        found += _pod_affinity(affinity.get(kind) or {}, f"{place}.{kind}")
    return found + _spreading(
        spec.get("topologySpreadConstraints") or [], f"{path}.topologySpreadConstraints"
    )


def _node_affinity(affinity: Object, path: str) -> Errors:
    found: Errors = []
    required = affinity.get(REQUIRED)
    if required is not None:
        place = f"{path}.{REQUIRED}.nodeSelectorTerms"
        if not required.get("nodeSelectorTerms"):
            found.append(field_errors.required(place, "must have at least one node selector term"))
        for index, term in enumerate(required.get("nodeSelectorTerms") or ()):
            found += _term(term, f"{place}[{index}]")
    for index, each in enumerate(affinity.get(PREFERRED) or ()):
        place = f"{path}.{PREFERRED}[{index}]"
        found += _weight(each, place) + _term(each.get("preference") or {}, f"{place}.preference")
    return found


def _term(term: Object, path: str) -> Errors:
    found: Errors = []
    for index, each in enumerate(term.get("matchExpressions") or ()):
        place = f"{path}.matchExpressions[{index}]"
        found += _requirement(each, place)
        found += [
            field_errors.invalid(f"{place}.key", each.get("key"), text)
            for text in names.qualified_name(each.get("key") or "")
        ]
    for index, each in enumerate(term.get("matchFields") or ()):
        place = f"{path}.matchFields[{index}]"
        if each.get("key") != "metadata.name":
            detail = "not a valid field selector key"
            found.append(field_errors.invalid(f"{place}.key", each.get("key"), detail))
        if each.get("operator") not in {"In", "NotIn"}:
            detail = "not a valid selector operator"
            found.append(field_errors.invalid(f"{place}.operator", each.get("operator"), detail))
        elif len(each.get("values") or ()) != 1:
            detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
            found.append(field_errors.required(f"{place}.values", detail))
    return found


def _requirement(requirement: Object, path: str) -> Errors:
    operator, values = requirement.get("operator"), requirement.get("values") or ()
    if operator in {"In", "NotIn"}:
        detail = "must be specified when `operator` is 'In' or 'NotIn'"
        return [] if values else [field_errors.required(f"{path}.values", detail)]
    if operator in {"Exists", "DoesNotExist"}:
        detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
        return [field_errors.forbidden(f"{path}.values", detail)] if values else []
    if operator in {"Gt", "Lt"}:
        detail = "must be specified single value when `operator` is 'Lt' or 'Gt'"
        return [] if len(values) == 1 else [field_errors.required(f"{path}.values", detail)]
    return [field_errors.invalid(f"{path}.operator", operator, "not a valid selector operator")]


def _pod_affinity(affinity: Object, path: str) -> Errors:
    found: Errors = []
    for index, term in enumerate(affinity.get(REQUIRED) or ()):
        found += _pod_term(term, f"{path}.{REQUIRED}[{index}]")
    for index, each in enumerate(affinity.get(PREFERRED) or ()):
        place = f"{path}.{PREFERRED}[{index}]"
        found += _weight(each, place) + _pod_term(
            each.get("podAffinityTerm") or {}, f"{place}.podAffinityTerm"
        )
    return found


def _pod_term(term: Object, path: str) -> Errors:
    found = common.label_selector(term.get("labelSelector") or {}, f"{path}.labelSelector")
    found += common.label_selector(term.get("namespaceSelector") or {}, f"{path}.namespaceSelector")
    for index, name in enumerate(term.get("namespaces") or ()):
        found += [
            field_errors.invalid(f"{path}.namespaces[{index}]", name, text) for text in names.dns_label(name)
        ]
    return found + _topology_key(term, path)


def _topology_key(term: Object, path: str) -> Errors:
    key = term.get("topologyKey")
    if not key:
        return [field_errors.required(f"{path}.topologyKey", "can not be empty")]
    return [field_errors.invalid(f"{path}.topologyKey", key, text) for text in names.qualified_name(key)]


def _weight(preferred: Object, path: str) -> Errors:
    weight = preferred.get("weight", 0)
    if 1 <= weight <= 100:
        return []
    return [field_errors.invalid(f"{path}.weight", weight, "must be in the range 1-100")]


def _spreading(constraints: list[Object], path: str) -> Errors:
    found: Errors = []
    for index, each in enumerate(constraints):
        place, action = f"{path}[{index}]", each.get("whenUnsatisfiable")
        if each.get("maxSkew", 0) <= 0:
            detail = "must be greater than zero"
            found.append(field_errors.invalid(f"{place}.maxSkew", each.get("maxSkew", 0), detail))
        found += _topology_key(each, place)
        if action not in _ACTIONS:
            found.append(field_errors.not_supported(f"{place}.whenUnsatisfiable", action or "", _ACTIONS))
        key = (each.get("topologyKey"), action)
        if key in [
            (other.get("topologyKey"), other.get("whenUnsatisfiable")) for other in constraints[index + 1 :]
        ]:
            found.append(
                field_errors.duplicate(
                    f"{place}.{{topologyKey, whenUnsatisfiable}}", f"{{{key[0]}, {key[1]}}}"
                )
            )
        found += _domains(each, place)
        found += common.label_selector(each.get("labelSelector") or {}, f"{place}.labelSelector")
    return found


def _domains(constraint: Object, path: str) -> Errors:
    domains, action = constraint.get("minDomains"), constraint.get("whenUnsatisfiable")
    if domains is None:
        return []
    if domains <= 0:
        return [field_errors.invalid(f"{path}.minDomains", domains, "must be greater than 0")]
    if action == "DoNotSchedule":
        return []
    detail = f"can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}"
    return [field_errors.invalid(f"{path}.minDomains", domains, detail)]
