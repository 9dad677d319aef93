"""The parts that make objects come alive: controllers, scheduler, runtime, one kubelet a node.

Each gets a random source of its own, made from the seed and its name, so that what one part draws never
changes what another one does.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from msgspec import Struct

from lab.embedded.api.events import EventRecorder
from lab.embedded.cluster.runtime import build_runtime
from lab.embedded.controllers.controller_manager import ControllerManager
from lab.embedded.kubelet.agent import Agent
from lab.embedded.kubelet.kubelet import Kubelet
from lab.embedded.kubelet.node import NodeShape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.embedded.api.verbs import ApiMachinery
    from lab.embedded.clock.agenda import Agenda
    from lab.embedded.runtime.interface import ContainerRuntime


class Parts(Struct, frozen=True):
    """The living parts of a cluster."""

    controllers: ControllerManager
    runtime: ContainerRuntime
    kubelets: Sequence[Kubelet]
    agent: Agent

    def start(self) -> None:
        """Begin: everything subscribes and looks at what there is."""
        self.controllers.start()
        for kubelet in self.kubelets:
            kubelet.start()

    def close(self) -> None:
        """Give back what the parts hold of the host (the child processes of edited images)."""
        close = getattr(self.runtime, "close", None)
        if close is not None:
            close()


def build_parts(  # the pieces of one cluster
    agenda: Agenda,
    api: ApiMachinery,
    seed: int,
    nodes: int,
    *,
    rebooted: bool,
    isolation_required: bool = False,
) -> Parts:
    """Build them. `rebooted`: the API holds pods that ran before, whose processes are gone."""
    controllers = ControllerManager(api, agenda)
    runtime = build_runtime(
        agenda, source(seed, "runtime"), controllers.services, controllers.policies,
        isolation_required=isolation_required,
    )  # fmt: skip
    shapes = node_shapes(nodes)
    for shape in shapes:
        runtime.add_node(shape.name)
    kubelets = [
        Kubelet(
            shape, api, runtime, agenda, source(seed, f"kubelet/{shape.name}"),
            EventRecorder(api, agenda, "kubelet", shape.name), after_reboot=rebooted,
        )
        for shape in shapes
    ]  # fmt: skip
    return Parts(controllers, runtime, kubelets, Agent(api, runtime, agenda, kubelets))


def node_shapes(count: int) -> list[NodeShape]:
    """The machines: `podlab`, then `podlab-2` and so on."""
    return [
        NodeShape(
            "podlab" if number == 1 else f"podlab-{number}",
            f"10.87.0.{number}",
            pod_cidr=f"10.244.{number - 1}.0/24",
        )
        for number in range(1, count + 1)
    ]


def source(seed: int, name: str) -> random.Random:
    """The random source of one part."""
    return random.Random(f"{seed}/{name}")  # noqa: S311 (not for secrets)
