"""EndpointSlices by the Service they are of: what kube-proxy and the cluster's DNS go by.

Who wrote a slice does not matter (the controller, the mirror of an Endpoints object, or somebody by hand):
its label `kubernetes.io/service-name` says whose it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.objects.meta import labels_of, name_of, namespace_of, uid_of

if TYPE_CHECKING:
    from lab.embedded.api.interface import WatchEvent
    from lab.embedded.controllers.cache import Cache

Json = dict[str, Any]
SERVICE = "kubernetes.io/service-name"


class SliceIndex:
    """The slices of every Service."""

    def __init__(self, slices: Cache) -> None:
        self._cache = slices
        self._slices: dict[tuple[str, str], dict[str, Json]] = {}

    def start(self) -> None:
        """Begin to follow them."""
        self._cache.watch(self._changed)

    def of(self, service: Json) -> list[Json]:
        """The slices of a Service that hold IPv4 addresses."""
        found = self._slices.get((namespace_of(service), name_of(service)), {})
        return [each for each in found.values() if each.get("addressType", "IPv4") == "IPv4"]

    def _changed(self, event: WatchEvent, before: Json | None) -> None:
        for each in filter(None, (before, event.object)):
            self._slices.get(_service(each), {}).pop(uid_of(each), None)
        if event.type != "DELETED":
            self._slices.setdefault(_service(event.object), {})[uid_of(event.object)] = event.object


def _service(endpoint_slice: Json) -> tuple[str, str]:
    return namespace_of(endpoint_slice), labels_of(endpoint_slice).get(SERVICE, "")


def is_open(endpoint: Json) -> bool:
    """Whether an endpoint gets connections and has a name; one that does not say is ready."""
    return (endpoint.get("conditions") or {}).get("ready") is not False
