"""The definitions of one Kubernetes version, as data (see NOTICE.md): OpenAPI v3 components by name."""

from __future__ import annotations

import gzip
from functools import lru_cache
from importlib.resources import files
from typing import Any

import orjson
from msgspec import Struct

Schema = dict[str, Any]

VERSION = "v1.36.0"
"""The Kubernetes version the definitions are of, and the one that is emulated."""

_FILE = "kubernetes-v1.36.json.gz"
_POINTER = "#/components/schemas/"
QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
INT_OR_STRING = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"


@lru_cache(maxsize=1)
def load() -> dict[str, Schema]:
    """All definitions by name; shared, never to be changed."""
    packed = files("lab.embedded.api.schema").joinpath(_FILE).read_bytes()
    definitions: dict[str, Schema] = orjson.loads(gzip.decompress(packed))
    return definitions


@lru_cache(maxsize=1)
def _by_kind() -> dict[tuple[str, str, str], str]:
    found = {}
    for name, definition in load().items():
        kinds = definition.get("x-kubernetes-group-version-kind", ())
        if len(kinds) == 1:
            found[kinds[0]["group"], kinds[0]["version"], kinds[0]["kind"]] = name
    return found


def name_of(group: str, version: str, kind: str) -> str | None:
    """The definition of a kind, or None when there is none."""
    return _by_kind().get((group, version, kind))


def reference(schema: Schema) -> str | None:
    """The definition a schema refers to, or None when it is written out."""
    target = schema.get("$ref") or next((each.get("$ref") for each in schema.get("allOf", ())), None)
    return target.removeprefix(_POINTER) if isinstance(target, str) else None


class Shape(Struct, frozen=True):
    """A place in an object, as its schema describes it: what patches need to know about merging.

    A shape without a schema (an unknown field) merges as plain JSON does.
    """

    schema: Schema
    owner: str = ""
    """Name of the definition that the place's own structure is of; empty when it has none."""

    @staticmethod
    def of(schema: Schema) -> Shape:
        """The shape of a schema (of `load`, which lives for ever), with a reference followed."""
        shape = _SHAPES.get(id(schema))
        if shape is None:
            shape = _SHAPES[id(schema)] = Shape._followed(schema)
        return shape

    @staticmethod
    def _followed(schema: Schema) -> Shape:
        name = reference(schema)
        if name is None:
            return Shape(schema)
        extensions = {key: value for key, value in schema.items() if key.startswith("x-kubernetes-")}
        return Shape({**load().get(name, {}), **extensions}, name)

    @staticmethod
    def of_kind(group: str, version: str, kind: str) -> Shape:
        """The shape of a whole object."""
        name = name_of(group, version, kind)
        return Shape(load()[name], name) if name else Shape({})

    def field(self, name: str) -> Shape:
        """The shape of a field, or of any value of a map."""
        schema = self.schema.get("properties", {}).get(name)
        if schema is None:
            schema = self.schema.get("additionalProperties")
        return Shape.of(schema if isinstance(schema, dict) else _ANYTHING)

    @property
    def items(self) -> Shape:
        """The shape of a list's items."""
        return Shape.of(self.schema.get("items", _ANYTHING))

    @property
    def zero(self) -> Any:
        """What Go has where nothing is given; None where the schema does not say of what type it is."""
        kind = self.schema.get("type")
        if kind == "object" or "properties" in self.schema:
            return {}
        return {"string": "", "integer": 0, "number": 0, "boolean": False, "array": []}.get(kind or "")

    @property
    def merge_key(self) -> str | None:
        """The field by which strategic merge recognises the list's items; None: they are no objects."""
        key: str | None = self.schema.get("x-kubernetes-patch-merge-key")
        return key

    @property
    def strategies(self) -> frozenset[str]:
        """Strategic merge: `merge`, `replace`, `retainKeys`."""
        return frozenset(filter(None, self.schema.get("x-kubernetes-patch-strategy", "").split(",")))

    @property
    def list_keys(self) -> tuple[str, ...]:
        """Server-side apply: the fields that identify an item, for a list that is a map."""
        if self.schema.get("x-kubernetes-list-type") != "map":
            return ()
        return tuple(self.schema.get("x-kubernetes-list-map-keys", ()))

    @property
    def is_set(self) -> bool:
        """Server-side apply: whether the list is a set of plain values."""
        return self.schema.get("x-kubernetes-list-type") == "set"

    @property
    def is_map(self) -> bool:
        """Whether the keys are the writer's to choose: labels, data, limits."""
        return "properties" not in self.schema and bool(self.schema.get("additionalProperties"))

    @property
    def is_atomic(self) -> bool:
        """Server-side apply: whether the value is owned as a whole."""
        if self.schema.get("x-kubernetes-map-type") == "atomic":
            return True
        return self.schema.get("type") == "array" and not self.list_keys and not self.is_set


_ANYTHING: Schema = {}
_SHAPES: dict[int, Shape] = {}
