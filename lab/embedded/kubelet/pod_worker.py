"""The worker of one pod: one sync after another, until the pod has gone.

Follows `pkg/kubelet/pod_workers.go` and `syncPod`/`syncTerminatingPod`/`syncTerminatedPod`. Never two
syncs at once; a sync waits (for pulls, for containers to end) without blocking anything else. When the
next one comes:

    * at once after a change from the API, the end of a container, a probe's verdict, a start that
      succeeded;
    * after a failed sync when its back-off ends, to the microsecond, and otherwise 10 to 15 s later;
    * one second after a failed sync that made the sandbox (the relist of PLEG finds it);
    * 60 to 90 s after a good sync (which is also when ConfigMap volumes are refreshed).

One second after a container's end its status is written again: `Error` becomes `CrashLoopBackOff`. (A real
kubelet needs a whole sync for that, so the moment of the switch is chance there.)

The ends of containers are noticed at once, where a real kubelet's relist takes up to a second: restarts
are exactly at once, then 10, 20, 40 … 300 s after the end of the container.
"""

from __future__ import annotations

import json
from math import inf
from typing import TYPE_CHECKING, Any

from lab.embedded.api.interface import DeleteOptions
from lab.embedded.kubelet import deadline
from lab.embedded.kubelet.actions import Kill, compute_actions
from lab.embedded.kubelet.backoff import duration
from lab.embedded.kubelet.context import NodeContext, pod_format
from lab.embedded.kubelet.images import Images, StartFailure
from lab.embedded.kubelet.instances import Instance, PodInstances
from lab.embedded.kubelet.killing import kill, kill_pod
from lab.embedded.kubelet.pod_probes import PodProbes
from lab.embedded.kubelet.probing import PRIORITY
from lab.embedded.kubelet.sandbox import create_sandbox, tell_of_loss
from lab.embedded.kubelet.starting import Starter
from lab.embedded.kubelet.status import OWNED, Facts, pod_status, probed_status
from lab.embedded.kubelet.steps import Steps, Task, pause
from lab.embedded.kubelet.volumes import Volumes
from lab.embedded.objects.disruption import mark_disrupted
from lab.embedded.objects.times import format_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.embedded.clock.agenda import Timer
    from lab.embedded.kubelet.environment import Sources

Json = dict[str, Any]
SANDBOX_SECONDS = 2.5
"""How long a pod sandbox takes to be made: cgroups, volumes, network (1 to 8 s in the recordings)."""
_RELIST = 1.0
_RETRY = 10.0
_RESYNC = 60.0
_EVICTION_GRACE = 1.0


class PodWorker:
    """One pod on this node."""

    def __init__(
        self,
        context: NodeContext,
        images: Images,
        pod: Json,
        sources: Sources,
        gone: Callable[[PodWorker], None],
    ) -> None:
        """`gone` is called when nothing of the pod is left on the node."""
        self.pod = pod
        self.uid: str = pod["metadata"]["uid"]
        self.instances = PodInstances()
        self._context = context
        self._images = images
        self._gone = gone
        self._reasons: dict[str, tuple[str, str]] = {}
        self._verdict: tuple[str, str] | None = None
        self._evicted = False
        self._start_time = (pod.get("status") or {}).get("startTime") or format_time(context.agenda.now())
        self.volumes = Volumes(context, lambda: self.pod, self.pod_ip, self.request)
        self.probes = PodProbes(context, lambda: self.pod, self.instances, self.pod_ip, self._probed)
        self._starter = Starter(context, images, self.instances, self.volumes, sources, self._exited)
        self._deadline = deadline.Deadline(context, self._start_time, self.request)
        self._task: Task | None = None
        self._killing = 0
        self._pending = False
        self._timer: Timer | None = None
        self._new_sandbox = False
        self._terminating = False
        self._terminating_within = inf
        self._over = False
        self._removed = False
        self.finished = False

    @property
    def label(self) -> str:
        """Whose work this is, for a livelock's message."""
        return f"the kubelet's worker of pod {pod_format(self.pod)}"

    def pod_ip(self) -> str:
        """The pod's address; empty before it has a sandbox."""
        return self.instances.sandbox.ip if self.instances.sandbox is not None else ""

    def update(self, pod: Json) -> None:
        """The API has a newer version of the pod."""
        before, self.pod = self.pod, pod
        if pod["metadata"].get("deletionTimestamp"):
            self._begin_terminating()
        elif _wanted(before) != _wanted(pod):
            self.request()

    def removed(self) -> None:
        """The pod has vanished from the API (forced deletion): stop what still runs, report nothing."""
        self._removed = True
        self.pod = self.pod | {"metadata": self.pod["metadata"] | {"deletionGracePeriodSeconds": 1}}
        self._begin_terminating()

    def evict(self, message: str) -> None:
        """End the pod for the node's sake, within a second."""
        self._verdict = ("Evicted", message)
        self._evicted = True
        now = self._context.agenda.now()
        self.pod = self._context.api.update_status(
            "pods", self.pod, lambda pod: mark_disrupted(pod, "TerminationByKubelet", message, now)
        )
        self._context.recorder.record(self.pod, "Warning", "Evicted", message)
        self.request()

    def halt(self) -> None:
        """The machine loses its power: all of the pod ends at once, and nobody tells the API."""
        self.finished = self._removed = True
        self.volumes.stop()
        self.probes.stop()
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            self._task.cancel()
            self._task = None
        for instance in self.instances.running():
            if instance.handle is not None:
                instance.handle.signal(9)
        self._release()
        self._gone(self)

    def request(self, delay: float = 0.0) -> None:
        """Ask for a sync; the earliest request counts."""
        due = self._context.agenda.now() + delay
        if self._task is not None and delay == 0:
            self._pending = True
            return
        if self._timer is not None and self._timer.pending and self._timer.due <= due:
            return
        self._schedule(delay)

    def _schedule(self, delay: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if not self.finished:
            self._timer = self._context.agenda.call_after(delay, self._begin, PRIORITY)

    def _begin(self) -> None:
        self._timer = None
        if self._task is not None:
            self._pending = True
            return
        if self.finished or (self._over and not self._terminating):
            return
        self._pending = False
        steps = self._terminate() if self._terminating else self._sync()

        def done(failures: list[StartFailure] | None) -> None:
            self._task = None
            if not (self.finished or (self._over and not self._terminating)):
                self._after(failures)

        self._task = Task(steps, done)
        self._task.resume(None)

    def _after(self, failures: list[StartFailure] | None) -> None:
        """When the next sync comes (`completeWork`)."""
        context = self._context
        if self._pending or self._terminating:
            self._schedule(0.0)
        elif not failures:
            self._schedule(context.jitter(_RESYNC))
        else:
            now = context.agenda.now()
            ends = [failure.retry_at - now for failure in failures if failure.retry_at is not None]
            delays = [*ends, context.jitter(_RETRY)]
            if self._new_sandbox:
                delays.append(_RELIST)
            self._schedule(max(0.0, min(delays)))
        self._new_sandbox = False

    def _sync(self) -> Steps[list[StartFailure]]:
        pod = self.pod
        self.volumes.refresh()
        phase = self.publish()
        if phase in {"Succeeded", "Failed"}:
            yield from self._finish(pod)
            return []
        if not self.volumes.mount_all():
            return []
        self._images.warn_of_missing_secrets(pod)
        self.probes.add(pod)
        if self.instances.sandbox is not None and self.instances.sandbox.over:
            tell_of_loss(self._context, pod)
            self._release()
        actions = compute_actions(pod, self.instances, self.probes.verdict)
        if actions.kill_pod:
            yield from self._kill_all(pod)
            return []
        ended = {each["name"]: self.instances.last_exited(each["name"]) for each in actions.start}
        if actions.start and self.instances.sandbox is None:
            yield from self._make_sandbox(pod)
        for each in actions.kill:
            yield from self._kill(pod, each)
        failures = []
        for container in actions.start:
            failure = yield from self._start(pod, container, ended[container["name"]])
            if failure is not None:
                self._reasons[container["name"]] = (failure.reason, failure.message)
                failures.append(failure)
            else:
                self._reasons.pop(container["name"], None)
                self._pending = True  # the start is published at once
        return failures

    def _make_sandbox(self, pod: Json) -> Steps[None]:
        yield pause(self._context.agenda, SANDBOX_SECONDS)
        self.instances.sandbox = create_sandbox(self._context, pod)
        self._new_sandbox = True

    def _kill(self, pod: Json, action: Kill) -> Steps[None]:
        grace = pod["spec"].get("terminationGracePeriodSeconds", 30)
        if action.probe is not None:
            probe = action.instance.spec.get(f"{action.probe}Probe") or {}
            grace = probe.get("terminationGracePeriodSeconds", grace)
        self._killing += 1
        yield from kill(self._context, pod, action.instance, self.pod_ip(), action.message, grace)
        self._killing -= 1

    def _start(self, pod: Json, container: Json, last: Instance | None) -> Steps[StartFailure | None]:
        """Start a container unless its back-off still runs (`doBackOff`).

        `last` is the newest ended instance as the sync found it; one this sync has killed does not count,
        which is why a container killed by its liveness probe restarts without waiting more often than not.
        """
        context = self._context
        if last is not None and last.finished_at is not None:
            now = context.agenda.now()
            key = self._backoff_key(container)
            left = context.crash_backoff.remaining_since(key, last.finished_at, now)
            if left:
                name = container["name"]
                text = f"restarting failed container {name} in pod {pod_format(pod)}"
                context.container_event(pod, name, "Warning", "BackOff", f"Back-off {text}")
                wait = duration(context.crash_backoff.get(key))
                message = f"back-off {wait} restarting failed container={name} pod={pod_format(pod)}"
                return StartFailure("CrashLoopBackOff", message, now + left)
            context.crash_backoff.next(key, last.finished_at, now)
        return (yield from self._starter.start(pod, container))

    def _backoff_key(self, container: Json) -> str:
        identity = json.dumps([container["name"], container["image"]])
        return f"{self.uid}/{identity}"

    def _exited(self, _: Instance) -> None:
        self._context.agenda.call_after(_RELIST, self._republish, PRIORITY)
        if self._killing == 0:
            self.request()

    def _republish(self) -> None:
        if self._task is None and not (self._terminating or self.finished or self._over):
            self.publish()

    def _probed(self) -> None:
        """A probe's result has changed: told at once, even while containers are being stopped."""
        if self._killing and not self._removed:
            self.probes.update_started()
            self._write(probed_status(self.pod, self._facts(terminal=False)))
        self.request()

    def _facts(self, *, terminal: bool) -> Facts:
        return Facts(
            self.instances,
            self._reasons,
            self.probes.ready,
            self.probes.started,
            self._context.agenda.now(),
            self._context.ip,
            self._start_time,
            terminal=terminal,
            verdict=self._verdict,
        )

    def publish(self, *, terminal: bool = False) -> str:
        """Write the pod's status to the API when it differs; returns the phase."""
        self.probes.update_started()
        if self._deadline.exceeded(self.pod):
            self._verdict = self._verdict or (deadline.REASON, deadline.MESSAGE)
        facts = self._facts(terminal=terminal)
        status = pod_status(self.pod, facts)
        phase: str = status["phase"]
        if not self._removed and self._context.api.find("pods", *self._name()) is not None:
            self._write(status)
        self.probes.trigger_unready()
        return phase

    def _write(self, status: Json) -> None:
        """Replace what of the pod's status is the kubelet's; `qosClass` and what others write stay."""

        def change(pod: Json) -> None:
            kept = {key: value for key, value in (pod.get("status") or {}).items() if key not in OWNED}
            pod["status"] = (
                kept | status | {"qosClass": (pod.get("status") or {}).get("qosClass", "BestEffort")}
            )

        self.pod = self._context.api.update_status("pods", self.pod, change)

    def _name(self) -> tuple[str, str]:
        metadata = self.pod["metadata"]
        return metadata["namespace"], metadata["name"]

    def _finish(self, pod: Json) -> Steps[None]:
        """A pod that has reached its final phase: nothing of it runs on."""
        self.probes.stop()
        self.publish()  # terminating it is another sync, which makes the status once more
        yield from self._kill_all(pod)
        self.publish(terminal=True)
        self._release()
        self.publish(terminal=True)
        self._over = True

    def _kill_all(self, pod: Json) -> Steps[None]:
        running = self.instances.running()
        self._killing += 1
        yield from kill_pod(self._context, pod, running, self.pod_ip(), self._grace(pod))
        self._killing -= 1
        self._pending |= bool(running)  # their ends are published at once

    def _grace(self, pod: Json) -> float:
        """Seconds that the pod's containers have to end."""
        if self._evicted:
            return _EVICTION_GRACE
        grace = pod["metadata"].get("deletionGracePeriodSeconds")
        return float(pod["spec"].get("terminationGracePeriodSeconds", 30) if grace is None else grace)

    def _begin_terminating(self) -> None:
        """Stop the pod; begin again where it is being stopped and less time than that is left now."""
        grace = self._grace(self.pod)
        if grace >= self._terminating_within:
            return
        self._terminating_within, self._terminating = grace, True
        self.volumes.stop()
        self.probes.terminating()
        if self._task is not None:
            self._task.cancel()
            self._task, self._killing = None, 0
        for instance in self.instances.running():
            instance.killing = False
        self.request()

    def _terminate(self) -> Steps[None]:
        if not self._over:
            self.publish()
            yield from self._kill_all(self.pod)
            self.probes.stop()
            self.publish(terminal=True)
            self._release()
        self._end()

    def _release(self) -> None:
        sandbox, self.instances.sandbox = self.instances.sandbox, None
        if sandbox is not None:
            sandbox.stop()

    def _end(self) -> None:
        self.finished = True
        if self._timer is not None:
            self._timer.cancel()
        self._context.crash_backoff.forget(f"{self.uid}/")
        self._images.forget(self.uid)
        if not self._removed:
            current = self._context.api.find("pods", *self._name())
            if current is not None and current["metadata"]["uid"] == self.uid:
                self._context.api.delete("pods", *self._name(), DeleteOptions(grace_period=0, uid=self.uid))
        self._gone(self)


def _wanted(pod: Json) -> tuple[Json, Json | None, Json | None, list[Json]]:
    """What of a pod makes the kubelet look at it again when it changes (`podsDifferSemantically`)."""
    metadata = pod["metadata"]
    gates = [each["conditionType"] for each in pod["spec"].get("readinessGates") or ()]
    held = [
        each for each in (pod.get("status") or {}).get("conditions") or () if gates and each["type"] in gates
    ]
    return pod["spec"], metadata.get("labels"), metadata.get("annotations"), held
