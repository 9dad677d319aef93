"""EndpointSlices written as their owner wants them: changed where they differ, made, and taken away.

What follows from pods (`endpoints`) and what mirrors an Endpoints object (`endpoint_mirroring`) are written
alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.objects.meta import controller_reference, labels_of, name_of, namespace_of, uid_of

if TYPE_CHECKING:
    from lab.embedded.api.interface import Api
    from lab.embedded.controllers.cache import Cache

Json = dict[str, Any]
SLICES = "endpointslices.discovery.k8s.io"
MANAGED_BY = "endpointslice.kubernetes.io/managed-by"


def write_slices(api: Api, slices: Cache, owner: Json, wanted: list[Json], labels: dict[str, str]) -> None:
    """Have exactly the `wanted` slices (endpoints and ports of each) of an owner, all with these labels."""
    namespace = namespace_of(owner)
    present = sorted(slices.controlled_by(uid_of(owner)), key=name_of)
    for body, current in zip(wanted, present, strict=False):
        if dict(labels_of(current)) != labels or any((current.get(key) or []) != body[key] for key in body):
            new = {**current, "metadata": {**current["metadata"], "labels": labels}, **body}
            api.update(SLICES, namespace, name_of(current), new)
    for body in wanted[len(present) :]:
        api.create(SLICES, namespace, _slice(owner, body, labels))
    for extra in present[len(wanted) :]:
        # A namespace that goes takes its slices in the same instant, before the cache hears of it.
        if api.find(SLICES, namespace, name_of(extra)) is not None:
            api.delete(SLICES, namespace, name_of(extra))


def _slice(owner: Json, body: Json, labels: dict[str, str]) -> Json:
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "generateName": f"{name_of(owner)}-",
            "namespace": namespace_of(owner),
            "labels": labels,
            "ownerReferences": [controller_reference(owner)],
        },
        "addressType": "IPv4",
        **body,
    }
