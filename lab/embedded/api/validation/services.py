"""Rules of Services (`ValidateService`, `ValidateServiceUpdate`)."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address
from typing import TYPE_CHECKING, Any

from lab.embedded.api import field_errors
from lab.embedded.api.validation import common
from lab.embedded.api.validation.metadata import validate_labels
from lab.embedded.objects import names

if TYPE_CHECKING:
    from lab.embedded.api.field_errors import FieldError

Object = dict[str, Any]
Errors = list["FieldError"]

_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")


def validate_service(service: Object) -> Errors:
    """A whole Service."""
    spec = service["spec"]
    ports = spec.get("ports") or []
    found: Errors = []
    if not ports and spec.get("type") != "ExternalName" and spec.get("clusterIP") != "None":
        found.append(field_errors.required("spec.ports"))
    if spec.get("type") == "ExternalName" and not spec.get("externalName"):
        found.append(field_errors.required("spec.externalName"))
    found += _validate_ports(ports, spec.get("type"))
    found += validate_labels(spec.get("selector"), "spec.selector")
    found += common.one_of(spec.get("sessionAffinity"), "spec.sessionAffinity", ("ClientIP", "None"))
    found += common.one_of(spec.get("type"), "spec.type", _TYPES)
    policies = ("Cluster", "Local")
    found += common.optional_one_of(spec.get("internalTrafficPolicy"), "spec.internalTrafficPolicy", policies)
    found += common.optional_one_of(spec.get("externalTrafficPolicy"), "spec.externalTrafficPolicy", policies)
    return found + _validate_address(spec.get("clusterIP"))


def _validate_address(address: str | None) -> Errors:
    if address in {None, "", "None"}:
        return []
    try:
        IPv4Address(address)
    except AddressValueError:
        return [
            field_errors.invalid(
                "spec.clusterIPs[0]", address, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
            )
        ]
    return []


def _validate_ports(ports: list[Object], service_type: str | None) -> Errors:
    found: Errors = []
    taken: set[str] = set()
    pairs: set[tuple[Any, Any]] = set()
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
