"""Rules of what a pod asks of its node and its name service: users, host namespaces, aliases, DNS."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from lab.embedded.api import field_errors
from lab.embedded.api.validation import common
from lab.embedded.objects import names

if TYPE_CHECKING:
    from lab.embedded.api.field_errors import FieldError

Object = dict[str, Any]
Errors = list["FieldError"]

LARGEST_ID = 2**31 - 1
_SYSCTL = re.compile(r"([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?")
_SYSCTL_RULE = (
    "must have at most 253 characters and match regex "
    "^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$"
)
_MOST_NAME_SERVERS, _MOST_SEARCHES = 3, 32


def validate_host_use(spec: Object, path: str) -> Errors:
    """Everything of a pod's spec that is about its node and its name service."""
    found = _security(spec.get("securityContext") or {}, spec, f"{path}.securityContext")
    for field in ("hostname", "subdomain"):
        if name := spec.get(field):
            found += [field_errors.invalid(f"{path}.{field}", name, each) for each in names.dns_label(name)]
    if node := spec.get("nodeName"):
        found += [field_errors.invalid(f"{path}.nodeName", node, each) for each in names.dns_subdomain(node)]
    for index, gate in enumerate(spec.get("readinessGates") or ()):
        place, condition = f"{path}.readinessGates[{index}].conditionType", gate.get("conditionType") or ""
        found += [field_errors.invalid(place, condition, each) for each in names.qualified_name(condition)]
    return found + _aliases(spec, f"{path}.hostAliases") + _dns(spec, f"{path}.dnsConfig")


def validate_identities(context: Object, path: str, *fields: str) -> Errors:
    """Users and groups that Linux can have."""
    found: Errors = []
    for field in fields:
        given = context.get(field)
        listed = isinstance(given, list)
        values: list[int | None] = given if isinstance(given, list) else [given]
        for index, value in enumerate(values):
            if value is None or 0 <= value <= LARGEST_ID:
                continue
            place = f"{path}.{field}[{index}]" if listed else f"{path}.{field}"
            detail = f"must be between 0 and {LARGEST_ID}, inclusive"
            found.append(field_errors.invalid(place, value, detail))
    return found


def _security(context: Object, spec: Object, path: str) -> Errors:
    found: Errors = []
    if spec.get("hostNetwork"):
        found += _host_ports(spec, path.removesuffix(".securityContext"))
    if spec.get("shareProcessNamespace") and spec.get("hostPID"):
        detail = "ShareProcessNamespace and HostPID cannot both be enabled"
        found.append(field_errors.invalid(f"{path}.shareProcessNamespace", value=True, detail=detail))
    found += validate_identities(context, path, "fsGroup", "runAsUser", "runAsGroup", "supplementalGroups")
    for index, each in enumerate(context.get("sysctls") or ()):
        place, name = f"{path}.sysctls[{index}].name", each.get("name") or ""
        if not name:
            found.append(field_errors.required(place))
        elif len(name) > 253 or not _SYSCTL.fullmatch(name):
            found.append(field_errors.invalid(place, name, _SYSCTL_RULE))
    return found


def _host_ports(spec: Object, path: str) -> Errors:
    found: Errors = []
    for number, container in enumerate(spec.get("containers") or ()):
        for index, port in enumerate(container.get("ports") or ()):
            if port.get("hostPort") and port["hostPort"] != port.get("containerPort"):
                place = f"{path}.containers[{number}].ports[{index}].hostPort"
                detail = "must match `containerPort` when `hostNetwork` is true"
                found.append(field_errors.invalid(place, port["hostPort"], detail))
    return found


def _aliases(spec: Object, path: str) -> Errors:
    found: Errors = []
    for index, alias in enumerate(spec.get("hostAliases") or ()):
        place = f"{path}[{index}]"
        found += common.address(alias.get("ip") or "", f"{place}.ip")
        for number, name in enumerate(alias.get("hostnames") or ()):
            found += [
                field_errors.invalid(f"{place}.hostnames[{number}]", name, each)
                for each in names.dns_subdomain(name)
            ]
    return found


def _dns(spec: Object, path: str) -> Errors:
    config = spec.get("dnsConfig") or {}
    servers, searches = config.get("nameservers") or [], config.get("searches") or []
    if spec.get("dnsPolicy") == "None" and not servers:
        detail = "must provide at least one DNS nameserver when `dnsPolicy` is None"
        if spec.get("dnsConfig") is None:
            return [field_errors.required(path, "must provide `dnsConfig` when `dnsPolicy` is None")]
        return [field_errors.required(f"{path}.nameservers", detail)]
    found: Errors = []
    if len(servers) > _MOST_NAME_SERVERS:
        detail = f"must not have more than {_MOST_NAME_SERVERS} nameservers"
        found.append(field_errors.invalid(f"{path}.nameservers", servers, detail))
    for index, server in enumerate(servers):
        found += common.address(server, f"{path}.nameservers[{index}]")
    if len(searches) > _MOST_SEARCHES:
        detail = f"must not have more than {_MOST_SEARCHES} search paths"
        found.append(field_errors.invalid(f"{path}.searches", searches, detail))
    for index, option in enumerate(config.get("options") or ()):
        if not option.get("name"):
            found.append(field_errors.required(f"{path}.options[{index}]", "must not be empty"))
    return found
