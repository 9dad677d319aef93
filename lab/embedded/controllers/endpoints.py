"""Endpoints and EndpointSlices: which pods stand behind each Service.

Follows `pkg/controller/endpoint` and `pkg/controller/endpointslice`: a pod with an address counts, ready
or not; one being deleted leaves the Endpoints at once and stays in the slice as terminating; named target
ports are looked up per pod.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.controllers.pod_facts import is_ready
from lab.embedded.controllers.queue import LATE, WorkQueue
from lab.embedded.controllers.slice_index import SERVICE
from lab.embedded.controllers.slice_writing import MANAGED_BY, write_slices
from lab.embedded.objects.meta import (
    is_deleting,
    labels_of,
    name_of,
    namespace_of,
    object_reference,
    uid_of,
)
from lab.embedded.objects.selectors import from_labels

if TYPE_CHECKING:
    from lab.embedded.api.interface import Api, WatchEvent
    from lab.embedded.clock.agenda import Agenda
    from lab.embedded.controllers.cache import Cache

Json = dict[str, Any]
_SLICE_SIZE = 100
_HEADLESS = "service.kubernetes.io/headless"
Ports = tuple[tuple[str, int, str], ...]
"""(name, number, protocol) of each port as one pod has it."""


def _number(pod: Json, port: Json) -> int | None:
    target = port.get("targetPort", port["port"])
    if isinstance(target, int):
        return target
    for container in pod["spec"]["containers"]:
        for each in container.get("ports") or ():
            if each.get("name") == target and each.get("protocol", "TCP") == port.get("protocol", "TCP"):
                return int(each["containerPort"])
    return None


def ports_of(service: Json, pod: Json) -> Ports:
    """The Service's ports with the numbers they have in a pod; those it does not name are left out."""
    found = []
    for port in service["spec"].get("ports") or ():
        number = _number(pod, port)
        if number is not None:
            found.append((port.get("name", ""), number, port.get("protocol", "TCP")))
    return tuple(found)


def _port_objects(service: Json, ports: Ports) -> list[Json]:
    named = {each.get("name", ""): each for each in service["spec"].get("ports") or ()}
    result = []
    for name, number, protocol in ports:
        port: Json = {"port": number, "protocol": protocol}
        if name:
            port["name"] = name
        if named.get(name, {}).get("appProtocol"):
            port["appProtocol"] = named[name]["appProtocol"]
        result.append(port)
    return result


def _target(pod: Json) -> Json:
    reference = object_reference(pod)
    return {key: reference[key] for key in ("kind", "namespace", "name", "uid") if key in reference}


def _hostname(service: Json, pod: Json) -> str:
    """The name a pod has below the Service's, where it asks for one."""
    spec = pod["spec"]
    return spec.get("hostname", "") if spec.get("subdomain") == name_of(service) else ""


def subsets(service: Json, pods: list[Json]) -> list[Json]:
    """The subsets of the Service's Endpoints; pure."""
    grouped: dict[Ports, tuple[list[Json], list[Json]]] = {}
    publish = service["spec"].get("publishNotReadyAddresses")
    for pod in pods:
        if is_deleting(pod) and not publish:
            continue
        ready, unready = grouped.setdefault(ports_of(service, pod), ([], []))
        address = {
            "ip": pod["status"]["podIP"],
            "nodeName": pod["spec"]["nodeName"],
            "targetRef": _target(pod),
        }
        if hostname := _hostname(service, pod):
            address["hostname"] = hostname
        (ready if publish or is_ready(pod) else unready).append(address)
    result = []
    for ports, (ready, unready) in sorted(grouped.items()):
        subset: Json = {}
        if ready:
            subset["addresses"] = sorted(ready, key=lambda each: each["ip"])
        if unready:
            subset["notReadyAddresses"] = sorted(unready, key=lambda each: each["ip"])
        if ports:
            subset["ports"] = _port_objects(service, ports)
        result.append(subset)
    return result


def slices(service: Json, pods: list[Json]) -> list[Json]:
    """Endpoints and ports of the slices the Service needs; pure."""
    grouped: dict[Ports, list[Json]] = {}
    publish = bool(service["spec"].get("publishNotReadyAddresses"))
    for pod in pods:
        going, ready = is_deleting(pod), is_ready(pod)
        endpoint = {
            "addresses": [pod["status"]["podIP"]],
            "conditions": {
                "ready": publish or (ready and not going),
                "serving": ready,
                "terminating": going,
            },
            "nodeName": pod["spec"]["nodeName"],
            "targetRef": _target(pod),
        }
        if hostname := _hostname(service, pod):
            endpoint["hostname"] = hostname
        grouped.setdefault(ports_of(service, pod), []).append(endpoint)
    result: list[Json] = []
    for ports, endpoints in sorted(grouped.items()):
        endpoints.sort(key=lambda each: each["addresses"])
        # a slice's port always has a name, empty for the only one
        named = [{"name": "", **port} for port in _port_objects(service, ports)]
        starts = range(0, len(endpoints), _SLICE_SIZE)
        result += [{"endpoints": endpoints[at : at + _SLICE_SIZE], "ports": named} for at in starts]
    return result or [{"endpoints": [], "ports": []}]


class EndpointsController:
    """Keeps Endpoints and EndpointSlices of every Service with a selector."""

    def __init__(self, api: Api, agenda: Agenda, services: Cache, pods: Cache, slices: Cache) -> None:
        self._api = api
        self._services = services
        self._pods = pods
        self._slices = slices
        self._queue = WorkQueue(agenda, self._sync, LATE)

    def start(self) -> None:
        """Begin to work."""
        self._services.watch(self._service_changed)
        self._pods.watch(self._pod_changed)

    def _service_changed(self, event: WatchEvent, _: Json | None) -> None:
        if event.type == "DELETED":
            namespace, name = namespace_of(event.object), name_of(event.object)
            if self._api.find("endpoints", namespace, name) is not None:
                self._api.delete("endpoints", namespace, name)
            write_slices(self._api, self._slices, event.object, [], {})
        else:
            self._queue.add(uid_of(event.object))

    def _pod_changed(self, event: WatchEvent, before: Json | None) -> None:
        for service in self._services.in_namespace(namespace_of(event.object)):
            selector = from_labels(service["spec"].get("selector"))
            if any(pod and selector.matches(labels_of(pod)) for pod in (before, event.object)):
                self._queue.add(uid_of(service))

    def _sync(self, uid: str) -> None:
        service = self._services.by_uid(uid)
        if service is None or not service["spec"].get("selector") or is_deleting(service):
            return
        selector = from_labels(service["spec"]["selector"])
        pods = [
            pod
            for pod in self._pods.in_namespace(namespace_of(service))
            if selector.matches(labels_of(pod))
            and pod.get("status", {}).get("podIP")
            and pod["status"].get("phase") not in {"Succeeded", "Failed"}
        ]
        self._write_endpoints(service, subsets(service, pods))
        wanted = slices(service, pods)
        write_slices(self._api, self._slices, service, wanted, _slice_labels(service))

    def _write_endpoints(self, service: Json, wanted: list[Json]) -> None:
        namespace, name = namespace_of(service), name_of(service)
        labels = {**labels_of(service), "endpoints.kubernetes.io/managed-by": "endpoint-controller"}
        if service["spec"].get("clusterIP") == "None":
            labels[_HEADLESS] = ""
        current = self._api.find("endpoints", namespace, name)
        if current is None:
            body = {"metadata": {"name": name, "namespace": namespace, "labels": labels}, "subsets": wanted}
            self._api.create("endpoints", namespace, {"apiVersion": "v1", "kind": "Endpoints", **body})
        elif (current.get("subsets") or []) != wanted or dict(labels_of(current)) != labels:
            new = {**current, "metadata": {**current["metadata"], "labels": labels}, "subsets": wanted}
            self._api.update("endpoints", namespace, name, new)


def _slice_labels(service: Json) -> dict[str, str]:
    labels = {
        **labels_of(service),
        SERVICE: name_of(service),
        MANAGED_BY: "endpointslice-controller.k8s.io",
    }
    if service["spec"].get("clusterIP") == "None":
        labels[_HEADLESS] = ""
    return labels
