"""All probe workers of a pod, and what their results mean for its status.

Follows `pkg/kubelet/prober/prober_manager.go`: a container without a start-up probe has started when it
runs, one without a readiness probe is ready when it has started, and a status update that finds a running
container not ready triggers its readiness probe at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from lab.embedded.clock.record import ProbeResult
from lab.embedded.kubelet.probes import Prober
from lab.embedded.kubelet.probing import KINDS, Answer, Outcome, ProbeKind, ProbeSpec, ProbeWorker
from lab.embedded.kubelet.status import is_sidecar

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.embedded.kubelet.context import NodeContext
    from lab.embedded.kubelet.instances import Instance, PodInstances

Json = dict[str, Any]


class PodProbes:
    """The probes of one pod."""

    def __init__(
        self,
        context: NodeContext,
        pod: Callable[[], Json],
        instances: PodInstances,
        pod_ip: Callable[[], str],
        changed: Callable[[], None],
    ) -> None:
        """`changed` is called whenever a result that the pod's status or fate depends on has changed."""
        self.spread = False
        """Spread the first ticks over a period, as a kubelet does that has just been started."""
        self._context = context
        self._pod = pod
        self._instances = instances
        self._prober = Prober(context, pod, pod_ip)
        self._changed = changed
        self._workers: dict[tuple[str, ProbeKind], ProbeWorker] = {}
        self._added = False

    def add(self, pod: Json) -> None:
        """Start the workers, once."""
        if self._added:
            return
        self._added = True
        sidecars = [each for each in pod["spec"].get("initContainers") or () if is_sidecar(each)]
        for container in [*pod["spec"]["containers"], *sidecars]:
            for kind in KINDS:
                probe = container.get(f"{kind}Probe")
                if probe:
                    self._add(container["name"], ProbeSpec.parse(kind, probe))

    def _add(self, name: str, spec: ProbeSpec) -> None:
        worker = ProbeWorker(
            self._context.agenda,
            spec,
            lambda: self._instances.latest(name),
            self._prober.probe,
            self._published,
            self._answered,
        )
        self._workers[name, spec.kind] = worker
        worker.start(self._context.rng.uniform(0, spec.period) if self.spread else 0.0)

    def _published(self, spec: ProbeSpec, outcome: Outcome) -> None:
        if spec.kind != "liveness" or outcome is Outcome.FAILURE:
            self._changed()

    def _answered(self, answer: Answer) -> None:
        """Put an answer on record, for those who show time."""
        agenda, spec, metadata = self._context.agenda, answer.spec, self._pod()["metadata"]
        agenda.record.probed(
            ProbeResult(
                number=agenda.record.next_number(),
                asked=answer.asked,
                answered=agenda.now(),
                namespace=metadata["namespace"],
                pod=metadata["name"],
                uid=metadata["uid"],
                container=answer.instance.name,
                instance=answer.instance.id,
                kind=spec.kind,
                outcome=answer.outcome.value,
                answer=answer.text,
                run=answer.run,
                threshold=spec.threshold(answer.outcome),
            )
        )

    def started(self, instance: Instance) -> bool:
        """Whether a running instance has passed its start-up probe."""
        worker = self._workers.get((instance.name, "startup"))
        if worker is None:
            return not instance.spec.get("startupProbe")
        return worker.result(instance.id) is Outcome.SUCCESS

    def update_started(self) -> None:
        """Note on each instance whether it has started: other probes wait for it."""
        for instance in self._instances.running():
            instance.started = self.started(instance)

    def ready(self, instance: Instance) -> bool:
        """Whether a started instance is ready."""
        worker = self._workers.get((instance.name, "readiness"))
        if worker is None:
            return not instance.spec.get("readinessProbe")
        return worker.result(instance.id) is Outcome.SUCCESS

    def verdict(self, instance: Instance) -> Literal["liveness", "startup"] | None:
        """Which probe wants a running instance restarted."""
        for kind in ("liveness", "startup"):
            worker = self._workers.get((instance.name, kind))
            if worker is not None and worker.result(instance.id) is Outcome.FAILURE:
                return kind
        return None

    def trigger_unready(self) -> None:
        """Probe at once what runs, has started and is not ready."""
        for instance in self._instances.running():
            worker = self._workers.get((instance.name, "readiness"))
            if worker is not None and instance.started and not self.ready(instance):
                worker.trigger()

    def terminating(self) -> None:
        """The pod is being stopped: only readiness is still asked."""
        for (_, kind), worker in self._workers.items():
            if kind != "readiness":
                worker.stop()

    def stop(self) -> None:
        """End all workers."""
        for worker in self._workers.values():
            worker.stop()
