"""Names and virtual addresses of Services: the cluster's DNS and kube-proxy in one table.

Implements `runtime.interface.ServiceTable` from the Services and Endpoints as they are at the moment of
asking. A Service without ready endpoints refuses connections, as kube-proxy's REJECT rule does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.objects.meta import name_of, namespace_of, uid_of

if TYPE_CHECKING:
    from lab.embedded.api.interface import Api, WatchEvent
    from lab.embedded.controllers.cache import Cache

Json = dict[str, Any]
_REFUSED = "connection refused"
_DOMAIN = "svc.cluster.local"


class ServiceTable:
    """Resolves names and routes connections, round robin over the ready endpoints."""

    def __init__(self, api: Api, services: Cache, nodes: Cache) -> None:
        self._api = api
        self._services = services
        self._nodes = nodes
        self._by_address: dict[str, str] = {}
        self._by_node_port: dict[int, str] = {}
        self._node_addresses: set[str] = set()
        self._turn: dict[tuple[str, int], int] = {}

    def start(self) -> None:
        """Begin to follow Services and Nodes."""
        self._services.watch(self._service_changed)
        self._nodes.watch(self._node_changed)

    def resolve(self, name: str, namespace: str) -> list[str]:
        """Addresses of `db`, `db.ns`, `db.ns.svc` or `db.ns.svc.cluster.local`; none without a Service."""
        parts = name.rstrip(".").split(".")
        if len(parts) > 2 and ".".join(parts[2:]) not in {"svc", _DOMAIN}:
            return self._pod_name(parts)
        service = self._api.find("services", parts[1] if len(parts) > 1 else namespace, parts[0])
        if service is None:
            return []
        address = service["spec"].get("clusterIP")
        if service["spec"].get("type") == "ExternalName":
            return []
        if address and address != "None":
            return [address]
        return [each["ip"] for subset in self._subsets(service) for each in subset.get("addresses") or ()]

    def route(self, address: str, port: int) -> tuple[str, int] | str:
        """Where a connection to a Service's address, or a node's port, really goes."""
        uid = self._by_address.get(address)
        if uid is None and address in self._node_addresses and port in self._by_node_port:
            return self._pick(self._by_node_port[port], "nodePort", port)
        if uid is None:
            return address, port
        return self._pick(uid, "port", port)

    def _pod_name(self, parts: list[str]) -> list[str]:
        """`web-0.db.ns.svc.cluster.local`: a pod with a host name behind a headless Service."""
        if len(parts) < 3 or ".".join(parts[3:]) not in {"svc", _DOMAIN}:
            return []
        service = self._api.find("services", parts[2], parts[1])
        if service is None:
            return []
        addresses = [each for subset in self._subsets(service) for each in subset.get("addresses") or ()]
        return [each["ip"] for each in addresses if each.get("hostname") == parts[0]]

    def _pick(self, uid: str, key: str, port: int) -> tuple[str, int] | str:
        service = self._services.by_uid(uid)
        if service is None:
            return _REFUSED
        ports = service["spec"].get("ports") or ()
        wanted = next((each for each in ports if each.get(key) == port), None)
        if wanted is None:
            return _REFUSED
        targets = []
        for subset in self._subsets(service):
            for each in subset.get("ports") or ():
                if each.get("name", "") == wanted.get("name", ""):
                    targets += [
                        (address["ip"], int(each["port"])) for address in subset.get("addresses") or ()
                    ]
        if not targets:
            return _REFUSED
        turn = self._turn.get((uid, wanted["port"]), 0)
        self._turn[uid, wanted["port"]] = turn + 1
        return targets[turn % len(targets)]

    def _subsets(self, service: Json) -> list[Json]:
        endpoints = self._api.find("endpoints", namespace_of(service), name_of(service))
        return (endpoints or {}).get("subsets") or []

    def _service_changed(self, event: WatchEvent, before: Json | None) -> None:
        for obj in filter(None, (before, event.object)):
            self._by_address.pop(obj["spec"].get("clusterIP", ""), None)
            for port in obj["spec"].get("ports") or ():
                self._by_node_port.pop(port.get("nodePort", 0), None)
        if event.type == "DELETED":
            return
        uid, spec = uid_of(event.object), event.object["spec"]
        if spec.get("clusterIP") not in {None, "", "None"}:
            self._by_address[spec["clusterIP"]] = uid
        for port in spec.get("ports") or ():
            if port.get("nodePort"):
                self._by_node_port[port["nodePort"]] = uid

    def _node_changed(self, event: WatchEvent, _: Json | None) -> None:
        for each in event.object.get("status", {}).get("addresses") or ():
            if each["type"] == "InternalIP":
                self._node_addresses.add(each["address"])
