"""Sets of fields as `metadata.managedFields` writes them (FieldsV1, structured-merge-diff).

In memory a set is a frozenset of paths; a path is a tuple of `f:name`, `k:{"name":"app"}` (item of a list
that is a map), `v:"value"` (item of a set) and `.` (the thing itself). Atomic values end a path.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lab.embedded.api.schema.definitions import Shape

Path = tuple[str, ...]
Fields = frozenset[Path]
Trie = dict[str, Any]

SELF = "."
_UNOWNED: Fields = frozenset(
    {
        ("f:apiVersion",),
        ("f:kind",),
        *(
            ("f:metadata", f"f:{name}")
            for name in (
                "name", "namespace", "uid", "resourceVersion", "creationTimestamp", "deletionTimestamp",
                "deletionGracePeriodSeconds", "generation", "selfLink", "managedFields", "generateName",
            )
        ),
    }
)  # fmt: skip


def fields_of(obj: Any, shape: Shape) -> Fields:
    """Every field an object sets that somebody can own."""
    return frozenset(
        path for path in _paths(obj, shape, ()) if path[:1] not in _UNOWNED and path[:2] not in _UNOWNED
    )


def _paths(value: Any, shape: Shape, path: Path) -> Iterator[Path]:
    if isinstance(value, dict) and value and not shape.is_atomic:
        if path and shape.is_map:
            yield (*path, SELF)
        for key, each in value.items():
            yield from _paths(each, shape.field(key), (*path, f"f:{key}"))
    elif isinstance(value, list) and value and not shape.is_atomic and (shape.list_keys or shape.is_set):
        for each in value:
            item = (*path, element_of(each, shape))
            yield (*item, SELF) if shape.list_keys else item
            if shape.list_keys:
                yield from _paths(each, shape.items, item)
    elif path:
        yield path


def element_of(item: Any, shape: Shape) -> str:
    """How a list's item is named in a path."""
    if not shape.list_keys or not isinstance(item, dict):
        return f"v:{_compact(item)}"
    defaults = {"protocol": "TCP"}
    keys = {key: item.get(key, defaults.get(key)) for key in shape.list_keys}
    return f"k:{_compact({key: value for key, value in keys.items() if value is not None})}"


def owned_path(obj: Any, keys: Sequence[str | int], shape: Shape) -> Path:
    """A place in an object, given by keys and indices, as a path of a set of fields."""
    path: list[str] = []
    for key in keys:
        if isinstance(key, int):
            path.append(element_of(obj[key], shape) if shape.list_keys else f"i:{key}")
            shape = shape.items
        else:
            path.append(f"f:{key}")
            shape = shape.field(key)
        obj = obj[key]
    return tuple(path)


def value_at(obj: Any, path: Path, shape: Shape) -> Any:
    """The value at a path; None where there is none."""
    for part in path:
        if part == SELF:
            return True if obj is not None else None
        if part.startswith("f:"):
            obj = obj.get(part[2:]) if isinstance(obj, dict) else None
            shape = shape.field(part[2:])
        else:
            obj = next((each for each in obj or () if element_of(each, shape) == part), None)
            shape = shape.items
        if obj is None:
            return None
    return obj


def to_trie(fields: Iterable[Path]) -> Trie:
    """The nested form that is stored."""
    root: Trie = {}
    for path in sorted(fields):
        place = root
        for part in path:
            place = place.setdefault(part, {})
    return root


def from_trie(trie: Trie, path: Path = ()) -> Fields:
    """The paths of the nested form."""
    found: set[Path] = set()
    for key, below in trie.items():
        found |= from_trie(below, (*path, key)) if below else {(*path, key)}
    return frozenset(found)


def without(obj: Any, path: Path, shape: Shape) -> Any:
    """A copy of the object without what is at a path; what becomes empty by that stays."""
    part, rest = path[0], path[1:]
    if part == SELF:
        return obj
    if part.startswith("f:"):
        if not isinstance(obj, dict) or part[2:] not in obj:
            return obj
        name = part[2:]
        if not rest:
            return {key: each for key, each in obj.items() if key != name}
        return {**obj, name: without(obj[name], rest, shape.field(name))}
    if not isinstance(obj, list):
        return obj
    if not rest or rest == (SELF,):
        return [each for each in obj if element_of(each, shape) != part]
    return [without(each, rest, shape.items) if element_of(each, shape) == part else each for each in obj]


def describe(path: Path) -> str:
    """A path as conflicts print it: `.spec.containers[name="app"].image`."""
    text = ""
    for part in path:
        if part.startswith("f:"):
            text += f".{part[2:]}"
        elif part.startswith("k:"):
            keys = json.loads(part[2:])
            text += "[" + ",".join(f"{key}={_compact(value)}" for key, value in keys.items()) + "]"
        elif part.startswith("v:"):
            text += f"[={part[2:]}]"
        elif part.startswith("i:"):
            text += f"[{part[2:]}]"
    return text


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)
