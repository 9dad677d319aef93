"""Mirrors of Endpoints that somebody wrote by hand: kube-proxy and DNS look at EndpointSlices only.

Follows `pkg/controller/endpointslicemirroring`: the Endpoints of a Service without a selector are shown as
slices, one a subset; those of a Service with a selector are the endpoints controller's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.controllers.queue import LATE, WorkQueue
from lab.embedded.controllers.slice_index import SERVICE
from lab.embedded.controllers.slice_writing import MANAGED_BY, write_slices
from lab.embedded.objects.meta import is_deleting, labels_of, name_of, namespace_of

if TYPE_CHECKING:
    from lab.embedded.api.interface import Api, WatchEvent
    from lab.embedded.clock.agenda import Agenda
    from lab.embedded.controllers.cache import Cache

Json = dict[str, Any]
SKIP = "endpointslice.kubernetes.io/skip-mirror"
MIRROR = "endpointslicemirroring-controller.k8s.io"


class MirroringController:
    """Keeps the mirrors; `(namespace, name)` of Endpoints is its key."""

    def __init__(self, api: Api, agenda: Agenda, services: Cache, endpoints: Cache, slices: Cache) -> None:
        self._api = api
        self._services = services
        self._endpoints = endpoints
        self._slices = slices
        self._queue = WorkQueue(agenda, self._sync, LATE)

    def start(self) -> None:
        """Begin to work."""
        self._endpoints.watch(self._changed)
        self._services.watch(self._changed)

    def _changed(self, event: WatchEvent, _: Json | None) -> None:
        obj = event.object
        if not obj.get("spec", {}).get("selector"):
            self._queue.add(f"{namespace_of(obj)}/{name_of(obj)}")

    def _sync(self, key: str) -> None:
        namespace, name = key.split("/")
        service = self._api.find("services", namespace, name)
        endpoints = self._api.find("endpoints", namespace, name)
        if endpoints is None or is_deleting(endpoints):
            return  # its slices are the garbage collector's
        wanted = _mirrors(endpoints) if _is_mirrored(service, endpoints) else []
        labels = {**labels_of(endpoints), SERVICE: name, MANAGED_BY: MIRROR}
        write_slices(self._api, self._slices, endpoints, wanted, labels)


def _is_mirrored(service: Json | None, endpoints: Json) -> bool:
    if service is None or service["spec"].get("selector"):
        return False
    return labels_of(endpoints).get(SKIP) != "true"


def _mirrors(endpoints: Json) -> list[Json]:
    """Endpoints and ports of the slices that mirror an Endpoints object."""
    found = []
    for subset in endpoints.get("subsets") or ():
        listed = [
            _endpoint(address, ready=ready)
            for field, ready in (("addresses", True), ("notReadyAddresses", False))
            for address in subset.get(field) or ()
        ]
        if listed:
            ports = [{"name": "", **each} for each in subset.get("ports") or ()]
            found.append({"endpoints": listed, "ports": ports})
    return found


def _endpoint(address: Json, *, ready: bool) -> Json:
    endpoint: Json = {"addresses": [address["ip"]], "conditions": {"ready": ready}}
    return endpoint | {key: address[key] for key in ("hostname", "nodeName", "targetRef") if key in address}
