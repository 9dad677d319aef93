"""Rules of environment variables and where they come from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from lab.embedded.api import field_errors
from lab.embedded.objects import names

if TYPE_CHECKING:
    from lab.embedded.api.field_errors import FieldError

Object = dict[str, Any]
Errors = list["FieldError"]

SOURCES = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")
_LISTED = "`fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
_FIELDS = frozenset(
    {
        "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName",
        "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
    }
)  # fmt: skip
_MAP_FIELD = re.compile(r"metadata\.(labels|annotations)\['[^']+'\]")
_RESOURCES = (
    "limits.cpu", "limits.ephemeral-storage", "limits.memory",
    "requests.cpu", "requests.ephemeral-storage", "requests.memory",
)  # fmt: skip


def validate_environment(container: Object, path: str) -> Errors:
    """`env` and `envFrom` of a container."""
    found: Errors = []
    for index, variable in enumerate(container.get("env") or ()):
        place = f"{path}.env[{index}]"
        name = variable.get("name") or ""
        if not name:
            found.append(field_errors.required(f"{place}.name"))
        else:
            found += [field_errors.invalid(f"{place}.name", name, each) for each in names.env_name(name)]
        if variable.get("valueFrom") is not None:
            found += _validate_source(variable, f"{place}.valueFrom")
    for index, source in enumerate(container.get("envFrom") or ()):
        found += _validate_bulk_source(source, f"{path}.envFrom[{index}]")
    return found


def _validate_source(variable: Object, path: str) -> Errors:
    source = variable["valueFrom"]
    found: Errors = []
    given = [each for each in SOURCES if source.get(each) is not None]
    for each in given:
        found += _validate_reference(each, source[each], f"{path}.{each}")
    if not given:
        detail = "must specify one of: " + _LISTED
        found.append(field_errors.invalid(path, "", detail))
    elif variable.get("value"):
        found.append(field_errors.invalid(path, "", "may not be specified when `value` is not empty"))
    elif len(given) > 1:
        found.append(field_errors.invalid(path, "", "may not have more than one field specified at a time"))
    return found


def _validate_reference(source: str, reference: Object, path: str) -> Errors:
    if source in {"configMapKeyRef", "secretKeyRef"}:
        key = reference.get("key") or ""
        if not key:
            return [field_errors.required(f"{path}.key")]
        return [field_errors.invalid(f"{path}.key", key, each) for each in names.config_key(key)]
    if source == "resourceFieldRef":
        resource = reference.get("resource") or ""
        if not resource:
            return [field_errors.required(f"{path}.resource")]
        if resource not in _RESOURCES and "hugepages-" not in resource:
            return [field_errors.not_supported(f"{path}.resource", resource, _RESOURCES)]
        return []
    if source == "fieldRef":
        return _validate_field(reference.get("fieldPath") or "", f"{path}.fieldPath")
    return []


def _validate_field(field: str, path: str) -> Errors:
    if not field:
        return [field_errors.required(path)]
    if field in _FIELDS or _MAP_FIELD.fullmatch(field):
        return []
    return [
        field_errors.invalid(path, field, f"error converting fieldPath: field label not supported: {field}")
    ]


def _validate_bulk_source(source: Object, path: str) -> Errors:
    found: Errors = []
    if prefix := source.get("prefix"):
        found += [field_errors.invalid(f"{path}.prefix", prefix, each) for each in names.env_name(prefix)]
    given = [each for each in ("configMapRef", "secretRef") if source.get(each) is not None]
    for each in given:
        if not source[each].get("name"):
            found.append(field_errors.required(f"{path}.{each}.name"))
    if not given:
        found.append(field_errors.invalid(path, "", "must specify one of: `configMapRef` or `secretRef`"))
    elif len(given) > 1:
        found.append(field_errors.invalid(path, "", "may not have more than one field specified at a time"))
    return found
