"""A pod's sandbox, made of what its spec says of the pod as a whole (`generatePodSandboxConfig`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.kubelet.dns import name_config
from lab.embedded.kubelet.hostnames import host_name

if TYPE_CHECKING:
    from lab.embedded.kubelet.context import NodeContext
    from lab.embedded.runtime.interface import PodSandbox

Json = dict[str, Any]


def create_sandbox(context: NodeContext, pod: Json) -> PodSandbox:
    """Make the sandbox, with an address and the name it has inside."""
    metadata = pod["metadata"]
    hostname, domain = host_name(pod)
    share = bool(pod["spec"].get("shareProcessNamespace"))
    return context.runtime.create_sandbox(
        context.name,
        metadata["namespace"],
        hostname,
        metadata["uid"],
        domain,
        share_processes=share,
        names=name_config(pod),
    )


def tell_of_loss(context: NodeContext, pod: Json) -> None:
    """Somebody has killed the sandbox's PID 1, and with it all containers: there will be a new one."""
    message = "Pod sandbox changed, it will be killed and re-created."
    context.recorder.record(pod, "Normal", "SandboxChanged", message)
