"""A YAML document against the schema of its kind: unknown fields, wrong types, what is missing.

All of it is found, not only the first, and each at its own line. What values mean together (a selector that
fits no label) is the API server's to say, and so is everything about kinds whose schema is not known.
"""

from __future__ import annotations

import base64
import difflib
import re
from typing import TYPE_CHECKING, Any

import yaml

from lab.attempt.linting.problem import Problem
from lab.attempt.linting.schemas import INT_OR_STRING, QUANTITY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.attempt.linting.schemas import Schema, Schemas

DEEPEST = 60
"""Levels that are looked into; no object has as many."""

_QUANTITY = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+)?")
_RANGES = {"int32": 2**31, "int64": 2**63}
_TAG = "tag:yaml.org,2002:"
_WORDS = {
    "str": "text", "int": "a whole number", "float": "a number", "bool": "true or false", "map": "a mapping",
    "seq": "a list", "null": "nothing",
}  # fmt: skip
_WANTED = {
    "string": "text", "integer": "a whole number", "number": "a number", "boolean": "true or false",
    "object": "a mapping", "array": "a list",
}  # fmt: skip
_FITTING = {
    "string": {"str"}, "integer": {"int"}, "number": {"int", "float"}, "boolean": {"bool"}, "object": {"map"},
    "array": {"seq"},
}  # fmt: skip


class Fields:
    """Looks at documents of one text."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas
        self._seen: set[tuple[int, int]] = set()
        """Nodes (aliases are the same node) and the schemas they were held to."""

    def check(self, node: Any, schema: Schema, path: str = "", depth: int = 0) -> Iterator[Problem]:
        """Everything wrong at and below a node."""
        name, resolved = self._schemas.resolve(schema)
        kind = _kind(node)
        if kind == "null" or depth > DEEPEST or (id(node), id(resolved)) in self._seen:
            return
        self._seen.add((id(node), id(resolved)))
        if name in {QUANTITY, INT_OR_STRING}:
            yield from _special(node, name, path)
            return
        wanted = resolved.get("type")
        if wanted in _FITTING and kind not in _FITTING[wanted]:
            yield _misfit(node, wanted, path)
        elif kind == "map":
            yield from self._mapping(node, resolved, path, depth)
        elif kind == "seq":
            for number, item in enumerate(node.value):
                yield from self.check(item, resolved.get("items") or {}, f"{path}[{number}]", depth + 1)
        elif kind == "int":
            yield from _range(node, resolved, path)
        elif resolved.get("format") == "byte" and kind == "str":
            yield from _base64(node, path)

    def _mapping(self, node: Any, schema: Schema, path: str, depth: int) -> Iterator[Problem]:
        known: dict[str, Schema] = schema.get("properties", {})
        free = schema.get("additionalProperties")
        present: set[str] = set()
        for key, value in _pairs(node):
            field = str(getattr(key, "value", ""))
            here = f"{path}.{field}" if path else field
            if field in present:
                yield _at(key, here, f"the key {field} is here a second time", "keep one of the two")
                continue
            present.add(field)
            if field in known:
                yield from self.check(value, known[field], here, depth + 1)
            elif isinstance(free, dict):
                yield from self.check(value, free, here, depth + 1)
            elif known and not free:
                yield _unknown(key, here, known)
        missing = [field for field in schema.get("required", ()) if field not in present]
        if missing:
            what = f"{_short(path) or 'the object'} has no {' and no '.join(missing)}"
            yield _at(node, path, what, f"add {', '.join(f'{field}:' for field in missing)}")


def _pairs(node: Any) -> Iterator[tuple[Any, Any]]:
    """Keys and values, those merged in by `<<` behind the mapping's own."""
    merged = []
    for key, value in node.value:
        if getattr(key, "tag", "") == _TAG + "merge":
            merged.append(value)
        else:
            yield key, value
    own = {getattr(key, "value", None) for key, _ in node.value}
    for value in merged:
        for one in value.value if isinstance(value, yaml.SequenceNode) else [value]:
            if isinstance(one, yaml.MappingNode):
                yield from (pair for pair in one.value if getattr(pair[0], "value", None) not in own)


def _kind(node: Any) -> str:
    return str(node.tag).removeprefix(_TAG)


def _at(node: Any, path: str, what: str, remedy: str = "") -> Problem:
    return Problem(node.start_mark.line + 1, node.start_mark.column, what, remedy, path)


def _short(path: str) -> str:
    """The end of a path: the line says the rest."""
    return ".".join(path.split(".")[-2:])


def _unknown(key: Any, path: str, known: dict[str, Schema]) -> Problem:
    field = str(key.value)
    by_case = {one.lower(): one for one in known}
    near = by_case.get(field.lower()) or next(iter(difflib.get_close_matches(field, known, 1, 0.6)), "")
    if near:
        return _at(key, path, f"unknown field {field}", f"did you mean {near}?")
    listed = ", ".join(sorted(known)[:8]) + (", …" if len(known) > 8 else "")
    return _at(key, path, f"unknown field {field}", f"it may have {listed}")


def _misfit(node: Any, wanted: str, path: str) -> Problem:
    found = _kind(node)
    shown = f" ({node.value})" if isinstance(node, yaml.ScalarNode) and len(node.value) <= 30 else ""
    what = f"{_short(path) or 'this'} is {_WORDS.get(found, found)}{shown}, {_WANTED[wanted]} is wanted"
    remedy = ""
    if wanted == "string" and found in {"int", "float", "bool"}:
        remedy = f'put it in quotes: "{node.value}"'
    elif wanted in {"integer", "boolean", "number"} and found == "str":
        remedy = "take the quotes away" if node.style in {"'", '"'} else ""
    elif wanted == "array" and found == "map":
        remedy = "begin each item with a dash: - …"
    elif wanted == "object" and found == "seq":
        remedy = "take the dash away"
    return _at(node, path, what, remedy)


def _special(node: Any, name: str, path: str) -> Iterator[Problem]:
    kind = _kind(node)
    if name == INT_OR_STRING:
        if kind not in {"int", "str"}:
            what = f"{_short(path)} is {_WORDS.get(kind, kind)}, a whole number or text is wanted"
            yield _at(node, path, what)
    elif kind not in {"int", "float", "str"}:
        what = f"{_short(path)} is {_WORDS.get(kind, kind)}, a quantity is wanted"
        yield _at(node, path, what, "such as 100m or 64Mi")
    elif not _QUANTITY.fullmatch(node.value):
        what = f"{_short(path)} is no quantity: {node.value[:30]}"
        yield _at(node, path, what, "such as 100m, 0.5, 64Mi or 1Gi")


def _base64(node: Any, path: str) -> Iterator[Problem]:
    try:
        base64.b64decode(node.value.replace("\r", "").replace("\n", ""), validate=True)
    except ValueError:
        encoded = base64.b64encode(node.value.encode()).decode()
        shown = f": {encoded}" if len(encoded) <= 40 else ""
        plain = "plain text belongs under stringData:; " if path.startswith("data.") else ""
        yield _at(node, path, f"{_short(path)} is not base64", f"{plain}here it must be encoded{shown}")


def _range(node: Any, schema: Schema, path: str) -> Iterator[Problem]:
    limit = _RANGES.get(str(schema.get("format")))
    try:
        value = int(node.value.replace("_", ""), 0)
    except ValueError:
        return  # an octal of YAML 1.1: small enough
    if limit is not None and not -limit <= value < limit:
        what = f"{_short(path)} is out of range: {node.value[:30]}"
        yield _at(node, path, what, f"{schema['format']} is wanted")
