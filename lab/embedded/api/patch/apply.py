"""Server-side apply: a manager states the fields it wants, and owns them; others' fields stay theirs.

The merge follows structured-merge-diff: maps and lists-as-maps by key, sets by value, everything else as a
whole. What a manager once applied and no longer states goes, unless somebody else owns it too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.api.patch import fieldsets

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lab.embedded.api.patch.fieldsets import Fields
    from lab.embedded.api.schema.definitions import Shape

Object = dict[str, Any]


def merge(current: Any, applied: Any, shape: Shape) -> Any:
    """The value after an apply; neither argument is changed, unchanged parts are shared."""
    if isinstance(applied, dict) and isinstance(current, dict) and not shape.is_atomic:
        merged = dict(current)
        for key, value in applied.items():
            merged[key] = merge(current[key], value, shape.field(key)) if key in current else value
        return merged
    if isinstance(applied, list) and isinstance(current, list) and not shape.is_atomic:
        return _merge_list(current, applied, shape)
    return applied


def _merge_list(current: list[Any], applied: list[Any], shape: Shape) -> list[Any]:
    if shape.is_set:
        return [*current, *(each for each in applied if each not in current)]
    wanted = {fieldsets.element_of(each, shape): each for each in applied}
    merged = []
    for each in current:
        element = fieldsets.element_of(each, shape)
        merged.append(merge(each, wanted.pop(element), shape.items) if element in wanted else each)
    return merged + list(wanted.values())


def prune(obj: Object, dropped: Fields, kept: Fields, shape: Shape) -> Object:
    """The object without the fields that nobody states any more."""
    # Whole items first: an item is recognised by its key fields, which are among what is dropped.
    for path in sorted(dropped - kept, key=lambda each: (each[-1] != fieldsets.SELF, len(each), each)):
        if path[-1] == fieldsets.SELF and any(other[: len(path) - 1] == path[:-1] for other in kept):
            continue
        obj = fieldsets.without(obj, path[:-1] if _is_item(path) else path, shape)
    return obj


def _is_item(path: fieldsets.Path) -> bool:
    return path[-1] == fieldsets.SELF and len(path) > 1 and not path[-2].startswith("f:")


def conflicts(
    current: Object, applied: Object, wanted: Fields, others: Iterable[tuple[str, Fields]], shape: Shape
) -> list[tuple[str, fieldsets.Path]]:
    """(manager, path) of every field somebody else owns with another value than is applied."""
    found = []
    for manager, fields in others:
        for path in sorted(wanted & fields):
            if path[-1] == fieldsets.SELF:
                continue
            if fieldsets.value_at(current, path, shape) != fieldsets.value_at(applied, path, shape):
                found.append((manager, path))
    return found
