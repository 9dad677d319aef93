"""Addresses and ports of Services: what is free, in a fixed order, so that a run can be repeated.

The ranges are the API server's defaults of kubeadm clusters: 10.96.0.0/16 and node ports 30000-32767. As in
the real allocator, the lower part of each range (256 addresses, 86 ports) is left to those who ask by value.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Any

from lab.embedded.api import errors, field_errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.embedded.api.strategy import Cluster

Object = dict[str, Any]

SERVICE_NETWORK = IPv4Network("10.96.0.0/16")
NODE_PORTS = range(30000, 32768)
_RESERVED_ADDRESSES = 256
_RESERVED_PORTS = 86


def allocate(cluster: Cluster, service: Object, old: Object | None) -> None:
    """Give a Service its cluster IP and node ports, keeping those it has.

    Raises:
        ApiError: 422; what was asked for is taken or out of range.
    """
    spec = service["spec"]
    before = (old or {}).get("spec", {})
    if spec["type"] == "ExternalName":
        if before.get("type") not in {None, "ExternalName"}:
            for field in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"):
                spec.pop(field, None)
        return
    others = [
        each for each in cluster.all("services") if each["metadata"]["uid"] != service["metadata"]["uid"]
    ]
    address = (
        spec.get("clusterIP") or next(iter(spec.get("clusterIPs") or []), "") or before.get("clusterIP", "")
    )
    if not address:
        address = _free_address({each["spec"].get("clusterIP") for each in others})
    elif address != "None" and before.get("clusterIP") in {None, "", "None"}:
        _check_address(service, address, others)
    spec["clusterIP"], spec["clusterIPs"] = address, [address]
    if address == "None" and not spec.get("selector"):
        spec.setdefault(
            "ipFamilyPolicy", "RequireDualStack" if len(spec.get("ipFamilies") or ()) > 1 else "SingleStack"
        )
    else:
        spec.setdefault("ipFamilyPolicy", "SingleStack")
    spec.setdefault("ipFamilies", ["IPv4"])
    _allocate_ports(service, before, others)


def _free_address(taken: set[str | None]) -> str:
    for number in range(_RESERVED_ADDRESSES, SERVICE_NETWORK.num_addresses - 1):
        address = str(SERVICE_NETWORK.network_address + number)
        if address not in taken:
            return address
    raise errors.internal("failed to allocate a serviceIP: range is full")


def _check_address(service: Object, address: str, others: list[Object]) -> None:
    kind, name = errors.SERVICE_NAMES, service["metadata"]["name"]
    try:
        inside = IPv4Address(address) in SERVICE_NETWORK
    except ValueError:
        return  # validation names it
    if not inside:
        detail = (
            "failed to allocate IP "
            f"{address}: the provided IP ({address}) is not in the valid range. "
            f"The range of valid IPs is {SERVICE_NETWORK}"
        )
    elif any(each["spec"].get("clusterIP") == address for each in others):
        detail = f"failed to allocate IP {address}: provided IP is already allocated"
    else:
        return
    raise errors.invalid(kind, name, [field_errors.invalid("spec.clusterIPs", [address], detail)])


def _allocate_ports(service: Object, before: Object, others: list[Object]) -> None:
    spec = service["spec"]
    ports = spec.get("ports") or []
    if spec["type"] not in {"NodePort", "LoadBalancer"}:
        if before.get("type") in {"NodePort", "LoadBalancer"}:
            _drop_unchanged_ports(ports, before.get("ports") or [])
        return
    had = {_port_key(port): port["nodePort"] for port in before.get("ports") or () if port.get("nodePort")}
    taken = {port.get("nodePort") for each in others for port in each["spec"].get("ports") or ()}
    given: set[Any] = set()
    for index, port in enumerate(ports):
        wanted = port.get("nodePort") or had.get(_port_key(port))
        if wanted and wanted not in had.values() and wanted not in given:
            _check_port(service, index, wanted, taken)
        given.add(wanted)
        port["nodePort"] = wanted or next(_free_ports(taken | set(had.values())))
        taken.add(port["nodePort"])


def _port_key(port: Object) -> tuple[Any, Any]:
    return port.get("port"), port.get("protocol")


def _drop_unchanged_ports(ports: list[Object], before: list[Object]) -> None:
    """A Service that stops being a NodePort loses its node ports, unless the update sets others."""
    had = {port.get("nodePort") for port in before}
    for port in ports:
        if port.get("nodePort") in had:
            port.pop("nodePort", None)


def _free_ports(taken: set[Any]) -> Iterator[int]:
    first, last = NODE_PORTS.start, NODE_PORTS.stop
    for port in (*range(first + _RESERVED_PORTS, last), *range(first, first + _RESERVED_PORTS)):
        if port not in taken:
            yield port
    raise errors.internal("failed to allocate a nodePort: range is full")


def _check_port(service: Object, index: int, port: int, taken: set[Any]) -> None:
    path = f"spec.ports[{index}].nodePort"
    if port not in NODE_PORTS:
        last = NODE_PORTS.stop - 1
        detail = (
            f"provided port is not in the valid range. The range of valid ports is {NODE_PORTS.start}-{last}"
        )
    elif port in taken:
        detail = "provided port is already allocated"
    else:
        return
    raise errors.invalid(
        errors.SERVICE_NAMES, service["metadata"]["name"], [field_errors.invalid(path, port, detail)]
    )
