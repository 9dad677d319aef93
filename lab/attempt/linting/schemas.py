"""Kubernetes' definitions, asked what a field may be. Thin over the data; no I/O once it is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Schema = dict[str, Any]

_POINTER = "#/components/schemas/"
QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
INT_OR_STRING = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"
_IDENTITY = "x-kubernetes-group-version-kind"


@dataclass(frozen=True)
class Schemas:
    """One version's definitions."""

    definitions: Mapping[str, Schema]

    @cached_property
    def kinds(self) -> dict[tuple[str, str], str]:
        """Definition of every kind, by apiVersion and kind."""
        found = {}
        for name, schema in self.definitions.items():
            for identity in schema.get(_IDENTITY, ()):
                group, version = identity["group"], identity["version"]
                found[f"{group}/{version}" if group else version, identity["kind"]] = name
        return found

    def versions_of(self, kind: str) -> tuple[str, ...]:
        """The apiVersions a kind is in."""
        return tuple(version for version, known in self.kinds if known == kind)

    def resolve(self, schema: Schema) -> tuple[str, Schema]:
        """A schema with its reference followed, and the name of what it referred to (empty: nothing)."""
        target = schema.get("$ref") or next((one.get("$ref") for one in schema.get("allOf", ())), None)
        if not isinstance(target, str):
            return "", schema
        name = target.removeprefix(_POINTER)
        return name, self.definitions.get(name, {})


@lru_cache(maxsize=1)
def bundled() -> Schemas:
    """The definitions the lab came with."""
    from lab.providers.embedded import schema

    return Schemas(schema.definitions())
