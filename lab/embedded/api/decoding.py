"""From a request's body to an object of the kind: copied, typed, checked, in the form it is stored in.

Null is absence, as in Go's JSON; so are an empty list and an empty map (an empty struct, as in
`emptyDir: {}`, is not). A client's object is checked against the schema (see
`schema`); the cluster's own parts are trusted to write what they mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.api import errors
from lab.embedded.api.schema import checking
from lab.embedded.api.schema.definitions import Shape
from lab.embedded.objects.copying import copy_json

if TYPE_CHECKING:
    from lab.embedded.api.interface import WriteOptions
    from lab.embedded.api.kinds import Kind

Object = dict[str, Any]


def decode(kind: Kind, body: Any, options: WriteOptions) -> tuple[Object, list[str]]:
    """A private object of the kind, and warnings about what was ignored in it.

    Raises:
        ApiError: 400; the body is no object of this kind, or strictly speaking none.
    """
    if not isinstance(body, dict):
        raise errors.bad_request(f"the object provided is unrecognized (must be of type {kind.kind})")
    obj: Object = copy_json(body)
    _settle_type(kind, obj)
    warnings: list[str] = []
    if options.from_client:
        warnings = checking.check(kind, obj, options.field_validation)
        shape = Shape.of_kind(kind.group, kind.version, kind.kind)
        obj = without_empties(obj, shape)
        for part in ("spec", "status"):
            if part in shape.schema.get("properties", {}):
                obj.setdefault(part, {})
        _complete(obj.get("status"), shape.field("status"))
    if not isinstance(obj.get("metadata"), dict):
        obj["metadata"] = {}
    return obj, warnings


def _complete(value: Any, shape: Shape) -> None:
    """Give a status the plain fields that its types always have, as Go writes them: empty where not given.

    What reads a status relies on them, and a client may write any (`kubectl edit --subresource=status`).
    """
    if isinstance(value, list):
        for each in value:
            _complete(each, shape.items)
    elif isinstance(value, dict):
        for name in shape.schema.get("required", ()):
            empty = shape.field(name).zero
            if name not in value and isinstance(empty, str | int | bool):
                value[name] = empty
        for name, each in value.items():
            _complete(each, shape.field(name))


def _settle_type(kind: Kind, obj: Object) -> None:
    given = obj.get("apiVersion") or kind.api_version
    if given != kind.api_version:
        raise errors.bad_request(
            f"the API version in the data ({given}) does not match "
            f"the expected API version ({kind.api_version})"
        )
    name = obj.get("kind") or kind.kind
    if name != kind.kind:
        raise errors.bad_request(
            f'{name} in version "{kind.version}" cannot be handled as a {kind.kind}: no kind "{name}" is '
            f'registered for version "{kind.api_version}" in scheme'
        )
    obj["apiVersion"], obj["kind"] = kind.api_version, kind.kind


def without_empties(value: Any, shape: Shape) -> Any:
    """The value without null fields, empty lists and empty maps, at any depth.

    A null in a list (`- ` and nothing behind it) stands for an empty item, as for Go's decoder.
    """
    if isinstance(value, dict):
        kept = {}
        for key, each in value.items():
            if each is None or each == []:
                continue
            place = shape.field(key)
            left = without_empties(each, place)
            if left == [] or (left == {} and place.is_map):
                continue
            kept[key] = left
        return kept
    if isinstance(value, list):
        items = shape.items
        return [items.zero if each is None else without_empties(each, items) for each in value]
    return value
