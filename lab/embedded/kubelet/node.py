"""The Node object: what a kubelet tells the cluster about its machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab.embedded.kubelet.context import VERSION
from lab.embedded.objects.times import format_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lab.embedded.api.interface import Api

Json = dict[str, Any]


@dataclass(frozen=True)
class NodeShape:
    """The machine: name, address, capacity, labels and taints."""

    name: str
    ip: str
    cpu: str = "4"
    memory: str = "8Gi"
    pods: str = "110"
    storage: str = "100Gi"
    labels: Mapping[str, str] | None = None

    def resources(self) -> dict[str, str]:
        """Capacity, which is also what may be allocated."""
        return {"cpu": self.cpu, "memory": self.memory, "pods": self.pods, "ephemeral-storage": self.storage}


_CONDITIONS = (
    ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
)


def _node(shape: NodeShape) -> Json:
    labels = {
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": shape.name,
        "kubernetes.io/os": "linux",
    }
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": shape.name, "labels": labels | dict(shape.labels or {})},
        "spec": {},
    }


def _status(shape: NodeShape, now: float) -> Json:
    stamp = format_time(now)
    return {
        "capacity": shape.resources(),
        "allocatable": shape.resources(),
        "conditions": [
            {
                "type": kind,
                "status": status,
                "reason": reason,
                "message": message,
                "lastHeartbeatTime": stamp,
                "lastTransitionTime": stamp,
            }
            for kind, status, reason, message in _CONDITIONS
        ],
        "addresses": [
            {"type": "InternalIP", "address": shape.ip},
            {"type": "Hostname", "address": shape.name},
        ],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
        "nodeInfo": {
            "architecture": "amd64",
            "bootID": "",
            "containerRuntimeVersion": "containerd://2.1.4",
            "kernelVersion": "6.12.0-podlab",
            "kubeProxyVersion": "",
            "kubeletVersion": VERSION,
            "machineID": "",
            "operatingSystem": "linux",
            "osImage": "Podlab (simulated)",
            "systemUUID": "",
        },
    }


def register(api: Api, shape: NodeShape, now: float) -> Json:
    """Create or refresh the Node; returns the Node."""
    node = api.find("nodes", None, shape.name)
    if node is None:
        node = api.create("nodes", None, _node(shape)).object

    def change(obj: Json) -> None:
        obj["status"] = (obj.get("status") or {}) | _status(shape, now)

    return api.update_status("nodes", node, change)
