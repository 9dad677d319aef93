"""Rules of ConfigMaps and Secrets."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from lab.embedded.api import field_errors
from lab.embedded.api.json_errors import wrong_json
from lab.embedded.api.validation import common
from lab.embedded.objects import names

if TYPE_CHECKING:
    from lab.embedded.api.field_errors import FieldError

Object = dict[str, Any]
Errors = list["FieldError"]

_LARGEST = 1024 * 1024
_IMMUTABLE = "field is immutable when `immutable` is set"
_REQUIRED_KEYS = {
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
}


def validate_config_map(config_map: Object) -> Errors:
    """Keys, their uniqueness, and the size."""
    data, binary = config_map.get("data") or {}, config_map.get("binaryData") or {}
    found = _validate_keys(data, "data") + _validate_keys(binary, "binaryData")
    for key in data:
        if key in binary:
            detail = "duplicate of key present in binaryData"
            found.append(field_errors.invalid(f"data[{key}]", key, detail))
    size = sum(len(str(value).encode()) for value in (*data.values(), *binary.values()))
    return found + ([field_errors.too_long("[]", _LARGEST)] if size > _LARGEST else [])


def validate_secret(secret: Object) -> Errors:
    """Keys, the size, and what the type asks for."""
    data = secret.get("data") or {}
    found = _validate_keys(data, "data")
    if sum(len(value) * 3 // 4 for value in data.values()) > _LARGEST:
        found.append(field_errors.too_long("data", _LARGEST))
    for key in _REQUIRED_KEYS.get(secret.get("type", ""), ()):
        if key not in data:
            found.append(field_errors.required(f"data[{key}]"))
    return found + _validate_type(secret, data)


def _validate_type(secret: Object, data: Object) -> Errors:
    """What some types ask for besides keys."""
    kind = secret.get("type")
    if kind == "kubernetes.io/basic-auth" and not {"username", "password"} & set(data):
        return [field_errors.required(f"data[{key}]") for key in ("username", "password")]
    if kind == "kubernetes.io/service-account-token":
        annotation = "kubernetes.io/service-account.name"
        named = (secret["metadata"].get("annotations") or {}).get(annotation)
        return [] if named else [field_errors.required(f"metadata.annotations[{annotation}]")]
    found: Errors = []
    for key in (".dockerconfigjson", ".dockercfg"):
        if key in _REQUIRED_KEYS.get(kind or "", ()) and key in data:
            found += _validate_json(data[key], f"data[{key}]")
    return found


def _validate_json(encoded: str, path: str) -> Errors:
    """Text that must be JSON; what is wrong with it is said as Go says it."""
    content = base64.b64decode(encoded)
    try:
        json.loads(content.decode("utf-8", "replace"))
    except ValueError as error:
        detail = wrong_json(content) or str(error)
        return [field_errors.invalid(path, "<secret contents redacted>", detail)]
    return []


def _validate_keys(data: Object, path: str) -> Errors:
    return [
        field_errors.invalid(f"{path}[{key}]", key, each) for key in data for each in names.config_key(key)
    ]


def validate_config_map_update(new: Object, old: Object) -> Errors:
    """What is marked immutable stays as it is."""
    return _validate_immutability(new, old, ("data", "binaryData"))


def validate_secret_update(new: Object, old: Object) -> Errors:
    """The type never changes, and what is marked immutable stays as it is."""
    return common.unchanged(new, old, "type", "type") + _validate_immutability(new, old, ("data",))


def _validate_immutability(new: Object, old: Object, fields: tuple[str, ...]) -> Errors:
    if not old.get("immutable"):
        return []
    found: Errors = []
    if not new.get("immutable"):
        found.append(field_errors.forbidden("immutable", _IMMUTABLE))
    return found + [
        field_errors.forbidden(field, _IMMUTABLE)
        for field in fields
        if (new.get(field) or {}) != (old.get(field) or {})
    ]
