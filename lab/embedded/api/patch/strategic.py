"""Strategic merge patch: lists of objects are merged by key, and directives say what merging cannot.

Follows apimachinery's `util/strategicpatch`: `$patch: replace|delete|merge`, `$retainKeys`,
`$setElementOrder/FIELD`, `$deleteFromPrimitiveList/FIELD`. Merge keys and strategies come from the schemas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.embedded.api.schema.definitions import Shape

Object = dict[str, Any]

DIRECTIVE = "$patch"
RETAIN = "$retainKeys"
ORDER = "$setElementOrder/"
DELETE_VALUES = "$deleteFromPrimitiveList/"


class StrategicPatchError(ValueError):
    """The patch contradicts itself or the schema; the message is the API server's."""


def merge(current: Object, patch: Object, shape: Shape) -> Object:
    """The object after the patch; neither argument is changed, unchanged parts are shared.

    Raises:
        StrategicPatchError: a directive is unknown, or a merge key is missing.
    """
    directive = patch.get(DIRECTIVE)
    if directive == "replace":
        return {key: _content(value) for key, value in patch.items() if key != DIRECTIVE}
    if directive == "delete":
        return {}
    if directive not in {None, "merge"}:
        raise StrategicPatchError(f"unknown patch type found: {directive}")
    merged = dict(current)
    if RETAIN in patch:
        merged = {key: value for key, value in merged.items() if key in patch[RETAIN]}
    for key in _fields(patch):
        if key in patch and patch[key] is None:
            merged.pop(key, None)
            continue
        value = _merge_field(merged.get(key), patch, key, shape.field(key))
        if value is not None:
            merged[key] = value
    return merged


def _fields(patch: Object) -> list[str]:
    """The fields a patch is about, named as such or in a directive, each once."""
    names = []
    for key in patch:
        if key in {DIRECTIVE, RETAIN}:
            continue
        names.append(key.removeprefix(ORDER).removeprefix(DELETE_VALUES))
    return list(dict.fromkeys(names))


def _merge_field(current: Any, patch: Object, key: str, shape: Shape) -> Any:
    wanted = patch.get(key)
    order, deleted = patch.get(ORDER + key), patch.get(DELETE_VALUES + key)
    if isinstance(wanted, dict):
        if isinstance(current, dict) and "replace" not in shape.strategies:
            return merge(current, wanted, shape)
        return merge({}, wanted, shape)
    if isinstance(wanted, list) or order is not None or deleted is not None:
        if "merge" not in shape.strategies:
            return wanted if wanted is not None else current
        return _merge_list(current or [], wanted or [], shape, order, deleted or [])
    return wanted


def _merge_list(
    current: Sequence[Any],
    patch: Sequence[Any],
    shape: Shape,
    order: Sequence[Any] | None,
    deleted: Sequence[Any],
) -> list[Any]:
    key = shape.merge_key
    if key is None:
        values = [each for each in current if each not in deleted]
        values += [each for each in patch if each not in values]
        return _ordered(values, list(current), order, lambda each: each)
    for each in patch:
        if not isinstance(each, dict):
            raise StrategicPatchError(f"map: {each!r} expected in a list merged by {key}")
    if any(each.get(DIRECTIVE) == "replace" for each in patch):
        return [_content(each) for each in patch if each.get(DIRECTIVE) != "replace"]
    merged = _merge_items(list(current), patch, shape, key)
    return _ordered(merged, list(current), order, lambda each: each.get(key))


def _merge_items(items: list[Object], patch: Sequence[Object], shape: Shape, key: str) -> list[Object]:
    for each in patch:
        if key not in each:
            raise StrategicPatchError(f"map: {each} does not contain declared merge key: {key}")
        index = next((place for place, item in enumerate(items) if item.get(key) == each[key]), None)
        if each.get(DIRECTIVE) == "delete":
            items = [item for item in items if item.get(key) != each[key]]
        elif index is None:
            items.append(merge({}, each, shape.items))
        else:
            items[index] = merge(items[index], each, shape.items)
    return items


def _ordered(values: list[Any], before: list[Any], order: Sequence[Any] | None, identity: Any) -> list[Any]:
    """Values in the wanted order; those it does not name stay before what they stood before."""
    if order is None:
        return values
    wanted = [identity(each) if isinstance(each, dict) else each for each in order]
    places = {_hashable(identity(each)): place for place, each in enumerate(before)}
    named = sorted(
        (each for each in values if identity(each) in wanted), key=lambda each: wanted.index(identity(each))
    )
    others = [each for each in values if identity(each) not in wanted]
    result: list[Any] = []
    for each in named:
        place = places.get(_hashable(identity(each)))
        while others and place is not None and places.get(_hashable(identity(others[0])), place) < place:
            result.append(others.pop(0))
        result.append(each)
    return result + others


def _hashable(value: Any) -> Any:
    return value if not isinstance(value, (dict, list)) else repr(value)


def _content(value: Any) -> Any:
    """New content without directives and nulls."""
    if isinstance(value, dict):
        return {
            key: _content(each) for key, each in value.items() if each is not None and not key.startswith("$")
        }
    if isinstance(value, list):
        return [_content(each) for each in value]
    return value
