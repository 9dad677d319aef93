"""Writing verbs: the one way every object goes in, whoever writes it.

decode (clients only) → defaults → preparation → admission → validation (clients only) → quota → conflicts →
store.
Invariants: what is handed in is copied before anything is changed; an update that changes nothing is not
stored and takes no resource version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.api import decoding, errors, honoured, ownership
from lab.embedded.api.interface import WriteOptions, Written
from lab.embedded.api.quota import admission as quota
from lab.embedded.api.reads import Reads, shown
from lab.embedded.api.validation import metadata as metadata_rules
from lab.embedded.objects import times
from lab.embedded.objects.copying import copy_json

if TYPE_CHECKING:
    from lab.embedded.api.identities import Identities
    from lab.embedded.api.kinds import Kind
    from lab.embedded.clock.agenda import Agenda
    from lab.embedded.store.store import Store

Object = dict[str, Any]

_SERVER_FIELDS = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation")
"""Metadata only the server writes."""

_NAME_ATTEMPTS = 8


class Writes:
    """Create and update, with all that lies between the caller's object and the stored one."""

    def __init__(self, store: Store, agenda: Agenda, identities: Identities, reads: Reads) -> None:
        self._store = store
        self._agenda = agenda
        self._identities = identities
        self._reads = reads

    def create(
        self,
        kind: Kind,
        namespace: str | None,
        obj: Object,
        options: WriteOptions,
        applied_by: ownership.Entry | None = None,
    ) -> Written:
        """Store a new object; `applied_by`: it is made by an apply, and who owns what is settled."""
        decoded, warnings = decoding.decode(kind, obj, options)
        stored = kind.view.store(decoded) if kind.view else decoded
        kind, view = self._reads.kind(kind.storage), kind
        metadata = stored["metadata"]
        space = _settle_namespace(kind, metadata, namespace)
        if metadata.get("resourceVersion"):
            raise errors.bad_request("resourceVersion should not be set on objects to be created")
        self._begin(kind, space, stored)
        strategy = kind.strategy
        strategy.default(stored)
        if strategy.status:
            stored.pop("status", None)
        if options.from_client and applied_by is None:  # nobody owns what admission adds from here on
            ownership.record_update(stored, None, options.field_manager, "", self.now())
        strategy.prepare_create(stored)
        self._check_namespace(kind, space, metadata["name"])
        strategy.admit(self._reads, stored, None)
        if options.from_client:
            self._validate(kind, stored, None)
            warnings += honoured.warnings(kind, stored, None)
        if applied_by is not None:
            ownership.write(stored, [applied_by])
        self._charge(kind, stored, None, options)
        if (other := self._store.get(kind.resource, space, metadata["name"])) is not None:
            going = "deletionTimestamp" in other["metadata"]
            raise errors.already_exists(kind, metadata["name"], going=going)
        if not options.dry_run:
            self._store.put(kind.resource, space, metadata["name"], stored)
        return Written(shown(view, stored), tuple(warnings), created=True)

    def update(
        self,
        kind: Kind,
        current: Object,
        obj: Object,
        options: WriteOptions,
        subresource: str | None = None,
        *,
        applied: bool = False,
    ) -> Written:
        """Replace `current` (as stored) by what the caller wants; `applied`: ownership is settled already."""
        decoded, warnings = decoding.decode(kind, obj, options)
        stored = kind.view.store(decoded) if kind.view else decoded
        kind, view = self._reads.kind(kind.storage), kind
        _check_identity(kind, current, stored["metadata"])
        strategy = kind.strategy
        strategy.default(stored)
        carry_over(kind, stored, current, subresource)
        if options.from_client and not applied:
            ownership.record_update(stored, current, options.field_manager, subresource or "", self.now())
        if subresource != "status":
            strategy.prepare_update(stored, current)
            strategy.admit(self._reads, stored, current)
        count_generation(kind, stored, current)
        if options.from_client:
            self._validate(kind, stored, current, subresource)
            warnings += honoured.warnings(kind, stored, current)
        if subresource != "status":
            self._charge(kind, stored, current, options)
        return Written(shown(view, self.commit(kind, stored, current, options.dry_run)), tuple(warnings))

    def commit(self, kind: Kind, stored: Object, current: Object, dry_run: bool = False) -> Object:
        """Store a changed object, unless it did not change; an object whose last finalizer went goes too."""
        metadata = stored["metadata"]
        metadata["resourceVersion"] = current["metadata"]["resourceVersion"]
        if stored == current:
            return current
        if dry_run:
            return stored
        space, name = metadata.get("namespace", ""), metadata["name"]
        if is_finished(stored):
            self._store.put(kind.resource, space, name, stored)
            return self._store.remove(kind.resource, space, name)
        return self._store.put(kind.resource, space, name, stored)

    def _charge(self, kind: Kind, new: Object, old: Object | None, options: WriteOptions) -> None:
        """Charge a write to the namespace's quotas: admission's last word, after validation."""
        charged = quota.charges(self._reads, kind, new, old, self._agenda.now())
        for before, after in [] if options.dry_run else charged:
            self.commit(self._reads.kind(quota.RESOURCE), after, before)

    def now(self) -> str:
        """This instant, as objects carry it."""
        return times.format_time(self._agenda.now())

    def _begin(self, kind: Kind, space: str, obj: Object) -> None:
        """Give a new object its name, UID and times."""
        metadata = obj["metadata"]
        for field in (*_SERVER_FIELDS, "selfLink", "resourceVersion"):
            metadata.pop(field, None)
        if not metadata.get("name") and metadata.get("generateName"):
            for _ in range(_NAME_ATTEMPTS):
                metadata["name"] = self._identities.name(metadata["generateName"])
                if self._store.get(kind.resource, space, metadata["name"]) is None:
                    break
        if not metadata.get("name"):
            raise errors.invalid(kind, "", metadata_rules.nameless())
        metadata["uid"] = self._identities.uid()
        metadata["creationTimestamp"] = self.now()
        if kind.strategy.generation:
            metadata["generation"] = 1

    def _check_namespace(self, kind: Kind, space: str, name: str) -> None:
        if not kind.namespaced:
            return
        namespace = self._store.get("namespaces", "", space)
        if namespace is None:
            raise errors.not_found(self._reads.kind("namespaces"), space)
        if namespace["metadata"].get("deletionTimestamp"):
            why = f"unable to create new content in namespace {space} because it is being terminated"
            message = f"namespace {space} is being terminated"
            cause = {"reason": "NamespaceTerminating", "message": message, "field": "metadata.namespace"}
            raise errors.forbidden(kind, name, why, [cause])

    def _validate(self, kind: Kind, obj: Object, old: Object | None, subresource: str | None = None) -> None:
        found = metadata_rules.validate_metadata(kind, obj, old)
        found += kind.strategy.validate(obj)
        if old is not None:
            rule = kind.strategy.validate_part.get(subresource or "", kind.strategy.validate_update)
            found += rule(obj, old)
        if found:
            raise errors.invalid(kind, obj["metadata"]["name"], found)


def _settle_namespace(kind: Kind, metadata: Object, namespace: str | None) -> str:
    if not kind.namespaced:
        metadata.pop("namespace", None)
        return ""
    own = metadata.get("namespace")
    if own and namespace and own != namespace:
        raise errors.bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    space: str = own or namespace or ""
    if not space:
        raise errors.bad_request("an empty namespace may not be set during creation")
    metadata["namespace"] = space
    return space


def _check_identity(kind: Kind, current: Object, metadata: Object) -> None:
    """The object the caller read must be the one there is now."""
    now = current["metadata"]
    if metadata.get("name", now["name"]) != now["name"]:
        raise errors.bad_request(
            f"the name of the object ({metadata['name']}) does not match the name on the URL ({now['name']})"
        )
    if metadata.get("namespace", now.get("namespace")) != now.get("namespace"):
        raise errors.bad_request(
            f"the namespace of the object ({metadata['namespace']}) does not match the namespace on the "
            f"request ({now.get('namespace', '')})"
        )
    if metadata.get("uid", now["uid"]) != now["uid"]:
        raise errors.precondition_failed(kind, now["name"], "UID", metadata["uid"], now["uid"])
    if metadata.get("resourceVersion", now["resourceVersion"]) != now["resourceVersion"]:
        raise errors.modified(kind, now["name"])


def carry_over(kind: Kind, new: Object, old: Object, subresource: str | None) -> None:
    """Take from the old object what this write has no business with."""
    if subresource == "status":
        status = new.get("status")
        new.clear()
        new.update(copy_json(old))
        if status is not None:
            new["status"] = status
        else:
            new.pop("status", None)
        return
    metadata, before = new["metadata"], old["metadata"]
    metadata["name"] = before["name"]
    if "namespace" in before:
        metadata["namespace"] = before["namespace"]
    for field in (*_SERVER_FIELDS, "generateName"):
        metadata.pop(field, None)
        if field in before:
            metadata[field] = before[field]
    if "managedFields" not in metadata and "managedFields" in before:
        metadata["managedFields"] = copy_json(before["managedFields"])
    if kind.strategy.status:
        new.pop("status", None)
        if "status" in old:
            new["status"] = copy_json(old["status"])


def count_generation(kind: Kind, new: Object, old: Object) -> None:
    """A change of anything but metadata and status makes a new generation."""
    if not kind.strategy.generation:
        return
    changed = _content(new) != _content(old)
    new["metadata"]["generation"] = old["metadata"].get("generation", 1) + (1 if changed else 0)


def _content(obj: Object) -> Object:
    """What a generation counts the changes of."""
    if "spec" in obj:
        return {"spec": obj["spec"]}
    return {key: value for key, value in obj.items() if key not in {"metadata", "status"}}


def is_finished(obj: Object) -> bool:
    """Whether an object that is being deleted has nothing left to wait for."""
    metadata = obj["metadata"]
    return bool(
        metadata.get("deletionTimestamp")
        and not metadata.get("finalizers")
        and not metadata.get("deletionGracePeriodSeconds")
        and not (obj.get("kind") == "Namespace" and obj.get("spec", {}).get("finalizers"))
    )
