"""Whether a client's object decodes as its kind: wrong types and unknown fields, in the server's words.

The schema is compiled once a kind (jsonschema-rs) in the form Go's decoder checks: types and unknown fields
only. What is required and which values are allowed is semantic validation's business, as on a real server.
Types are named as Go names them, since that is what the real message shows.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

import jsonschema_rs
from msgspec import Struct

from lab.embedded.api import errors
from lab.embedded.api.schema import definitions
from lab.embedded.objects import quantities, times

if TYPE_CHECKING:
    from lab.embedded.api.kinds import Kind

Schema = dict[str, Any]
Path = Sequence[str | int]

_RANGES = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}
_QUANTITY_PATTERN = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+)?$"
_BASE64 = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
_ANY_OBJECT: Schema = {"type": ["object", "null"]}


def check(kind: Kind, obj: Schema, validation: Literal["Ignore", "Warn", "Strict"]) -> list[str]:
    """Check an object, and take out of it what the kind does not know; returns warnings.

    Raises:
        ApiError: 400; a type is wrong, or (Strict) a field is unknown.
    """
    name = definitions.name_of(kind.group, kind.version, kind.kind)
    if name is None:
        return []
    found = list(_validator(name).iter_errors(obj))
    if not found:
        return []
    misfits = [each for each in found if each.kind.name != _UNKNOWN]
    if misfits:
        first = min(misfits, key=lambda each: _document_order(each.instance_path))
        raise errors.bad_request(_undecodable(kind, _misfit_message(kind, name, first)))
    unknown = sorted((path for each in found for path in _unknown_paths(each)), key=_document_order)
    messages = [f'unknown field "{path_text(path)}"' for path in unknown]
    if validation == "Strict":
        raise errors.bad_request(_undecodable(kind, "strict decoding error: " + ", ".join(messages)))
    for path in unknown:
        _remove(obj, path)
    return messages if validation == "Warn" else []


def unknown_fields(kind: Kind, obj: Schema) -> list[Path]:
    """Paths of the fields an object has and its kind has not."""
    name = definitions.name_of(kind.group, kind.version, kind.kind)
    found = _validator(name).iter_errors(obj) if name is not None else ()
    unknown = [path for each in found if each.kind.name == _UNKNOWN for path in _unknown_paths(each)]
    return sorted(unknown, key=_document_order)


def path_text(path: Path) -> str:
    """A path as messages print it: `spec.containers[0].image`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


_UNKNOWN = "additionalProperties"


def _unknown_paths(error: Any) -> list[Path]:
    return [(*error.instance_path, field) for field in error.kind.unexpected]


def _undecodable(kind: Kind, why: str) -> str:
    return f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}: {why}'


def _document_order(path: Path) -> tuple[tuple[int, str], ...]:
    return tuple((part, "") if isinstance(part, int) else (0, part) for part in path)


def _remove(obj: Any, path: Path) -> None:
    for part in path[:-1]:
        obj = obj[part]
    del obj[path[-1]]


@lru_cache(maxsize=64)
def _validator(name: str) -> jsonschema_rs.Draft202012Validator:
    forms = {"date-time": _is_time, "byte": _is_base64}
    known = {each: decodable(schema) for each, schema in definitions.load().items()}
    known[definitions.QUANTITY] = {"type": ["string", "number", "null"], "pattern": _QUANTITY_PATTERN}
    known[definitions.INT_OR_STRING] = {"type": ["string", "integer", "null"]}
    schema = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": known}}
    return jsonschema_rs.Draft202012Validator(schema, formats=forms, validate_formats=True)


def decodable(schema: Schema) -> Schema:
    """A definition reduced to what Go's decoder checks: types, unknown fields, ranges, forms of text."""
    name = definitions.reference(schema)
    if name is not None:
        return {"$ref": f"#/components/schemas/{name}"}
    result: Schema = {}
    if "type" in schema:
        result["type"] = [schema["type"], "null"]
    if "properties" in schema:
        result["properties"] = {key: decodable(each) for key, each in schema["properties"].items()}
        result["additionalProperties"] = False
    elif isinstance(schema.get("additionalProperties"), dict):
        result["additionalProperties"] = decodable(schema["additionalProperties"])
    if "items" in schema:
        result["items"] = decodable(schema["items"])
    form = schema.get("format")
    if form in _RANGES:
        result["minimum"], result["maximum"] = _RANGES[form]
    elif form in {"date-time", "byte"}:
        result["format"] = form
    return result or _ANY_OBJECT


def _is_time(text: str) -> bool:
    try:
        times.parse_time(text)
    except ValueError:
        return False
    return True


def _is_base64(text: str) -> bool:
    return _base64_fault(text) is None


def _base64_fault(text: str) -> int | None:
    """Where Go's decoder stumbles, in bytes; None when it does not."""
    stripped = text.replace("\n", "").replace("\r", "")
    try:
        base64.b64decode(stripped, validate=True)
    except (binascii.Error, ValueError):
        body = stripped.rstrip("=")
        return next((index for index, char in enumerate(body) if char not in _BASE64), len(body) // 4 * 4)
    return None


class _Place(Struct, frozen=True):
    """A field as Go sees it: the structure it is in, its path without indices, and its type."""

    structure: str
    path: str
    type: str


def _misfit_message(kind: Kind, name: str, error: Any) -> str:
    value = error.instance
    reason = error.kind.name
    if reason == "pattern":
        return _quantity_fault(value)
    if reason == "format" and error.kind.format == "byte":
        return f"illegal base64 data at input byte {_base64_fault(value)}"
    if reason == "format":
        return f'parsing time "{value}" as "2006-01-02T15:04:05Z07:00": cannot parse "{value}" as "2006"'
    place = _place(name, error.instance_path)
    if not place.path:
        return f"json: cannot unmarshal {_go_value(value, place.type)} into Go value of type v1.{kind.kind}"
    return (
        f"json: cannot unmarshal {_go_value(value, place.type)} into Go struct field "
        f"{place.structure}.{place.path} of type {place.type}"
    )


def _quantity_fault(value: Any) -> str:
    try:
        quantities.parse_quantity(value)
    except ValueError as error:
        return str(error)
    return quantities.ERROR


def _place(name: str, path: Path) -> _Place:
    """Walk the definitions along a path in an object."""
    shape = definitions.Shape(definitions.load()[name], name)
    structure, names = "", []
    for part in path:
        if isinstance(part, int):
            shape = shape.items
            continue
        if "properties" in shape.schema:
            structure = shape.owner.rpartition(".")[2]
            names.append(part)
        shape = shape.field(part)
    return _Place(structure, ".".join(names), _go_type(shape))


def _go_value(value: Any, go_type: str) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, float)):
        return f"number {value}" if go_type.startswith("int") else "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def _go_type(shape: definitions.Shape) -> str:
    if shape.owner in {definitions.QUANTITY, definitions.INT_OR_STRING}:
        return {definitions.QUANTITY: "resource.Quantity"}.get(shape.owner, "intstr.IntOrString")
    schema = shape.schema
    kind = schema.get("type")
    if kind == "array":
        return f"[]{_go_type(shape.items)}"
    if kind == "object" and "properties" not in schema and schema.get("additionalProperties"):
        return f"map[string]{_go_type(shape.field(''))}"
    if kind == "integer":
        return str(schema.get("format", "int64"))
    if kind == "string" and schema.get("format") == "byte":
        return "[]uint8"
    simple = {"string": "string", "boolean": "bool", "number": "float64"}
    if kind in simple and not shape.owner:
        return simple[kind]
    return f"v1.{shape.owner.rpartition('.')[2]}" if shape.owner else "map[string]interface {}"
