"""Deleting: graceful for pods, held back by finalizers, by preconditions, by propagation policy.

Follows the API server's `registry/rest/delete.go` and `registry/generic/registry/store.go`: a pod that runs
somewhere gets a deletionTimestamp and stays until the kubelet deletes it with grace period 0; any object
with finalizers stays until they are gone. The garbage collector itself is a controller.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.api import errors
from lab.embedded.objects import times
from lab.embedded.objects.copying import copy_json

if TYPE_CHECKING:
    from lab.embedded.api.interface import DeleteOptions
    from lab.embedded.api.kinds import Kind
    from lab.embedded.clock.agenda import Agenda
    from lab.embedded.store.store import Store

Object = dict[str, Any]

FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"
DEFAULT_GRACE = 30
PROTECTED_NAMESPACES = frozenset({"default", "kube-system", "kube-public"})


class Deletes:
    """Takes objects out, at once or as soon as nothing holds them any more."""

    def __init__(self, store: Store, agenda: Agenda) -> None:
        self._store = store
        self._agenda = agenda

    def delete(self, kind: Kind, current: Object, options: DeleteOptions) -> Object:
        """Delete `current` (as stored); answers its last, or now dying, form."""
        _check_preconditions(kind, current, options)
        metadata = current["metadata"]
        if kind.resource == "namespaces":
            return self._delete_namespace(kind, current, options)
        grace = _grace_period(kind, current, options)
        present = metadata.get("finalizers") or []
        policy = options.propagation
        if policy is None and kind.strategy.orphans and FOREGROUND not in present:
            policy = "Orphan"
        finalizers = _finalizers(present, policy)
        if metadata.get("deletionTimestamp"):
            return self._delete_again(kind, current, options, finalizers)
        if not grace and not finalizers:
            return current if options.dry_run else self._remove(kind, current)
        dying = copy_json(current)
        self._mark(dying, grace, finalizers)
        return dying if options.dry_run else self._put(kind, dying)

    def _delete_again(
        self, kind: Kind, current: Object, options: DeleteOptions, finalizers: list[str]
    ) -> Object:
        """An object that is dying already can only be made to die sooner."""
        metadata = current["metadata"]
        before = metadata.get("deletionGracePeriodSeconds") or 0
        grace = before if options.grace_period is None else _grace_period(kind, current, options)
        if not finalizers and not grace:
            return current if options.dry_run else self._remove(kind, current)
        if grace >= before and finalizers == (metadata.get("finalizers") or []):
            return current
        dying = copy_json(current)
        since = times.parse_time(metadata["deletionTimestamp"]) - before
        self._mark(dying, min(grace, before), finalizers, since)
        return dying if options.dry_run else self._put(kind, dying)

    def _delete_namespace(self, kind: Kind, current: Object, options: DeleteOptions) -> Object:
        metadata = current["metadata"]
        name = metadata["name"]
        if name in PROTECTED_NAMESPACES:
            raise errors.forbidden(kind, name, "this namespace may not be deleted")
        if metadata.get("deletionTimestamp"):
            return current
        if not current.get("spec", {}).get("finalizers") and not metadata.get("finalizers"):
            return current if options.dry_run else self._remove(kind, current)
        dying = copy_json(current)
        dying["metadata"]["deletionTimestamp"] = times.format_time(self._agenda.now())
        dying.setdefault("status", {})["phase"] = "Terminating"
        return dying if options.dry_run else self._put(kind, dying)

    def _mark(self, obj: Object, grace: int, finalizers: list[str], since: float | None = None) -> None:
        metadata = obj["metadata"]
        begun = self._agenda.now() if since is None else since
        metadata["deletionTimestamp"] = times.format_time(begun + grace)
        metadata["deletionGracePeriodSeconds"] = grace
        if metadata.get("generation"):
            metadata["generation"] += 1
        if finalizers:
            metadata["finalizers"] = finalizers
        else:
            metadata.pop("finalizers", None)

    def _put(self, kind: Kind, obj: Object) -> Object:
        metadata = obj["metadata"]
        return self._store.put(kind.resource, metadata.get("namespace", ""), metadata["name"], obj)

    def _remove(self, kind: Kind, obj: Object) -> Object:
        metadata = obj["metadata"]
        return self._store.remove(kind.resource, metadata.get("namespace", ""), metadata["name"])


def _check_preconditions(kind: Kind, current: Object, options: DeleteOptions) -> None:
    metadata = current["metadata"]
    name = metadata["name"]
    if options.uid is not None and options.uid != metadata["uid"]:
        raise errors.deletion_refused(kind, name, "UID", options.uid, metadata["uid"])
    if options.resource_version not in {None, metadata["resourceVersion"]}:
        wanted = options.resource_version or ""
        raise errors.deletion_refused(kind, name, "ResourceVersion", wanted, metadata["resourceVersion"])


def _grace_period(kind: Kind, current: Object, options: DeleteOptions) -> int:
    """Seconds a pod is given; everything else goes at once (`podStrategy.CheckGracefulDelete`)."""
    if kind.resource != "pods":
        return 0
    spec, status = current.get("spec", {}), current.get("status", {})
    if not spec.get("nodeName") or status.get("phase") in {"Failed", "Succeeded"}:
        return 0
    own = spec.get("terminationGracePeriodSeconds", DEFAULT_GRACE)
    period: int = own if options.grace_period is None else options.grace_period
    return period if period >= 0 else 1


def _finalizers(present: list[str], policy: str | None) -> list[str]:
    """The finalizers after the propagation policy has added its own or taken the other's away."""
    if policy is None:
        return list(present)
    kept = [each for each in present if each not in {FOREGROUND, ORPHAN}]
    added = {"Foreground": [FOREGROUND], "Orphan": [ORPHAN]}.get(policy, [])
    return kept + added
