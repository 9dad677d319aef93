"""Rules of Services (`ValidateService`, `ValidateServiceUpdate`)."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address, ip_address
from typing import TYPE_CHECKING, Any

from lab.embedded.api import field_errors
from lab.embedded.api.validation import common
from lab.embedded.api.validation.metadata import validate_labels
from lab.embedded.objects import names

if TYPE_CHECKING:
    from lab.embedded.api.field_errors import FieldError

Object = dict[str, Any]
Errors = list["FieldError"]

_LONGEST_AFFINITY = 86400
_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")


def validate_service(service: Object) -> Errors:
    """A whole Service."""
    spec = service["spec"]
    ports = spec.get("ports") or []
    found: Errors = []
    if not ports and spec.get("type") != "ExternalName" and spec.get("clusterIP") != "None":
        found.append(field_errors.required("spec.ports"))
    found += _validate_ports(ports, spec.get("type"))
    found += validate_labels(spec.get("selector"), "spec.selector")
    found += _validate_affinity(spec)
    found += common.one_of(spec.get("type"), "spec.type", _TYPES)
    found += _validate_external_addresses(spec.get("externalIPs") or [])
    found += _validate_traffic(spec)
    if spec.get("type") == "ExternalName":
        return found + _validate_external_name(spec)
    return found + _validate_address(spec)


def _validate_affinity(spec: Object) -> Errors:
    affinity, config = spec.get("sessionAffinity"), spec.get("sessionAffinityConfig")
    found = common.one_of(affinity, "spec.sessionAffinity", ("ClientIP", "None"))
    path = "spec.sessionAffinityConfig"
    if affinity == "ClientIP":
        seconds = ((config or {}).get("clientIP") or {}).get("timeoutSeconds")
        if seconds is not None and not 0 < seconds <= _LONGEST_AFFINITY:
            detail = f"must be greater than 0 and less than {_LONGEST_AFFINITY}"
            found.append(field_errors.invalid(f"{path}.clientIP.timeoutSeconds", seconds, detail))
    elif config is not None:
        detail = "must not be set when session affinity is None"
        found.append(field_errors.forbidden(path, detail))
    return found


def _validate_external_addresses(addresses: list[str]) -> Errors:
    found: Errors = []
    for index, address in enumerate(addresses):
        path = f"spec.externalIPs[{index}]"
        try:
            parsed = ip_address(address)
        except ValueError:
            found.append(field_errors.invalid(path, address, common.NOT_AN_ADDRESS))
            continue
        if parsed.is_loopback:
            detail = "may not be in the loopback range (127.0.0.0/8, ::1/128)"
            found.append(field_errors.invalid(path, address, detail))
    return found


def _validate_traffic(spec: Object) -> Errors:
    policies, external = ("Cluster", "Local"), spec.get("externalTrafficPolicy")
    internal = spec.get("internalTrafficPolicy")
    found = common.optional_one_of(internal, "spec.internalTrafficPolicy", policies)
    if external and spec.get("type") not in {"NodePort", "LoadBalancer"} and not spec.get("externalIPs"):
        detail = "may only be set for externally-accessible services"
        return [*found, field_errors.invalid("spec.externalTrafficPolicy", external, detail)]
    return found + common.optional_one_of(external, "spec.externalTrafficPolicy", policies)


def _validate_external_name(spec: Object) -> Errors:
    found: Errors = []
    if spec.get("clusterIPs") or spec.get("clusterIP"):
        detail = "may not be set for ExternalName services"
        found.append(field_errors.forbidden("spec.clusterIPs", detail))
    name = (spec.get("externalName") or "").removesuffix(".")
    if not name:
        return [*found, field_errors.required("spec.externalName")]
    return found + [
        field_errors.invalid("spec.externalName", name, each) for each in names.dns_subdomain(name)
    ]


def _validate_address(spec: Object) -> Errors:
    address = spec.get("clusterIP")
    if address == "None" and spec.get("type") in {"NodePort", "LoadBalancer"}:
        detail = f"may not be set to 'None' for {spec['type']} services"
        return [field_errors.invalid("spec.clusterIPs[0]", address, detail)]
    if address in {None, "", "None"}:
        return []
    try:
        IPv4Address(address)
    except AddressValueError:
        return [field_errors.invalid("spec.clusterIPs[0]", address, common.NOT_AN_ADDRESS)]
    return []


def _validate_ports(ports: list[Object], service_type: str | None) -> Errors:
    found: Errors = []
    taken: set[str] = set()
    pairs: set[tuple[Any, Any]] = set()
    node_ports: set[tuple[Any, Any]] = set()
    for index, port in enumerate(ports):
        path = f"spec.ports[{index}]"
        name = port.get("name") or ""
        if not name and len(ports) > 1:
            found.append(field_errors.required(f"{path}.name"))
        elif name:
            found += [field_errors.invalid(f"{path}.name", name, each) for each in names.dns_label(name)]
            if name in taken:
                found.append(field_errors.duplicate(f"{path}.name", name))
            taken.add(name)
        found += common.port(port.get("port") or 0, f"{path}.port")
        found += common.one_of(port.get("protocol"), f"{path}.protocol", common.PROTOCOLS)
        if port.get("targetPort") is not None:
            found += common.port_reference(port["targetPort"], f"{path}.targetPort")
        if service_type == "ClusterIP" and port.get("nodePort"):
            detail = "may not be used when `type` is 'ClusterIP'"
            found.append(field_errors.forbidden(f"{path}.nodePort", detail))
        node_port = (port.get("nodePort"), port.get("protocol"))
        if node_port[0] and node_port in node_ports:
            found.append(field_errors.duplicate(f"{path}.nodePort", node_port[0]))
        node_ports.add(node_port)
        pair = (port.get("port"), port.get("protocol"))
        if pair in pairs:
            found.append(field_errors.duplicate(path, {"port": pair[0], "protocol": pair[1]}))
        pairs.add(pair)
    return found


def validate_service_update(new: Object, old: Object) -> Errors:
    """A cluster IP stays, unless the Service stops or starts having one."""
    after, before = new["spec"], old["spec"]
    if "ExternalName" in {after.get("type"), before.get("type")}:
        return []
    if before.get("clusterIP") and after.get("clusterIP") != before["clusterIP"]:
        detail = "may not change once set"
        return [field_errors.invalid("spec.clusterIPs[0]", [after.get("clusterIP")], detail)]
    return []
