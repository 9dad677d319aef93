"""Defaults of Services, Endpoints and EndpointSlices (`pkg/apis/core/v1/defaults.go`, `discovery/v1`)."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]


def default_service(service: Object) -> None:
    """Fill in a Service; addresses and node ports are admission's (`allocation`)."""
    spec = service.setdefault("spec", {})
    if not spec.get("sessionAffinity"):
        spec["sessionAffinity"] = "None"
    if not spec.get("type"):
        spec["type"] = "ClusterIP"
    if spec["sessionAffinity"] == "ClientIP":
        timeout = spec.setdefault("sessionAffinityConfig", {}).setdefault("clientIP", {})
        timeout.setdefault("timeoutSeconds", 10800)
    for port in spec.get("ports") or ():
        port.setdefault("protocol", "TCP")
        if port.get("targetPort") in {None, 0, ""}:
            port["targetPort"] = port.get("port")
    if spec["type"] == "ExternalName":
        return
    spec.setdefault("internalTrafficPolicy", "Cluster")
    if spec["type"] in {"NodePort", "LoadBalancer"}:
        spec.setdefault("externalTrafficPolicy", "Cluster")
    if spec["type"] == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)


def default_endpoints(endpoints: Object) -> None:
    """Fill in an Endpoints object."""
    for subset in endpoints.get("subsets") or ():
        for port in subset.get("ports") or ():
            port.setdefault("protocol", "TCP")


def default_endpoint_slice(endpoint_slice: Object) -> None:
    """Fill in an EndpointSlice."""
    for port in endpoint_slice.get("ports") or ():
        port.setdefault("protocol", "TCP")
        port.setdefault("name", "")
