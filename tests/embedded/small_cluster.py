"""API machinery, controllers and one kubelet on one agenda, without a server: for tests."""

from __future__ import annotations

import random
from typing import Any

from lab.embedded.api.events import EventRecorder
from lab.embedded.api.served import KINDS
from lab.embedded.api.verbs import ApiMachinery
from lab.embedded.clock.agenda import Agenda
from lab.embedded.controllers.controller_manager import ControllerManager
from lab.embedded.kubelet.agent import Agent
from lab.embedded.kubelet.kubelet import Kubelet
from lab.embedded.kubelet.node import NodeShape
from lab.embedded.store.store import Store
from tests.embedded.kubelet.scripted_runtime import ScriptedRuntime

Json = dict[str, Any]


def _dice(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 (a simulation's dice)


class SmallCluster:
    """A cluster with one node `podlab`; its runtime is scripted unless another is given."""

    def __init__(self, runtime: Any = None, seed: int = 1) -> None:
        self.agenda = Agenda()
        self.store = Store()
        self.api = ApiMachinery(self.store, self.agenda, _dice(seed), KINDS)
        self.controllers = ControllerManager(self.api, self.agenda)
        self.runtime = ScriptedRuntime(self.agenda) if runtime is None else runtime(self)
        recorder = EventRecorder(self.api, self.agenda, "kubelet", "podlab")
        self.kubelet = Kubelet(
            NodeShape("podlab", "10.87.0.1"),
            self.api,
            self.runtime,
            self.agenda,
            _dice(seed),
            recorder,
        )
        self.controllers.start()
        self.agenda.settle()
        self.kubelet.start()
        self.agenda.settle()
        self.agent = Agent(self.api, self.runtime, self.agenda, [self.kubelet])

    def apply(self, resource: str, obj: Json, namespace: str | None = "default") -> Json:
        """Create an object and let the instant settle."""
        made = self.api.create(resource, namespace, obj).object
        self.agenda.settle()
        return made

    def pod(self, name: str = "app", namespace: str = "default") -> Json:
        """A pod as it is now."""
        return self.api.get("pods", namespace, name)

    def events(self, name: str, namespace: str = "default") -> list[tuple[str, str, int]]:
        """(reason, message, count) of the events about an object."""
        return [
            (each["reason"], each["message"], each.get("count", 1))
            for each in self.api.list("events", namespace).items
            if each["involvedObject"]["name"] == name
        ]


def pod(*containers: Json, name: str = "app", **spec: Any) -> Json:
    """A pod's manifest; a container needs only what differs."""
    full = [
        {"name": f"c{index}" if index else "app", "image": "busybox:1.36"} | each
        for index, each in enumerate(containers)
    ]
    metadata = {"name": name, "labels": {"app": name}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": full, **spec}}


def deployment(container: Json, replicas: int = 1, name: str = "app", **spec: Any) -> Json:
    """A Deployment's manifest."""
    template = {
        "metadata": {"labels": {"app": name}},
        "spec": {"containers": [{"name": "app", "image": "busybox:1.36"} | container]},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": template,
            **spec,
        },
    }
