"""What every cluster has before anybody applied anything: namespaces and the `kubernetes` Service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lab.embedded.api.interface import Api

ADDRESS = "10.87.0.1"
"""Of the API server: that of the first node."""
NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")


def create_beginning(api: Api) -> None:
    """Create them through the API, as the control plane does at its first start."""
    for name in NAMESPACES:
        api.create("namespaces", None, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    service: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "kubernetes",
            "labels": {"component": "apiserver", "provider": "kubernetes"},
        },
        "spec": {
            "type": "ClusterIP",
            "clusterIP": "10.96.0.1",
            "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": 6443}],
        },
    }
    api.create("services", "default", service)
    _create_endpoints(api)


def _create_endpoints(api: Api) -> None:
    """The API server's own entries: it writes both, and nobody mirrors one as the other."""
    port = {"name": "https", "port": 6443, "protocol": "TCP"}
    endpoints: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": {"name": "kubernetes", "labels": {"endpointslice.kubernetes.io/skip-mirror": "true"}},
        "subsets": [{"addresses": [{"ip": ADDRESS}], "ports": [port]}],
    }
    api.create("endpoints", "default", endpoints)
    endpoint_slice: dict[str, Any] = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": "kubernetes", "labels": {"kubernetes.io/service-name": "kubernetes"}},
        "addressType": "IPv4",
        "endpoints": [{"addresses": [ADDRESS], "conditions": {"ready": True}}],
        "ports": [port],
    }
    api.create("endpointslices.discovery.k8s.io", "default", endpoint_slice)
