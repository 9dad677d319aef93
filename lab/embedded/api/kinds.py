"""The table of what this API serves: discovery, routing, tables and verbs are driven by it.

Adding a kind means adding one entry here (and, where it is special, functions for its `Strategy`). A kind
is only listed when the simulation honours it; anything else is a 404, as on a server without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from lab.embedded.api.strategy import Strategy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from lab.embedded.api import events_view

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


class Subresource(Struct, frozen=True):
    """A part of an object with verbs of its own; its kind may be another (`autoscaling/v1 Scale`)."""

    name: str
    verbs: tuple[str, ...]
    kind: str = ""
    """Kind of the body; empty: that of the object itself."""
    group: str = ""
    version: str = ""


class Kind(Struct, frozen=True):
    """One row of the table: names, scope, verbs and how it is written."""

    group: str
    version: str
    kind: str
    plural: str
    short_names: tuple[str, ...] = ()
    namespaced: bool = True
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ALL_VERBS
    subresources: tuple[Subresource, ...] = ()
    columns: str = ""
    """Which printer columns `kubectl get` shows; empty: name and age."""
    strategy: Strategy = field(default_factory=Strategy)
    fields: tuple[str, ...] = ()
    """Field selectors besides `metadata.name` and `metadata.namespace`."""
    deprecated: str = ""
    """What every request for it is warned of."""
    view: events_view.View | None = None
    """Set when objects of this kind are another kind's, shown in another form."""

    @property
    def resource(self) -> str:
        """Plural name with the group, as in messages and in `interface.Api`: `deployments.apps`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def storage(self) -> str:
        """The resource under which objects are stored: this one, or the one this is a view of."""
        return self.view.storage if self.view else self.resource

    @property
    def api_version(self) -> str:
        """`apps/v1`, or `v1` for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def singular(self) -> str:
        """The kind in lower case, as kubectl accepts it."""
        return self.kind.lower()

    def subresource(self, name: str) -> Subresource | None:
        """The subresource of that name, or None."""
        return next((each for each in self.subresources if each.name == name), None)


class KindTable:
    """The kinds by resource, and by group, version and kind."""

    def __init__(self, kinds: Iterable[Kind]) -> None:
        self._kinds = tuple(kinds)
        self._by_resource: Mapping[str, Kind] = {kind.resource: kind for kind in self._kinds}
        self._by_gvk = {(kind.api_version, kind.kind): kind for kind in self._kinds}

    def __iter__(self) -> Iterator[Kind]:
        return iter(self._kinds)

    def by_resource(self, resource: str) -> Kind | None:
        """The kind served as `deployments.apps`, or None."""
        return self._by_resource.get(resource)

    def by_gvk(self, api_version: str, kind: str) -> Kind | None:
        """The kind named in an object's `apiVersion` and `kind`, or None."""
        return self._by_gvk.get((api_version, kind))

    def by_path(self, group: str, version: str, plural: str) -> Kind | None:
        """The kind served at `/apis/GROUP/VERSION/PLURAL`, or None."""
        kind = self._by_resource.get(f"{plural}.{group}" if group else plural)
        return kind if kind is not None and kind.version == version else None

    def group_versions(self) -> Sequence[tuple[str, str]]:
        """Every (group, version) served, core first."""
        return list(dict.fromkeys((kind.group, kind.version) for kind in self._kinds))
