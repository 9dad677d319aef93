"""The API machinery: one object that offers every verb of `interface.Api` to server, controllers and kubelet.

The verbs live in `reads`, `writes`, `deletes`, `subresources`, `patch` and `watches`; here they are put
together, so that whoever writes goes through the same gate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.api import errors
from lab.embedded.api.deletes import Deletes
from lab.embedded.api.event_expiry import EventExpiry
from lab.embedded.api.identities import Identities
from lab.embedded.api.interface import DeleteOptions, Listed, WatchEvent, WriteOptions, Written
from lab.embedded.api.onlookers import Onlookers, Refresh
from lab.embedded.api.paging import Page, page
from lab.embedded.api.patching import Patches
from lab.embedded.api.reads import Reads, selection
from lab.embedded.api.subresources import Subresources
from lab.embedded.api.watches import Watches
from lab.embedded.api.writes import Writes
from lab.embedded.objects.copying import copy_json

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

    from lab.embedded.api.kinds import Kind, KindTable
    from lab.embedded.clock.agenda import Agenda
    from lab.embedded.store.store import Store

Object = dict[str, Any]
_PLAIN = WriteOptions()
_DEFAULT = DeleteOptions()


class ApiMachinery:
    """Implements `interface.Api` over a store, in cluster time, with seeded names and UIDs."""

    def __init__(self, store: Store, agenda: Agenda, source: random.Random, kinds: KindTable) -> None:
        self.kinds = kinds
        self.identities = Identities(source)
        self._store = store
        self._reads = Reads(store, kinds)
        self._writes = Writes(store, agenda, self.identities, self._reads)
        self._deletes = Deletes(store, agenda)
        self._watches = Watches(store, agenda, kinds)
        self._onlookers = Onlookers()
        self._expiry = EventExpiry(store, agenda)
        self._subresources = Subresources(self._reads, self._writes, self._deletes)
        self._patches = Patches(self._reads, self._writes, self._subresources)

    @property
    def revision(self) -> int:
        """The newest resource version."""
        return self._store.revision

    def get(self, resource: str, namespace: str | None, name: str, subresource: str | None = None) -> Object:
        """One object, or its `scale`."""
        if subresource in {None, "status"}:
            return self._reads.get(resource, namespace, name)
        return self._subresources.get(self._reads.kind(resource), namespace, name, subresource or "")

    def find(self, resource: str, namespace: str | None, name: str) -> Object | None:
        """One object, or None."""
        return self._reads.find(resource, namespace, name)

    def list(
        self, resource: str, namespace: str | None = None, *, labels: str = "", fields: str = ""
    ) -> Listed:
        """Objects of a kind, sorted by namespace and name."""
        return self._reads.list(resource, namespace or None, labels, fields)

    def page(
        self,
        resource: str,
        namespace: str | None,
        limit: int,
        token: str,
        *,
        labels: str = "",
        fields: str = "",
    ) -> Page:
        """A chunk of a list, of at most `limit` objects (0: all that are left)."""
        kind = self._reads.kind(resource)
        test = selection(kind, labels, fields) if labels or fields else None
        return page(self._store, kind, namespace or None, test, limit, token)

    def selection(self, resource: str, labels: str, fields: str) -> Callable[[Object], bool]:
        """The test that both selectors make, for watches."""
        return selection(self._reads.kind(resource), labels, fields)

    def create(
        self, resource: str, namespace: str | None, obj: Object, options: WriteOptions = _PLAIN
    ) -> Written:
        """A new object."""
        kind = self._served(resource, "create")
        return self._writes.create(kind, namespace, obj, options)

    def create_subresource(
        self,
        resource: str,
        namespace: str | None,
        name: str,
        subresource: str,
        obj: Object,
        options: WriteOptions = _PLAIN,
    ) -> Written:
        """Bind or evict a pod."""
        kind = self._reads.kind(resource)
        return self._subresources.create(kind, namespace, name, subresource, obj, options)

    def update(
        self,
        resource: str,
        namespace: str | None,
        name: str,
        obj: Object,
        options: WriteOptions = _PLAIN,
        subresource: str | None = None,
    ) -> Written:
        """Replace an object, or a part of it."""
        kind = self._served(resource, "update")
        current = self._reads.stored(kind, namespace, name)
        if subresource not in {None, "status"}:
            return self._subresources.update(kind, current, subresource or "", obj, options)
        return self._writes.update(kind, current, obj, options, subresource)

    def patch(
        self,
        resource: str,
        namespace: str | None,
        name: str,
        patch_type: str,
        body: Any,
        options: WriteOptions = _PLAIN,
        subresource: str | None = None,
    ) -> Written:
        """Change an object by a patch of any of the four media types."""
        kind = self._served(resource, "patch")
        return self._patches.patch(kind, namespace, name, patch_type, body, options, subresource)

    def delete(
        self, resource: str, namespace: str | None, name: str, options: DeleteOptions = _DEFAULT
    ) -> Object:
        """Delete an object, gracefully where its kind has that."""
        kind = self._served(resource, "delete")
        return self._deletes.delete(
            self._reads.kind(kind.storage), self._reads.stored(kind, namespace, name), options
        )

    def delete_collection(
        self,
        resource: str,
        namespace: str | None,
        *,
        labels: str = "",
        fields: str = "",
        options: DeleteOptions = _DEFAULT,
    ) -> Listed:
        """Delete everything the selectors match."""
        listed = self.list(resource, namespace, labels=labels, fields=fields)
        for item in listed.items:
            self.delete(resource, item["metadata"].get("namespace"), item["metadata"]["name"], options)
        return Listed(listed.items, self._store.revision)

    def update_status(self, resource: str, obj: Object, change: Callable[[Object], None]) -> Object:
        """Let `change` edit a private copy; its status is stored if it differs. Gone objects stay gone.

        Raises:
            ApiError: 404; the object is gone, or another one has taken its name.
        """
        kind = self._reads.kind(resource)
        metadata = obj["metadata"]
        current = self._reads.stored(kind, metadata.get("namespace"), metadata["name"])
        if metadata.get("uid", current["metadata"]["uid"]) != current["metadata"]["uid"]:
            raise errors.not_found(kind, metadata["name"])
        draft = {**current, "status": copy_json(current.get("status", {}))}
        change(draft)
        if draft["status"] == current.get("status", {}):
            return current
        new = {**current, "metadata": dict(current["metadata"]), "status": draft["status"]}
        return self._writes.commit(kind, new, current)

    def subscribe(self, resource: str, callback: Callable[[WatchEvent], None]) -> Callable[[], None]:
        """Be told of every change from now on."""
        return self._watches.subscribe(self._reads.kind(resource), callback)

    def on_look(self, resource: str, refresh: Refresh) -> None:
        """Bring objects up to date for those who look (see `onlookers`)."""
        self._onlookers.keep(resource, refresh)

    def look(self, resource: str) -> float | None:
        """A client is about to be shown objects of a resource; when it has to look again, if it goes on."""
        return self._onlookers.look(resource)

    def changes(self, resource: str, namespace: str | None, since: int) -> Sequence[WatchEvent]:
        """The changes after a resource version."""
        return self._watches.changes(self._reads.kind(resource), namespace, since)

    def _served(self, resource: str, verb: str) -> Kind:
        kind = self._reads.kind(resource)
        if verb not in kind.verbs:
            raise errors.method_not_allowed(kind)
        return kind
