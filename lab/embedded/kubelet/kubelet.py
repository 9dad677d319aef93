"""The kubelet of one node: its pods and its Node object.

It hears of every pod bound to its node, gives each a `PodWorker`, and forgets it when nothing is left.
Everything else is in the modules beside this one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.kubelet.backoff import Backoff
from lab.embedded.kubelet.context import NodeContext, Recorder
from lab.embedded.kubelet.environment import Sources
from lab.embedded.kubelet.heartbeats import Heartbeats, images
from lab.embedded.kubelet.host_paths import node_files
from lab.embedded.kubelet.images import Images
from lab.embedded.kubelet.node import STARTING, NodeShape, boot_id, register
from lab.embedded.kubelet.pod_worker import PodWorker
from lab.embedded.kubelet.pressure import EvictionManager
from lab.embedded.kubelet.reboot import instances_before_reboot
from lab.embedded.objects.machines import is_stopped
from lab.embedded.objects.meta import uid_of

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Sequence

    from lab.embedded.api.interface import Api, Object, WatchEvent
    from lab.embedded.clock.agenda import Agenda
    from lab.embedded.runtime.interface import ContainerRuntime

Json = dict[str, Any]


class Kubelet:
    """One node's agent; `start` registers the node and takes over the pods bound to it."""

    def __init__(
        self,
        node: NodeShape,
        api: Api,
        runtime: ContainerRuntime,
        agenda: Agenda,
        rng: random.Random,
        recorder: Recorder,
        *,
        after_reboot: bool = False,
    ) -> None:
        """`after_reboot`: pods in the API ran before this kubelet began, and their processes are gone."""
        self._context = NodeContext(
            node.name,
            node.ip,
            api,
            runtime,
            agenda,
            rng,
            recorder,
            allocatable=node.resources(),
            files=node_files(node.name),
        )
        self._shape = node
        self._heartbeats = Heartbeats(self._context)
        self._images = Images(self._context, self._heartbeats.pulled)
        self._workers: dict[str, PodWorker] = {}
        self._pressure = EvictionManager(self._context, self._workers.values)
        self._after_reboot = after_reboot
        self._node: Object | None = None
        self.running = False
        """Whether the machine has power."""
        self._booted = 0.0

    @property
    def name(self) -> str:
        """The node's name."""
        return self._shape.name

    @property
    def ip(self) -> str:
        """The node's address."""
        return self._shape.ip

    def start(self) -> None:
        """Register the node and begin to work."""
        api = self._context.api
        api.subscribe("pods", self._changed)
        api.subscribe("nodes", self._node_changed)
        node = api.find("nodes", None, self.name)
        if node is not None and is_stopped(node):
            self._node = node
            self._after_reboot = True
        else:
            self._boot()

    def _boot(self) -> None:
        context, now = self._context, self._context.agenda.now()
        self._booted = now
        node = self._register()
        self._heartbeats.begin(node)
        if self._after_reboot:
            text = f"Node {self.name} has been rebooted, boot id: {boot_id(self._shape, now)}"
            context.recorder.record(node, "Warning", "Rebooted", text)
        for reason, text in STARTING:
            context.recorder.record(node, "Normal", reason, text.format(self.name))
        self.running = True
        for pod in context.api.list("pods", fields=f"spec.nodeName={self.name}").items:
            self._adopt(pod)

    def _register(self) -> Object:
        context = self._context
        node = self._node = register(
            context.api, self._shape, context.agenda.now(), self._booted, images(context)
        )
        return node

    def _halt(self) -> None:
        """The machine loses its power: all its processes end at once, and nobody tells the API."""
        self.running = False
        self._after_reboot = True
        self._heartbeats.end()
        self._pressure.stop()
        for worker in list(self._workers.values()):
            worker.halt()
        self._context.crash_backoff = Backoff()
        self._context.image_backoff = Backoff()

    def _node_changed(self, event: WatchEvent) -> None:
        node = event.object
        if node["metadata"]["name"] != self.name or event.type == "DELETED":
            return
        before, self._node = self._node, node
        another = before is not None and uid_of(before) != uid_of(node)
        if another and self.running and not node.get("status"):
            self._register()  # somebody has made a Node of this name by hand: it is this machine's
            return
        if is_stopped(node) == self.running:
            (self._halt if self.running else self._boot)()
        cordoned = bool(node["spec"].get("unschedulable"))
        if self.running and before is not None and cordoned != bool(before["spec"].get("unschedulable")):
            reason = "NodeNotSchedulable" if cordoned else "NodeSchedulable"
            text = f"Node {self.name} status is now: {reason}"
            self._context.recorder.record(node, "Normal", reason, text)

    def workers(self) -> Iterable[PodWorker]:
        """What drives the pods of this node."""
        return self._workers.values()

    def worker(self, uid: str) -> PodWorker | None:
        """The worker of a pod, as long as anything of it is here."""
        return self._workers.get(uid)

    def image_added(self) -> None:
        """An image was put onto the node."""
        self._heartbeats.list_images()

    def _changed(self, event: WatchEvent) -> None:
        pod = event.object
        if pod["spec"].get("nodeName") != self.name or not self.running:
            return
        worker = self._workers.get(pod["metadata"]["uid"])
        if event.type == "DELETED":
            if worker is not None and not worker.finished:
                worker.removed()
        elif worker is not None:
            worker.update(pod)
        else:
            self._adopt(pod)

    def _adopt(self, pod: Object) -> None:
        worker = PodWorker(self._context, self._images, pod, self._sources(pod), self._gone)
        self._workers[worker.uid] = worker
        self._pressure.wake()
        if self._after_reboot and (pod.get("status") or {}).get("containerStatuses"):
            instances_before_reboot(pod, worker.instances, self._context)
            worker.probes.spread = True
        if pod["metadata"].get("deletionTimestamp"):
            worker.update(pod)
        else:
            worker.request()

    def _gone(self, worker: PodWorker) -> None:
        self._workers.pop(worker.uid, None)

    def _sources(self, pod: Object) -> Sources:
        namespace, api = pod["metadata"]["namespace"], self._context.api

        def services() -> Sequence[Json]:
            found = list(api.list("services", namespace).items)
            kubernetes = api.find("services", "default", "kubernetes") if namespace != "default" else None
            return [*found, kubernetes] if kubernetes is not None else found

        return Sources(
            lambda resource, name: api.find(resource, namespace, name), services, self._context.allocatable
        )
