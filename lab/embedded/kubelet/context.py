"""What all parts of one kubelet share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct, field

from lab.embedded.kubelet.backoff import Backoff
from lab.embedded.runtime.filesystem import FileTree

if TYPE_CHECKING:
    import random

    from lab.embedded.api.interface import Api, Object
    from lab.embedded.clock.agenda import Agenda
    from lab.embedded.runtime.interface import ContainerRuntime

VERSION = "v1.36.0"
"""The kubelet version that nodes report."""


class Recorder(Protocol):
    """Where events go (`api.events.EventRecorder`)."""

    def record(self, obj: Object, event_type: str, reason: str, message: str, field_path: str = "") -> None:
        """Record one event about an object, or about a field of it."""


class NodeContext(Struct):
    """One node: who it is, and what its kubelet works with."""

    name: str
    ip: str
    api: Api
    runtime: ContainerRuntime
    agenda: Agenda
    rng: random.Random
    recorder: Recorder
    allocatable: dict[str, str] = field(default_factory=dict)
    crash_backoff: Backoff = field(default_factory=Backoff)
    image_backoff: Backoff = field(default_factory=Backoff)
    files: FileTree = field(default_factory=FileTree)
    """The node's own files (`hostPath`)."""

    def jitter(self, seconds: float, factor: float = 0.5) -> float:
        """`wait.Jitter`: between `seconds` and `seconds * (1 + factor)`."""
        return seconds + self.rng.uniform(0, factor) * seconds

    def container_event(self, pod: Object, container: str, kind: str, reason: str, message: str) -> None:
        """An event about a container of a pod, with the field path kubectl shows."""
        self.recorder.record(pod, kind, reason, message, container_path(pod, container))


def container_path(pod: Object, container: str) -> str:
    """`spec.containers{app}` or its kin."""
    for field_name in ("initContainers", "ephemeralContainers"):
        if any(each["name"] == container for each in pod["spec"].get(field_name) or ()):
            return f"spec.{field_name}{{{container}}}"
    return f"spec.containers{{{container}}}"


def pod_format(pod: dict[str, Any]) -> str:
    """`name_namespace(uid)`, as kubelet messages name a pod (`format.Pod`)."""
    metadata = pod["metadata"]
    return f"{metadata['name']}_{metadata['namespace']}({metadata['uid']})"
