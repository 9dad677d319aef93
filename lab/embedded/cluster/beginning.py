"""What every cluster has before anybody applied anything: namespaces and the `kubernetes` Service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lab.embedded.api.interface import Api

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
