"""Rules of environment variables and where they come from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from lab.embedded.api import field_errors
from lab.embedded.objects import names

if TYPE_CHECKING:
    from collections.abc import Sequence

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
_MAP_FIELD = re.compile(r"(?P<map>[a-zA-Z0-9.]+)\['(?P<key>.*)'\]")
_KNOWN_LABELS = frozenset(
    {
        *_FIELDS, "metadata.annotations", "metadata.labels", "spec.restartPolicy", "spec.schedulerName",
        "status.phase",
    }
)  # fmt: skip
"""What `ConvertDownwardAPIFieldLabel` lets through; not all of it can be had everywhere."""
_RESOURCES = (
    "limits.cpu", "limits.ephemeral-storage", "limits.memory",
    "requests.cpu", "requests.ephemeral-storage", "requests.memory",
)  # fmt: skip
_DIVISORS = {
    "cpu": ("1m", "1"),
    "memory": ("1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"),
}
_DIVISORS["ephemeral-storage"] = _DIVISORS["memory"]


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
        name, key = reference.get("name") or "", reference.get("key") or ""
        found = [field_errors.invalid(f"{path}.name", name, each) for each in names.dns_subdomain(name)]
        if not key:
            return [*found, field_errors.required(f"{path}.key")]
        return found + [field_errors.invalid(f"{path}.key", key, each) for each in names.config_key(key)]
    if source == "resourceFieldRef":
        return validate_resource_reference(reference, path)
    if source == "fieldRef":
        return validate_field_reference(reference, path, sorted(_FIELDS))
    return []


def validate_resource_reference(reference: Object, path: str) -> Errors:
    """A `resourceFieldRef`: a resource that can be asked for, in a unit that it can be told in."""
    resource = reference.get("resource") or ""
    if not resource:
        return [field_errors.required(f"{path}.resource")]
    if resource not in _RESOURCES and "hugepages-" not in resource:
        return [field_errors.not_supported(f"{path}.resource", resource, _RESOURCES)]
    name = resource.partition(".")[2]
    divisor, known = str(reference.get("divisor") or "0"), _DIVISORS.get(name, ())
    if divisor == "0" or not known or divisor in known:
        return []
    listed = ", ".join(known) if len(known) > 2 else " and ".join(known)
    detail = f"only divisor's values {listed} are supported with the {name} resource"
    return [field_errors.invalid(f"{path}.divisor", resource, detail)]


def validate_field_reference(reference: Object, path: str, supported: Sequence[str]) -> Errors:
    """A `fieldRef`, to one of the `supported` fields or to one label or annotation."""
    field = reference.get("fieldPath") or ""
    place = f"{path}.fieldPath"
    if not field:
        return [field_errors.required(place)]
    subscripted = _MAP_FIELD.fullmatch(field)
    if subscripted and subscripted["map"] in {"metadata.labels", "metadata.annotations"}:
        key = subscripted["key"]
        key = key.lower() if subscripted["map"] == "metadata.annotations" else key
        return [field_errors.invalid(path, key, each) for each in names.qualified_name(key)]
    if field in supported:
        return []
    if field in _KNOWN_LABELS:
        return [field_errors.not_supported(place, field, supported)]
    return [
        field_errors.invalid(place, field, f"error converting fieldPath: field label not supported: {field}")
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
