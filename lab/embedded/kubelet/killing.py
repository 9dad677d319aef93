"""Stopping containers gracefully: event, preStop hook, the stop signal, the grace period, SIGKILL.

Follows `killContainer` (`pkg/kubelet/kuberuntime/kuberuntime_container.go`) and `termination_order.go` of
v1.36: the hook's time counts against the grace period, and so does a sidecar's wait for its turn; at least
two seconds are left for the process, whatever the grace period was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.kubelet.hooks import run_hook
from lab.embedded.kubelet.status import is_sidecar
from lab.embedded.kubelet.steps import Resume, Steps, Wait, run, together, within

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.embedded.kubelet.context import NodeContext
    from lab.embedded.kubelet.instances import Instance

Json = dict[str, Any]
_SIGKILL = 9
_MINIMUM_GRACE = 2.0


def ended(instance: Instance) -> Any:
    """A wait for an instance to end."""

    def wait(resume: Resume) -> None:
        if instance.running:
            instance.waiters.append(lambda: resume(None))
        else:
            resume(None)

    return wait


def kill(
    context: NodeContext,
    pod: Json,
    instance: Instance,
    pod_ip: str,
    message: str,
    grace: float,
    turn: Wait | None = None,
) -> Steps[None]:
    """Stop a running instance within `grace` seconds of cluster time; over when its process has ended.

    `turn` is waited for before the stop signal, as long as there is time.
    """
    if not instance.running:
        return
    if instance.killing:
        yield ended(instance)
        return
    instance.killing = True
    context.container_event(
        pod, instance.name, "Normal", "Killing", message or f"Stopping container {instance.name}"
    )
    handler = (instance.spec.get("lifecycle") or {}).get("preStop")
    left = float(grace)
    if handler and left > 0:

        def hook(resume: Resume) -> None:
            run(_pre_stop(context, pod, instance, pod_ip, handler), resume)

        left = yield from _spend(context, left, hook)
    if turn is not None and left > 0:
        left = yield from _spend(context, left, turn)
    yield from _signals(context, instance, max(left, _MINIMUM_GRACE))


def _spend(context: NodeContext, left: float, wait: Wait) -> Steps[float]:
    """Wait at most `left` seconds; returns what is left of them, time being counted in whole seconds."""
    began = context.agenda.now()
    yield within(context.agenda, left, wait)
    return left - int(context.agenda.now() - began + 1e-6)


def kill_pod(
    context: NodeContext, pod: Json, running: Sequence[Instance], pod_ip: str, grace: float
) -> Steps[None]:
    """Stop all of a pod: sidecars get their signal when those that started after them have ended."""
    places = {
        each["name"]: len(pod["spec"].get("initContainers") or ()) for each in pod["spec"]["containers"]
    }
    for place, container in enumerate(pod["spec"].get("initContainers") or ()):
        if is_sidecar(container):
            places[container["name"]] = place

    def stop(instance: Instance) -> Steps[None]:
        own = places.get(instance.name, -1)
        before = [each for each in running if places.get(each.name, -1) > own]
        turn = _all_ended(before) if is_sidecar(instance.spec) and before else None
        return kill(context, pod, instance, pod_ip, "", grace, turn)

    yield together([stop(each) for each in running])


def _all_ended(instances: Sequence[Instance]) -> Wait:
    def steps() -> Steps[None]:
        for each in instances:
            yield ended(each)

    def wait(resume: Resume) -> None:
        run(steps(), resume)

    return wait


def _pre_stop(context: NodeContext, pod: Json, instance: Instance, pod_ip: str, handler: Json) -> Steps[None]:
    error = yield from run_hook(context, pod_ip, instance, handler)
    if error is not None:
        # what the hook said stays out of the event: it may hold secrets
        context.container_event(pod, instance.name, "Warning", "FailedPreStopHook", "PreStopHook failed")


def _signals(context: NodeContext, instance: Instance, grace: float) -> Steps[None]:
    handle = instance.handle
    if handle is None or not instance.running:
        return
    handle.signal(handle.stop_signal)
    in_time = yield within(context.agenda, grace, ended(instance))
    if not in_time and instance.running:
        handle.signal(_SIGKILL)
        yield ended(instance)
