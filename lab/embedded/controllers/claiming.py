"""Who belongs to a controller: orphans its selector matches are adopted, what it does not match is released.

Follows `controller_ref_manager.go`; the same for pods of ReplicaSets and for ReplicaSets of Deployments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.objects.meta import (
    controller_of,
    controller_reference,
    is_deleting,
    labels_of,
    name_of,
    namespace_of,
    owners_of,
    uid_of,
)
from lab.embedded.objects.selectors import from_label_selector

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.embedded.api.interface import Api
    from lab.embedded.controllers.cache import Cache

Json = dict[str, Any]


def claimed(api: Api, owner: Json, cache: Cache, *, adoptable: Callable[[Json], bool]) -> list[Json]:
    """The objects of a cache that an owner has now, after adopting and releasing."""
    selector = from_label_selector(owner["spec"]["selector"])
    mine = []
    for obj in cache.controlled_by(uid_of(owner)):
        if selector.matches(labels_of(obj)) or is_deleting(obj):
            mine.append(obj)
        elif not is_deleting(owner):
            kept = [each for each in owners_of(obj) if each["uid"] != uid_of(owner)]
            _set_owners(api, cache.resource, obj, kept)
    if is_deleting(owner):
        return mine
    for obj in cache.in_namespace(namespace_of(owner)):
        if controller_of(obj) is None and selector.matches(labels_of(obj)) and adoptable(obj):
            references = [*owners_of(obj), controller_reference(owner)]
            mine.append(_set_owners(api, cache.resource, obj, references))
    return mine


def _set_owners(api: Api, resource: str, obj: Json, references: list[Json]) -> Json:
    metadata = {key: value for key, value in obj["metadata"].items() if key != "ownerReferences"}
    if references:
        metadata["ownerReferences"] = references
    return api.update(resource, namespace_of(obj), name_of(obj), {**obj, "metadata": metadata}).object
