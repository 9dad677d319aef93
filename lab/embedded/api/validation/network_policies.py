"""Defaults and rules of NetworkPolicies (`pkg/apis/networking`)."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from lab.embedded.api import field_errors
from lab.embedded.api.validation import common

if TYPE_CHECKING:
    from lab.embedded.api.field_errors import FieldError

Object = dict[str, Any]
Errors = list["FieldError"]

_DIRECTIONS = (("ingress", "from"), ("egress", "to"))
_TYPES = ("Egress", "Ingress")
_CIDR = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"


def default_network_policy(policy: Object) -> None:
    """Ports are TCP; a policy is about what comes in, and about what goes out if it says anything of it."""
    spec = policy.setdefault("spec", {})
    spec.setdefault("podSelector", {})
    if not spec.get("policyTypes"):
        spec["policyTypes"] = ["Ingress", *(["Egress"] if spec.get("egress") else [])]
    for direction, _ in _DIRECTIONS:
        for rule in spec.get(direction) or ():
            for port in rule.get("ports") or ():
                port.setdefault("protocol", "TCP")


def validate_network_policy(policy: Object) -> Errors:
    """A whole NetworkPolicy."""
    spec = policy["spec"]
    found = common.label_selector(spec.get("podSelector") or {}, "spec.podSelector")
    for direction, side in _DIRECTIONS:
        for index, rule in enumerate(spec.get(direction) or ()):
            place = f"spec.{direction}[{index}]"
            for number, port in enumerate(rule.get("ports") or ()):
                found += _port(port, f"{place}.ports[{number}]")
            for number, peer in enumerate(rule.get(side) or ()):
                found += _peer(peer, f"{place}.{side}[{number}]")
    types = spec.get("policyTypes") or []
    if len(types) > len(_TYPES):
        detail = "may not specify more than two policyTypes"
        return [*found, field_errors.invalid("spec.policyTypes", types, detail)]
    for index, each in enumerate(types):
        found += common.optional_one_of(each, f"spec.policyTypes[{index}]", _TYPES)
    return found


def _port(port: Object, path: str) -> Errors:
    found = common.optional_one_of(port.get("protocol"), f"{path}.protocol", common.PROTOCOLS)
    number, end = port.get("port"), port.get("endPort")
    if number is not None:
        found += common.port_reference(number, f"{path}.port")
    if end is None:
        return found
    if number is None:
        detail = "may not be specified when `port` is not specified"
        return [*found, field_errors.invalid(f"{path}.endPort", end, detail)]
    if isinstance(number, str):
        detail = "may not be specified when `port` is non-numeric"
        return [*found, field_errors.invalid(f"{path}.endPort", end, detail)]
    if end < number:
        detail = "must be greater than or equal to `port`"
        return [*found, field_errors.invalid(f"{path}.endPort", end, detail)]
    return found + common.port(end, f"{path}.endPort")


def _peer(peer: Object, path: str) -> Errors:
    found: Errors = []
    for field in ("podSelector", "namespaceSelector"):
        found += common.label_selector(peer.get(field) or {}, f"{path}.{field}")
    given = [each for each in ("podSelector", "namespaceSelector", "ipBlock") if peer.get(each) is not None]
    if not given:
        return [*found, field_errors.required(path, "must specify a peer")]
    if "ipBlock" in given:
        found += _block(peer["ipBlock"], f"{path}.ipBlock")
        if len(given) > 1:
            detail = "may not specify both ipBlock and another peer"
            found.append(field_errors.forbidden(path, detail))
    return found


def _block(block: Object, path: str) -> Errors:
    if not block.get("cidr"):
        return [field_errors.required(f"{path}.cidr")]
    network = _network(block["cidr"])
    if network is None:
        return [field_errors.invalid(f"{path}.cidr", block["cidr"], _CIDR)]
    found: Errors = []
    for index, text in enumerate(block.get("except") or ()):
        inner, place = _network(text), f"{path}.except[{index}]"
        if inner is None:
            found.append(field_errors.invalid(place, text, _CIDR))
        elif inner.version != network.version or not _is_within(inner, network):
            found.append(field_errors.invalid(place, text, "must be a strict subset of `cidr`"))
    return found


Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _network(text: str) -> Network | None:
    try:
        return ipaddress.ip_network(text, strict=False) if "/" in text else None
    except ValueError:
        return None


def _is_within(inner: Network, outer: Network) -> bool:
    return inner.prefixlen > outer.prefixlen and inner.network_address in outer
