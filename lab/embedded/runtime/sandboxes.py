"""A pod's sandbox: its address, the containers in it, and, where they share processes, its PID 1.

That PID 1 is `/pause` (`shareProcessNamespace`). It runs in a container of its own, of the pause image, and
only where somebody could see it. When it ends, all of the pod's processes end with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from lab.embedded.runtime import signals
from lab.embedded.runtime.containers import SimulatedContainer
from lab.embedded.runtime.forwarding import Forwarded, forward
from lab.embedded.runtime.interface import ContainerConfig, StartFailed
from lab.embedded.runtime.namespaces import PidNamespace
from lab.embedded.runtime.resolving import files_of, write_hosts

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.embedded.runtime.interface import ExitStatus, NameConfig
    from lab.embedded.runtime.network import Host
    from lab.embedded.runtime.simulated import SimulatedRuntime

PAUSE = "registry.k8s.io/pause:3.10"
"""The image of sandboxes (containerd's `sandbox` setting)."""


class Sandbox:
    """See `interface.PodSandbox`."""

    def __init__(
        self, runtime: SimulatedRuntime, host: Host, release: Callable[[], None], names: NameConfig, *,
        share: bool = False,
    ) -> None:  # fmt: skip
        """`share`: the containers see each other's processes."""
        self._runtime, self._host, self._release = runtime, host, release
        self._names = names
        host.etc = files_of(host, names)
        self.ip = host.ip
        self.hostname = host.hostname
        self._containers: WeakValueDictionary[str, SimulatedContainer] = WeakValueDictionary()
        self._pause: SimulatedContainer | None = None
        if share:
            self._pause = self._make(ContainerConfig("", PAUSE, None, None, {}), PidNamespace())
            self._pause.start(_unheard)

    @property
    def over(self) -> bool:
        """See `PodSandbox`."""
        return self._pause is not None and not self._pause.running

    def create(self, config: ContainerConfig) -> SimulatedContainer:
        """See `PodSandbox`.

        Raises:
            StartFailed: the image is not there, a volume cannot be mounted, or the container whose
                processes it is to see does not run.
        """
        shared = self._pause.namespace if self._pause is not None else None
        if self._host.etc is not None:
            write_hosts(self._host.etc, self._host, self._names)
        container = self._make(config, self._target(config.target) if config.target else shared)
        self._containers[container.id] = container
        return container

    def _make(self, config: ContainerConfig, namespace: PidNamespace | None) -> SimulatedContainer:
        found = self._runtime.images.find(config.image)
        if found is None:
            raise StartFailed(
                f'failed to get image "{config.image}": not found', reason="CreateContainerError"
            )
        return SimulatedContainer(self._runtime, self._host, config, found[0], namespace)

    def _target(self, identity: str) -> PidNamespace:
        """The namespace of another container (`validateTargetContainer` of containerd's CRI plug-in)."""
        target = self._containers.get(identity)
        if target is None or not target.running:
            text = f'container "{identity}" is not running - in state CONTAINER_EXITED'
            raise StartFailed(f"invalid target container: {text}", reason="CreateContainerError")
        return target.namespace

    def forward(
        self, port: int, on_data: Callable[[bytes], None], on_end: Callable[[], None]
    ) -> Forwarded | str:
        """See `PodSandbox`."""
        return forward(self._runtime.network, self._host, port, on_data, on_end)

    def stop(self) -> None:
        """See `PodSandbox`."""
        if self._pause is not None:
            self._pause.signal(signals.KILL)
        self._release()


def _unheard(_status: ExitStatus) -> None:
    """The end of `/pause`: whoever looks at the sandbox sees it."""
