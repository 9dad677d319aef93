"""What the kubelet knows of the container instances of a pod: the runtime's side of a pod's status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.embedded.runtime.interface import Container, PodSandbox


class Instance(Struct):
    """One container instance; a restart makes a new one."""

    name: str
    id: str
    """`containerd://…`, as in `containerStatuses[].containerID`."""
    image: str
    image_id: str
    spec: dict[str, Any]
    """The container of the pod's spec it was made from."""
    restart_count: int
    handle: Container | None
    created_at: float
    started_at: float = 0.0
    finished_at: float | None = None
    running: bool = False
    started: bool = False
    """Whether its start-up probe has succeeded (or there is none)."""
    exit_code: int = 0
    signal: int | None = None
    reason: str = ""
    message: str = ""
    killing: bool = False
    waiters: list[Callable[[], None]] = field(default_factory=list)
    """Called once when it ends."""

    @property
    def exited(self) -> bool:
        """Whether it has run (or failed to start) and ended."""
        return self.finished_at is not None


class PodInstances(Struct):
    """The instances of a pod that the runtime still keeps: per container two, the newest last."""

    sandbox: PodSandbox | None = None
    by_name: dict[str, list[Instance]] = field(default_factory=dict)

    def latest(self, name: str) -> Instance | None:
        """The newest instance of a container."""
        instances = self.by_name.get(name)
        return instances[-1] if instances else None

    def last_exited(self, name: str) -> Instance | None:
        """The newest instance that has ended."""
        return next((each for each in reversed(self.by_name.get(name, ())) if each.exited), None)

    def before(self, name: str) -> Instance | None:
        """The instance before the newest (`logs --previous`, `lastState`)."""
        instances = self.by_name.get(name, ())
        return instances[-2] if len(instances) > 1 else None

    def add(self, instance: Instance) -> None:
        """A new instance; the oldest of more than two is forgotten, as the kubelet's container GC does."""
        instances = self.by_name.setdefault(instance.name, [])
        instances.append(instance)
        del instances[:-2]

    def running(self) -> list[Instance]:
        """Instances whose process lives."""
        return [each for instances in self.by_name.values() for each in instances if each.running]
