"""The Node object: what a kubelet tells the cluster about its machine, and what the cluster gives it."""

from __future__ import annotations

import hashlib
import uuid
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from lab.embedded.kubelet.context import VERSION
from lab.embedded.objects.times import format_time

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lab.embedded.api.interface import Api

Json = dict[str, Any]


class NodeShape(Struct, frozen=True):
    """The machine: name, address, capacity, labels and taints."""

    name: str
    ip: str
    cpu: str = "4"
    memory: str = "8Gi"
    pods: str = "110"
    storage: str = "100Gi"
    labels: Mapping[str, str] | None = None
    pod_cidr: str = "10.244.0.0/24"
    """The range its pods' addresses are from."""

    def resources(self) -> dict[str, str]:
        """Capacity, which is also what may be allocated."""
        return {
            "cpu": self.cpu,
            "ephemeral-storage": self.storage,
            "hugepages-1Gi": "0",
            "hugepages-2Mi": "0",
            "memory": self.memory,
            "pods": self.pods,
        }


_CONDITIONS = (
    ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
)
STARTING = (
    ("Starting", "Starting kubelet."),
    *((reason, f"Node {{}} status is now: {reason}") for reason in (
        "NodeHasSufficientMemory", "NodeHasNoDiskPressure", "NodeHasSufficientPID",
    )),
    ("NodeAllocatableEnforced", "Updated Node Allocatable limit across pods"),
    ("NodeReady", "Node {} status is now: NodeReady"),
)  # fmt: skip
"""Reasons and messages of the events with which a kubelet begins."""


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
        "metadata": {
            "name": shape.name,
            "labels": labels | dict(shape.labels or {}),
            "annotations": {
                "node.alpha.kubernetes.io/ttl": "0",
                "volumes.kubernetes.io/controller-managed-attach-detach": "true",
            },
        },
        "spec": {"podCIDR": shape.pod_cidr, "podCIDRs": [shape.pod_cidr]},
    }


def _missing(node: Json, shape: NodeShape) -> Json:
    """What a Node that somebody else made lacks: default labels, and the range of its pods' addresses."""
    made = _node(shape)
    labels = node["metadata"].get("labels") or {}
    patch: Json = {}
    if any(labels.get(key) != value for key, value in made["metadata"]["labels"].items()):
        patch["metadata"] = {"labels": made["metadata"]["labels"]}
    if not node["spec"].get("podCIDR"):
        patch["spec"] = made["spec"]
    return patch


def machine_id(shape: NodeShape) -> str:
    """What the machine was given when it was installed: the same for ever."""
    return hashlib.sha256(f"machine {shape.name}".encode()).hexdigest()[:32]


def boot_id(shape: NodeShape, now: float) -> str:
    """What the machine's kernel drew when it booted at `now` (agenda seconds)."""
    drawn = hashlib.sha256(f"boot {shape.name} {now:.6f}".encode()).digest()[:16]
    return str(uuid.UUID(bytes=drawn, version=4))


def _status(shape: NodeShape, now: float, booted: float, images: Sequence[Json]) -> Json:
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
        "images": list(images),
        "nodeInfo": {
            "architecture": "amd64",
            "bootID": boot_id(shape, booted),
            "containerRuntimeVersion": "containerd://2.1.4",
            "kernelVersion": "6.12.0-podlab",
            "kubeProxyVersion": "",
            "kubeletVersion": VERSION,
            "machineID": machine_id(shape),
            "operatingSystem": "linux",
            "osImage": "Podlab (simulated)",
            "systemUUID": str(uuid.UUID(machine_id(shape), version=4)),
        },
    }


def register(api: Api, shape: NodeShape, now: float, booted: float, images: Sequence[Json]) -> Json:
    """Create or refresh the Node of a machine that booted at `booted`; returns the Node."""
    node = api.find("nodes", None, shape.name)
    if node is None:
        node = api.create("nodes", None, _node(shape)).object

    elif missing := _missing(node, shape):
        node = api.patch("nodes", None, shape.name, "merge-patch+json", missing).object

    def change(obj: Json) -> None:
        obj["status"] = (obj.get("status") or {}) | _status(shape, now, booted, images)

    return api.update_status("nodes", node, change)
