"""Reading verbs: get, find, list with selectors. Everything handed out is shared and read-only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lab.embedded.api import errors
from lab.embedded.api.interface import Listed
from lab.embedded.objects import meta, selectors

if TYPE_CHECKING:
    from lab.embedded.api.kinds import Kind, KindTable
    from lab.embedded.store.store import Store

Object = dict[str, Any]
Test = Callable[[Object], bool]


class Reads:
    """Objects as they are now. Implements `strategy.Cluster` for admission, too."""

    def __init__(self, store: Store, kinds: KindTable) -> None:
        self._store = store
        self._kinds = kinds

    def kind(self, resource: str) -> Kind:
        """The row of the kinds table.

        Raises:
            ApiError: 404; nothing of that name is served.
        """
        kind = self._kinds.by_resource(resource)
        if kind is None:
            raise errors.no_such_resource()
        return kind

    def find(self, resource: str, namespace: str | None, name: str) -> Object | None:
        """The object, or None."""
        kind = self.kind(resource)
        found = self._store.get(kind.storage, namespace or "" if kind.namespaced else "", name)
        return shown(kind, found) if found is not None else None

    def get(self, resource: str, namespace: str | None, name: str) -> Object:
        """The object.

        Raises:
            ApiError: 404.
        """
        found = self.find(resource, namespace, name)
        if found is None:
            raise errors.not_found(self.kind(resource), name)
        return found

    def stored(self, kind: Kind, namespace: str | None, name: str) -> Object:
        """The object as it is stored, whatever the kind shows of it.

        Raises:
            ApiError: 404.
        """
        found = self._store.get(kind.storage, namespace or "" if kind.namespaced else "", name)
        if found is None:
            raise errors.not_found(kind, name)
        return found

    def all(self, resource: str, namespace: str | None = None) -> Sequence[Object]:
        """Objects as stored, without selection: for admission and controllers' own look-ups."""
        kind = self.kind(resource)
        return self._store.list(kind.storage, namespace if kind.namespaced else None)

    def list(self, resource: str, namespace: str | None, labels: str, fields: str) -> Listed:
        """Objects that both selectors let through, sorted by namespace and name.

        Raises:
            ApiError: 400; a selector cannot be read.
        """
        kind = self.kind(resource)
        items: Sequence[Object] = self._store.list(kind.storage, namespace if kind.namespaced else None)
        if labels or fields:
            test = selection(kind, labels, fields)
            items = [item for item in items if test(item)]
        if kind.view:
            items = [kind.view.show(item) for item in items]
        return Listed(items, self._store.revision)


def shown(kind: Kind, stored: Object) -> Object:
    """A stored object in the form in which the kind shows it."""
    return kind.view.show(stored) if kind.view else stored


def selection(kind: Kind, labels: str, fields: str) -> Test:
    """What decides whether an object (as stored) is selected by both query strings.

    Raises:
        ApiError: 400; a selector cannot be read, or names a field this kind has none for.
    """
    try:
        by_label, by_field = selectors.parse_labels(labels), selectors.parse_fields(fields)
    except ValueError as error:
        raise errors.bad_request(str(error)) from error
    known = {"metadata.name", "metadata.namespace", *kind.fields}
    for requirement in by_field:
        if requirement.path not in known:
            raise errors.bad_request(_unknown_field(kind, requirement.path))

    def test(obj: Object) -> bool:
        return by_label.matches(meta.labels_of(obj)) and all(
            (_field(obj, each.path) == each.value) == each.equal for each in by_field
        )

    return test


def _unknown_field(kind: Kind, path: str) -> str:
    """What the conversion of field labels says, which kinds with fields of their own have one of."""
    if kind.resource == "jobs.batch":
        return f'field label "{path}" not supported for batchv1.Job'
    if kind.fields:
        return f"field label not supported: {path}"
    return f'"{path}" is not a known field selector: only "metadata.name", "metadata.namespace"'


_ELSEWHERE: Mapping[str, tuple[str, ...]] = {
    "source": ("source", "component"),
    "involvedObject.namespace": ("involvedObject", "namespace"),
    "status.successful": ("status", "succeeded"),
}
_DEFAULTS = {"spec.unschedulable": "false", "spec.hostNetwork": "false", "status.successful": "0"}


def _field(obj: Object, path: str) -> str:
    value: Any = obj
    for part in _ELSEWHERE.get(path) or path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if value is None:
        return _DEFAULTS.get(path, "")
    return str(value).lower() if isinstance(value, bool) else str(value)
