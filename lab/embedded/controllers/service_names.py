"""The cluster's DNS: names of Services, of what stands behind headless ones, and of pods by their address.

Follows the specification "Kubernetes DNS-Based Service Discovery" (1.1.0) as CoreDNS serves it (`pods
insecure`), and the search list a pod has in `/etc/resolv.conf` (`ndots:5`).
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Any

from lab.embedded.controllers.slice_index import is_open
from lab.embedded.objects.meta import name_of
from lab.embedded.runtime.resolving import cluster_first

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.embedded.controllers.cache import Cache
    from lab.embedded.controllers.slice_index import SliceIndex

Json = dict[str, Any]
DOMAIN = "cluster.local"
NDOTS = 5
"""Dots from which on a pod's resolver tries a name as it is first."""
_LONGEST_CHAIN = 8
"""Names that stand for others, followed at most."""


class Names:
    """Answers from Services and EndpointSlices as they are at the moment of asking."""

    def __init__(self, services: Cache, slices: SliceIndex) -> None:
        self._services = services
        self._slices = slices

    def resolve(
        self, name: str, namespace: str, searches: Sequence[str] | None = None, ndots: int = NDOTS
    ) -> list[str]:
        """Addresses of a name as a pod of a namespace asks for it; none where there is no such name.

        `searches` and `ndots` as its `/etc/resolv.conf` has them; None: the namespace's own search list.
        """
        plain = name.rstrip(".").lower()
        lists = cluster_first(namespace).searches if searches is None else searches
        searched = [] if name.endswith(".") else [f"{plain}.{each.rstrip('.').lower()}" for each in lists]
        first = [plain] if plain.count(".") >= ndots else []
        for full in (*first, *searched, plain):
            found = self._lookup(full, _LONGEST_CHAIN)
            if found:
                return found
        return []

    def _lookup(self, full: str, left: int) -> list[str]:
        """Addresses of a name in full."""
        if not full.endswith(f".{DOMAIN}"):
            return []
        match full.removesuffix(f".{DOMAIN}").split("."):
            case [service, namespace, "svc"]:
                return self._service(service, namespace, left)
            case [host, service, namespace, "svc"]:
                return self._endpoint(host, service, namespace)
            case [dashed, _, "pod"]:
                return _undashed(dashed)
        return []

    def _find(self, name: str, namespace: str) -> Json | None:
        return next((each for each in self._services.in_namespace(namespace) if name_of(each) == name), None)

    def _service(self, name: str, namespace: str, left: int) -> list[str]:
        service = self._find(name, namespace)
        if service is None:
            return []
        spec = service["spec"]
        if spec.get("type") == "ExternalName":
            target = spec.get("externalName", "").rstrip(".").lower()
            return self._lookup(target, left - 1) if left else []
        if spec.get("clusterIP") != "None":
            return [spec["clusterIP"]] if spec.get("clusterIP") else []
        return list(dict.fromkeys(each["addresses"][0] for each in self._endpoints(service)))

    def _endpoint(self, host: str, name: str, namespace: str) -> list[str]:
        """`web-0.db.ns.svc`: a pod with a host name behind a headless Service, or one by its address."""
        service = self._find(name, namespace)
        if service is None or service["spec"].get("clusterIP") != "None":
            return []
        return [
            each["addresses"][0]
            for each in self._endpoints(service)
            if host == (each.get("hostname") or each["addresses"][0].replace(".", "-"))
        ]

    def _endpoints(self, service: Json) -> list[Json]:
        return [
            endpoint
            for each in self._slices.of(service)
            for endpoint in each.get("endpoints") or ()
            if is_open(endpoint)
        ]


def _undashed(text: str) -> list[str]:
    """The address that `10-244-0-5` stands for, whether a pod has it or not."""
    if not re.fullmatch(r"\d+(-\d+){3}", text):
        return []
    address = text.replace("-", ".")
    try:
        ipaddress.IPv4Address(address)
    except ValueError:
        return []
    return [address]
