"""The container runtime: pulls, sandboxes, and the node's own network calls, for all nodes of a cluster.

The composition of everything else here behind the Protocols of `interface`. All state lives in memory and on
the agenda; nothing of the host is touched. What containers run by (`containers`, the shell, the commands) is
imported with the first pod: a cluster is ready without it.
"""

from __future__ import annotations

import ipaddress
from functools import cached_property
from typing import TYPE_CHECKING
from weakref import WeakSet

from msgspec.structs import replace

from lab.embedded.runtime.interface import ExitStatus, LocalImage, PullResult, ServiceTable
from lab.embedded.runtime.network import Host, Network
from lab.embedded.runtime.node_client import NodeClient

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping, Sequence

    from lab.embedded.clock.agenda import Agenda
    from lab.embedded.runtime.interface import NameConfig, NodeImage
    from lab.embedded.runtime.kernel import Kernel
    from lab.embedded.runtime.labimages_logic import ShippedImage
    from lab.embedded.runtime.process import Program
    from lab.embedded.runtime.programs import ProgramTable
    from lab.embedded.runtime.registry import ImageTable
    from lab.embedded.runtime.sandboxes import Sandbox

POD_NETWORK = ipaddress.ip_network("10.244.0.0/16")
PULL_ERROR_SECONDS = 0.5
"""How long a pull takes that the registry refuses."""


class SimulatedRuntime(NodeClient):
    """See `interface.ContainerRuntime`."""

    def __init__(
        self, agenda: Agenda, rng: random.Random, services: ServiceTable | None = None,
        shipped: Callable[[], Sequence[ShippedImage]] = tuple, *, isolation_required: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(agenda, Network(agenda, services), Host("10.0.0.1", "node"))
        self.rng = rng
        self._nodes: dict[str, int] = {}
        self._addresses: dict[str, set[int]] = {}
        self._shipped = shipped
        self._isolation_required = isolation_required
        self.kernels: WeakSet[Kernel] = WeakSet()

    @cached_property
    def images(self) -> ImageTable:
        """The images, and on which node each lies."""
        from lab.embedded.runtime.registry import ImageTable  # noqa: PLC0415 (see the module's docstring)

        return ImageTable()

    @cached_property
    def programs(self) -> ProgramTable:
        """The programs that need no image of the lab's."""
        from lab.embedded.runtime.programs import ProgramTable  # noqa: PLC0415 (see the module's docstring)

        return ProgramTable()

    def close(self) -> None:
        """End every process, and with them the child processes on the host that run edited code."""
        for kernel in list(self.kernels):
            for process in list(kernel.processes.values()):
                kernel.terminate(process, ExitStatus(137, 9))

    def program(self, name: str) -> Program | None:
        """A program by name; Python's is made when first needed, because it costs imports."""
        found = self.programs.get(name)
        if found is None and name in ("python", "ask"):
            from lab.embedded.runtime.labimages import PythonImages  # noqa: PLC0415 (child processes: heavy)

            python = PythonImages(self.network, self._shipped(), required=self._isolation_required)
            for each, program in python.programs().items():
                self.programs.register(each, program)
            found = self.programs.get(name)
        return found

    # -- images -------------------------------------------------------------------------------------------

    def image_present(self, node: str, image: str) -> bool:
        """See `ContainerRuntime`."""
        return self.images.present(node, image)

    def pull(
        self, node: str, image: str, secrets: Sequence[Mapping[str, str]], done: Callable[[PullResult], None]
    ) -> None:
        """See `ContainerRuntime`; the registry asks nobody for a password, so `secrets` change nothing."""
        del secrets
        from lab.embedded.runtime.registry import BYTES_A_SECOND  # noqa: PLC0415 (see the module's docstring)

        found = self.images.find(image)
        error = None if self.images.present(node, image) else self.images.registry_error(image)
        if error is not None or found is None:
            text = error or self.images.registry_error(image)
            result = PullResult(image, text, PULL_ERROR_SECONDS, 0)
            self.agenda.call_after(result.seconds, lambda: done(result))
            return
        size, digest = found[0].size, found[1]
        present = self.images.present(node, image)
        seconds = 0.2 if present else round(0.8 + size / BYTES_A_SECOND, 3)
        answer = PullResult(image, None, seconds, size, digest)

        def arrived() -> None:
            self.images.pulled(node, image)
            done(answer)

        self.agenda.call_after(seconds, arrived)

    def add_image(self, image: LocalImage) -> None:
        """See `ContainerRuntime`."""
        from lab.embedded.runtime.labimages import container_image  # noqa: PLC0415 (child processes: heavy)
        from lab.embedded.runtime.registry import digest_of  # noqa: PLC0415 (see the module's docstring)

        made = container_image(image)
        self.images.add(image.reference, replace(made, digest=made.digest or digest_of(image.reference)))

    def image_id(self, image: str) -> str:
        """What a status calls an image, for `imageID`; empty when there is no such image."""
        return self.images.identity(image)

    def node_images(self, node: str) -> Sequence[NodeImage]:
        """See `ContainerRuntime`."""
        return self.images.on_node(node)

    def image_user(self, image: str) -> int | str:
        """See `ContainerRuntime`."""
        found = self.images.find(image)
        return (found[0].user_name or found[0].user) if found else 0

    # -- sandboxes ----------------------------------------------------------------------------------------

    def add_node(self, node: str) -> None:
        """Give a node the next range of addresses for its pods: 10.244.0.0/24, 10.244.1.0/24 and so on."""
        self._nodes.setdefault(node, len(self._nodes))

    def create_sandbox(
        self,
        node: str,
        namespace: str,
        pod: str,
        uid: str,
        domain: str = "",
        *,
        share_processes: bool = False,
        names: NameConfig | None = None,
    ) -> Sandbox:
        """See `ContainerRuntime`."""
        from lab.embedded.runtime.resolving import cluster_first  # noqa: PLC0415 (see the module's docstring)
        from lab.embedded.runtime.sandboxes import Sandbox  # noqa: PLC0415 (see the module's docstring)

        self.add_node(node)
        index = self._nodes[node]
        taken = self._addresses.setdefault(node, set())
        number = next(each for each in range(2, 255) if each not in taken)
        taken.add(number)
        address = str(POD_NETWORK.network_address + index * 256 + number)
        host = Host(address, pod, namespace, domain=domain, pod=uid)
        self.network.add(host)

        def release() -> None:
            taken.discard(number)
            self.network.remove(host)

        return Sandbox(self, host, release, names or cluster_first(namespace), share=share_processes)
