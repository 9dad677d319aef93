"""Virtual addresses of Services: kube-proxy (in its iptables mode), as one table.

Implements `runtime.interface.ServiceTable`, with `service_names` for the cluster's DNS. A Service without
endpoints refuses connections, as kube-proxy's REJECT rule does; a port that the Service does not have is no
rule's business, and a connection to it is never answered.

As in kube-proxy since v1.28, endpoints that are going but still serve get connections when no ready one is
left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.controllers.service_names import NDOTS, Names
from lab.embedded.controllers.slice_index import SliceIndex, is_open
from lab.embedded.objects.meta import uid_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.embedded.api.interface import WatchEvent
    from lab.embedded.clock.agenda import Agenda
    from lab.embedded.controllers.cache import Cache

Json = dict[str, Any]
Target = tuple[str, int]
_REFUSED = "connection refused"


class ServiceTable:
    """Resolves names and routes connections, round robin over the ready endpoints."""

    def __init__(self, agenda: Agenda, services: Cache, nodes: Cache, slices: Cache) -> None:
        self._agenda = agenda
        self._services = services
        self._nodes = nodes
        self._slices = SliceIndex(slices)
        self._names = Names(services, self._slices)
        self._by_address: dict[str, str] = {}
        self._by_node_port: dict[int, str] = {}
        self._node_addresses: set[str] = set()
        self._turn: dict[tuple[str, int], int] = {}
        self._clients: dict[tuple[str, int, str], tuple[Target, float]] = {}

    def start(self) -> None:
        """Begin to follow Services, EndpointSlices and Nodes."""
        self._slices.start()
        self._services.watch(self._service_changed)
        self._nodes.watch(self._node_changed)

    def resolve(
        self, name: str, namespace: str, searches: Sequence[str] | None = None, ndots: int = NDOTS
    ) -> list[str]:
        """Addresses of a host name as seen from a namespace; none where there is no such name."""
        return self._names.resolve(name, namespace, searches, ndots)

    def route(self, address: str, port: int, source: str = "") -> Target | str:
        """Where a connection from `source` to a Service's address, or a node's port, really goes."""
        uid = self._by_address.get(address)
        if uid is not None:
            return self._pick(uid, "port", address, port, source)
        if address not in self._node_addresses:
            return address, port
        if port in self._by_node_port:
            return self._pick(self._by_node_port[port], "nodePort", address, port, source)
        return _REFUSED

    def _pick(self, uid: str, key: str, address: str, port: int, source: str) -> Target | str:
        service = self._services.by_uid(uid)
        ports = service["spec"].get("ports") or () if service is not None else ()
        wanted = next((each for each in ports if each.get(key) == port and _is_tcp(each)), None)
        if service is None or wanted is None:
            return address, port
        targets = self._targets(service, wanted.get("name", ""))
        if not targets:
            return _REFUSED
        if service["spec"].get("sessionAffinity") == "ClientIP":
            target = self._affine(service, wanted["port"], source, targets)
        else:
            target = self._next(uid, wanted["port"], targets)
        # what listens on a node itself (the API server, the kubelet) is not played
        return _REFUSED if target[0] in self._node_addresses else target

    def _targets(self, service: Json, port: str) -> list[Target]:
        """Where a port's connections may go: to what is ready, or else to what is going and still serves."""
        ready: list[Target] = []
        going: list[Target] = []
        for each in self._slices.of(service):
            ports = [one for one in each.get("ports") or () if one.get("name", "") == port]
            numbers = [int(one["port"]) for one in ports if one.get("port")]
            for endpoint in each.get("endpoints") or ():
                conditions = endpoint.get("conditions") or {}
                found = [(endpoint["addresses"][0], number) for number in numbers]
                if is_open(endpoint):
                    ready += found
                elif conditions.get("serving") and conditions.get("terminating"):
                    going += found
        return ready or going

    def _next(self, uid: str, port: int, targets: list[Target]) -> Target:
        turn = self._turn.get((uid, port), 0)
        self._turn[uid, port] = turn + 1
        return targets[turn % len(targets)]

    def _affine(self, service: Json, port: int, source: str, targets: list[Target]) -> Target:
        """The target a client had before, unless that is gone or too long ago."""
        config = (service["spec"].get("sessionAffinityConfig") or {}).get("clientIP") or {}
        now, key = self._agenda.now(), (uid_of(service), port, source)
        target, until = self._clients.get(key, (None, 0.0))
        if target not in targets or until < now or target is None:
            target = self._next(uid_of(service), port, targets)
        self._clients[key] = (target, now + config.get("timeoutSeconds", 10800))
        return target

    def _service_changed(self, event: WatchEvent, before: Json | None) -> None:
        for obj in filter(None, (before, event.object)):
            self._by_address.pop(obj["spec"].get("clusterIP", ""), None)
            for port in obj["spec"].get("ports") or ():
                self._by_node_port.pop(port.get("nodePort", 0), None)
        uid, spec = uid_of(event.object), event.object["spec"]
        if event.type == "DELETED":
            self._clients = {key: value for key, value in self._clients.items() if key[0] != uid}
            return
        if spec.get("clusterIP") not in {None, "", "None"}:
            self._by_address[spec["clusterIP"]] = uid
        for port in spec.get("ports") or ():
            if port.get("nodePort") and _is_tcp(port):
                self._by_node_port[port["nodePort"]] = uid

    def _node_changed(self, event: WatchEvent, _: Json | None) -> None:
        for each in event.object.get("status", {}).get("addresses") or ():
            if each["type"] == "InternalIP":
                self._node_addresses.add(each["address"])


def _is_tcp(port: Json) -> bool:
    """Whether a Service's port is one that connections can go to; the same number may be there for UDP."""
    return bool(port.get("protocol", "TCP") == "TCP")
