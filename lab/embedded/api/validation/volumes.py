"""Rules of volumes (`validateVolumes` in `pkg/apis/core/validation`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.api import field_errors
from lab.embedded.api.validation import common
from lab.embedded.api.validation.environment import validate_field_reference, validate_resource_reference
from lab.embedded.objects import names, quantities

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lab.embedded.api.field_errors import FieldError

Object = dict[str, Any]
Errors = list["FieldError"]

_NAMED_SOURCES = {
    "configMap": "name",
    "secret": "secretName",
    "hostPath": "path",
    "persistentVolumeClaim": "claimName",
}
_HOST_PATH_TYPES = (
    "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket",
)  # fmt: skip
_DOWNWARD_FIELDS = (
    "metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid",
)  # fmt: skip
_SHORTEST_TOKEN, _LONGEST_TOKEN = 600, 1 << 32
_MODE = "must be a number between 0 and 0777 (octal), both inclusive"
_TOO_MANY = "may not specify more than 1 volume type"


def validate_volumes(volumes: list[Object], path: str) -> tuple[Errors, set[str]]:
    """All volumes of a pod's spec; what is wrong, and their names."""
    found: Errors = []
    taken: set[str] = set()
    for index, volume in enumerate(volumes):
        place = f"{path}[{index}]"
        name = volume.get("name") or ""
        wrong = common.named(name, f"{place}.name", names.dns_label)
        if not wrong and name in taken:
            wrong.append(field_errors.duplicate(f"{place}.name", name))
        taken.add(name)
        found += wrong + _validate_source(volume, place)
    return found, taken


def relative_path(value: str, path: str) -> Errors:
    """A path below something: not absolute, and never upwards."""
    if value.startswith("/"):
        return [field_errors.invalid(path, value, "must be a relative path")]
    if ".." in value.split("/"):
        return [field_errors.invalid(path, value, "must not contain '..'")]
    return []


def _validate_source(volume: Object, path: str) -> Errors:
    sources = [key for key in volume if key != "name"]
    if not sources:
        return [field_errors.required(path, "must specify a volume type")]
    found = [field_errors.forbidden(f"{path}.{each}", _TOO_MANY) for each in sources[1:]]
    kind, source = sources[0], volume[sources[0]] or {}
    place = f"{path}.{kind}"
    required = _NAMED_SOURCES.get(kind)
    if required and not source.get(required):
        found.append(field_errors.required(f"{place}.{required}"))
    found += _mode(source, "defaultMode", place)
    if kind in {"configMap", "secret"}:
        found += _items(source, place)
    elif kind == "downwardAPI":
        found += _downward(source, place)
    elif kind == "projected":
        found += _projected(source, place)
    elif kind == "emptyDir" and _negative(source.get("sizeLimit")):
        detail = "SizeLimit field must be a valid resource quantity"
        found.append(field_errors.forbidden(f"{place}.sizeLimit", detail))
    elif kind == "hostPath":
        if ".." in (source.get("path") or "").split("/"):
            found.append(field_errors.invalid(f"{place}.path", source["path"], "must not contain '..'"))
        found += common.optional_one_of(source.get("type") or None, f"{place}.type", _HOST_PATH_TYPES)
    return found


def _negative(amount: Any) -> bool:
    return amount is not None and quantities.parse_quantity(amount).value < 0


def _mode(owner: Object, field: str, path: str) -> Errors:
    mode = owner.get(field)
    if mode is None or 0 <= mode <= 0o777:
        return []
    return [field_errors.invalid(f"{path}.{field}", mode, _MODE)]


def _items(source: Object, path: str) -> Errors:
    found: Errors = []
    for index, item in enumerate(source.get("items") or ()):
        place = f"{path}.items[{index}]"
        if not item.get("key"):
            found.append(field_errors.required(f"{place}.key"))
        found += _item_path(item, place) + _mode(item, "mode", place)
    return found


def _item_path(item: Object, path: str) -> Errors:
    target = item.get("path") or ""
    if not target:
        return [field_errors.required(f"{path}.path")]
    found = relative_path(target, f"{path}.path")
    if not found and target.startswith(".."):
        found.append(field_errors.invalid(f"{path}.path", target, "must not start with '..'"))
    return found


def _downward(source: Object, path: str) -> Errors:
    found: Errors = []
    for item in source.get("items") or ():
        found += _item_path(item, path)
        field, resource = item.get("fieldRef"), item.get("resourceFieldRef")
        if field is not None:
            found += validate_field_reference(field, f"{path}.fieldRef", _DOWNWARD_FIELDS)
            if resource is not None:
                detail = "fieldRef and resourceFieldRef can not be specified simultaneously"
                found.append(field_errors.invalid(path, "resource", detail))
        elif resource is not None:
            place = f"{path}.resourceFieldRef"
            if not resource.get("containerName"):
                found.append(field_errors.required(f"{place}.containerName"))
            else:
                found += validate_resource_reference(resource, place)
        else:
            detail = "one of fieldRef and resourceFieldRef is required"
            found.append(field_errors.required(path, detail))
        found += _mode(item, "mode", path)
    return found


def _projected(source: Object, path: str) -> Errors:
    found: Errors = []
    targets: set[str] = set()
    for index, each in enumerate(source.get("sources") or ()):
        place = f"{path}.sources[{index}]"
        kinds = [kind for kind in each if each[kind] is not None]
        if not kinds:
            found.append(field_errors.required(place, "must specify a volume type"))
            continue
        found += [field_errors.forbidden(place, _TOO_MANY) for _ in kinds[1:]]
        kind, part = kinds[0], each[kinds[0]]
        place = f"{place}.{kind}"
        if kind in {"configMap", "secret"}:
            if not part.get("name"):
                found.append(field_errors.required(f"{place}.name"))
            found += _items(part, place)
        elif kind == "downwardAPI":
            found += _downward(part, place)
        elif kind == "serviceAccountToken":
            found += _token(part, place)
        found += _collisions(_targets(kind, part), targets, part.get("name") or "", path)
    return found


def _targets(kind: str, part: Object) -> list[str]:
    if kind == "serviceAccountToken":
        return [part.get("path") or ""]
    return [item.get("path") or "" for item in part.get("items") or ()]


def _collisions(targets: Iterable[str], taken: set[str], name: str, path: str) -> Errors:
    found: Errors = []
    for target in filter(None, targets):
        if target in taken:
            found.append(field_errors.invalid(path, name or target, "conflicting duplicate paths"))
        taken.add(target)
    return found


def _token(token: Object, path: str) -> Errors:
    found: Errors = []
    seconds = token.get("expirationSeconds")
    if seconds is not None and seconds < _SHORTEST_TOKEN:
        detail = "may not specify a duration less than 10 minutes"
        found.append(field_errors.invalid(f"{path}.expirationSeconds", seconds, detail))
    elif seconds is not None and seconds > _LONGEST_TOKEN:
        detail = "may not specify a duration larger than 2^32 seconds"
        found.append(field_errors.invalid(f"{path}.expirationSeconds", seconds, detail))
    target = token.get("path") or ""
    if not target:
        found.append(field_errors.required(f"{path}.path"))
    return found + relative_path(target, f"{path}.path")
