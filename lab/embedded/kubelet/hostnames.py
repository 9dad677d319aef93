"""What a pod is called inside (`GeneratePodHostNameAndDomain` in `pkg/kubelet/kubelet_pods.go` of v1.36)."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
_LONGEST = 63
_DOMAIN = "svc.cluster.local"


def host_name(pod: Json) -> tuple[str, str]:
    """Host name and domain of a pod: its own name unless it asks for another, and mostly no domain."""
    metadata, spec = pod["metadata"], pod["spec"]
    name = (spec.get("hostname") or metadata["name"])[:_LONGEST].rstrip("-.")
    domain = f"{spec['subdomain']}.{metadata['namespace']}.{_DOMAIN}" if spec.get("subdomain") else ""
    if domain and spec.get("setHostnameAsFQDN"):
        return f"{name}.{domain}", domain
    return name, domain
