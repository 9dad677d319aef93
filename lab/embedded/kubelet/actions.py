"""What a sync has to do for a pod's containers; pure.

Follows `computePodActions` and `computeInitContainerActions` (`pkg/kubelet/kuberuntime`) of v1.36: init
containers one after another, restartable ones (native sidecars) until they have started, then the rest
together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from msgspec import Struct, field

from lab.embedded.kubelet.instances import Instance, PodInstances
from lab.embedded.kubelet.status import is_sidecar, should_restart

Json = dict[str, Any]


class Kill(Struct, frozen=True):
    """A running instance that has to go, with the event's message."""

    instance: Instance
    message: str
    probe: Literal["liveness", "startup"] | None = None


class Actions(Struct):
    """Kills come first, then starts in order."""

    kill: list[Kill] = field(default_factory=list)
    start: list[Json] = field(default_factory=list)
    kill_pod: bool = False
    """No container of the spec is to run any more: what still runs (sidecars, too) is stopped."""


Verdict = Callable[[Instance], Literal["liveness", "startup"] | None]
"""Which probe says that a running instance must be restarted."""


def compute_actions(pod: Json, instances: PodInstances, verdict: Verdict) -> Actions:
    """What is to be done now."""
    actions = Actions()
    spec = pod["spec"]
    initialized = any(instances.latest(each["name"]) for each in spec["containers"])
    ready = _init_actions(pod, instances, verdict, actions, initialized=initialized)
    for container in spec.get("ephemeralContainers") or ():
        if instances.latest(container["name"]) is None:
            actions.start.append(container)
    if ready or initialized:
        _main_actions(pod, instances, verdict, actions)
    return actions


def _main_actions(pod: Json, instances: PodInstances, verdict: Verdict, actions: Actions) -> None:
    """Adds what the containers need; where none of them is to run, the pod has done its work."""
    mine = Actions()
    for container in pod["spec"]["containers"]:
        _container_actions(pod, container, instances, verdict, mine)
    killed = [each.instance for each in mine.kill]
    names = {each["name"] for each in pod["spec"]["containers"]}
    kept = [each for each in instances.running() if each.name in names and each not in killed]
    if kept or mine.start:
        actions.kill += mine.kill
        actions.start += mine.start
    else:
        actions.kill, actions.start, actions.kill_pod = [], [], True


def _init_actions(
    pod: Json, instances: PodInstances, verdict: Verdict, actions: Actions, *, initialized: bool
) -> bool:
    """Adds what init containers need; returns whether all of them are done."""
    for container in pod["spec"].get("initContainers") or ():
        latest = instances.latest(container["name"])
        if is_sidecar(container):
            _container_actions(pod, container, instances, verdict, actions)
            if (latest is None or not (latest.running and latest.started)) and not initialized:
                return False
        elif initialized or (latest is not None and latest.exited and latest.exit_code == 0):
            continue
        else:
            if latest is None or (latest.exited and should_restart(pod, container, latest)):
                actions.start.append(container)
            return False
    return True


def _container_actions(
    pod: Json, container: Json, instances: PodInstances, verdict: Verdict, actions: Actions
) -> None:
    latest = instances.latest(container["name"])
    if latest is None or not latest.running:
        if should_restart(pod, container, latest):
            actions.start.append(container)
        return
    restart = (container.get("restartPolicy") or pod["spec"].get("restartPolicy", "Always")) != "Never"
    probe: Literal["liveness", "startup"] | None = None
    if _changed(container, latest.spec):
        message, restart = f"Container {container['name']} definition changed", True
    elif (probe := verdict(latest)) is not None:
        message = f"Container {container['name']} failed {probe} probe"
    else:
        return
    actions.kill.append(Kill(latest, f"{message}, will be restarted" if restart else message, probe))
    if restart:
        actions.start.append(container)


def _changed(container: Mapping[str, Any], old: Mapping[str, Any]) -> bool:
    # Only the image of a container can change in a living pod; the kubelet's hash covers name and image.
    return bool(container["image"] != old["image"])
