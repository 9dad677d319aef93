"""Stopping a container gracefully: event, preStop hook, the stop signal, the grace period, SIGKILL.

Follows `killContainer` (`pkg/kubelet/kuberuntime/kuberuntime_container.go`): the hook's time counts
against the grace period, of which at least two seconds are left for the process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.kubelet.hooks import run_hook
from lab.embedded.kubelet.steps import Resume, Steps, run, within

if TYPE_CHECKING:
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
    context: NodeContext, pod: Json, instance: Instance, pod_ip: str, message: str, grace: float
) -> Steps[None]:
    """Stop a running instance within `grace` seconds of cluster time; over when its process has ended."""
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
        began = context.agenda.now()

        def hook(resume: Resume) -> None:
            run(_pre_stop(context, pod, instance, pod_ip, handler), resume)

        yield within(context.agenda, left, hook)
        left -= context.agenda.now() - began
    yield from _signals(context, instance, max(left, _MINIMUM_GRACE) if grace else 0.0)


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
