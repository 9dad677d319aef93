"""Paths into objects: `spec.containers[name=app].image`, `metadata.annotations["a/b"]`, `spec.volumes[*]`.

`spec.containers|initContainers[*]` leads to the elements of both lists.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

_STEP = re.compile(
    r'\.?(?:(?P<name>[^.\[\]"]+)|\[(?P<index>\d+)\]|\[(?P<star>\*)\]'
    r'|\[(?P<key>[A-Za-z]+)=(?P<value>[^\]]*)\]|\["(?P<quoted>[^"]*)"\])'
)
_QUANTITY = re.compile(r"^([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([KMGTPE]i|[munkMGTPE]?)$")
_SCALE = {
    "": Decimal(1), "n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3"), "k": Decimal(1000),
    **{letter: Decimal(1000) ** power for power, letter in enumerate("MGTPE", 2)},
    **{f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", 1)},
}  # fmt: skip


def values_at(root: Any, path: str) -> list[tuple[str, Any]]:
    """Everything a path leads to, each with its exact path; nothing where it leads nowhere.

    Raises:
        ValueError: it is no path.
    """
    found = [("", root)]
    position = 0
    while position < len(path):
        match = _STEP.match(path, position)
        if match is None or match.end() == position:
            raise ValueError(f"not a path: {path!r} (at {path[position:]!r})")
        found = [item for start, value in found for item in _step(start, value, match)]
        position = match.end()
    return found


def number(value: Any) -> Decimal | None:
    """A number or a quantity (`128Mi`, `500m`) as a number; None for anything else."""
    if isinstance(value, bool) or value is None:
        return None
    match = _QUANTITY.match(str(value).strip())
    if match is None:
        return None
    try:
        return Decimal(match[1]) * _SCALE[match[2]]
    except InvalidOperation:
        return None


def _step(start: str, value: Any, match: re.Match[str]) -> list[tuple[str, Any]]:
    name = match["name"] if match["name"] is not None else match["quoted"]
    if name is not None:
        if not isinstance(value, dict):
            return []
        if match["quoted"] is not None:
            return [(f'{start}["{name}"]', value[name])] if name in value else []
        return [
            (f"{start}.{either}" if start else either, value[either])
            for either in name.split("|")
            if either in value
        ]
    if not isinstance(value, list):
        return []
    items = [(f"{start}[{index}]", item) for index, item in enumerate(value)]
    if match["index"] is not None:
        return items[int(match["index"]) : int(match["index"]) + 1]
    if match["key"] is not None:
        return [
            (here, item)
            for here, item in items
            if isinstance(item, dict) and str(item.get(match["key"])) == match["value"]
        ]
    return items
