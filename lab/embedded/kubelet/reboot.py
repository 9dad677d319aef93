"""What a kubelet finds after its node was rebooted: pods whose containers have all died unseen.

containerd still knows the containers, as ended with code 255 and reason Unknown; the kubelet makes a new
sandbox (`SandboxChanged`) and starts them again, each with one restart more. Back-offs begin anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.kubelet.instances import Instance, PodInstances
from lab.embedded.objects.times import parse_time

if TYPE_CHECKING:
    from lab.embedded.kubelet.context import NodeContext

Json = dict[str, Any]


def instances_before_reboot(pod: Json, instances: PodInstances, context: NodeContext) -> None:
    """Fill in the instances that a pod's status tells of, all of them ended by now."""
    spec, status, running = pod["spec"], pod["status"], False
    specs = {each["name"]: each for each in [*(spec.get("initContainers") or ()), *spec["containers"]]}
    statuses = [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
    for each in statuses:
        if each["name"] in specs and each.get("containerID"):
            instance = _instance(each, specs[each["name"]], context.agenda.now())
            running |= "running" in each["state"]
            instances.add(instance)
    if running and status.get("phase") not in {"Succeeded", "Failed"}:
        message = "Pod sandbox changed, it will be killed and re-created."
        context.recorder.record(pod, "Normal", "SandboxChanged", message)


def _instance(status: Json, container: Json, now: float) -> Instance:
    state, last = status["state"], status.get("lastState") or {}
    ended = state.get("terminated") or ({} if "running" in state else last.get("terminated") or {})
    began = ended.get("startedAt") or state.get("running", {}).get("startedAt")
    return Instance(
        status["name"],
        status["containerID"],
        status["image"],
        status["imageID"],
        container,
        status["restartCount"],
        None,
        parse_time(began) if began else now,
        started_at=parse_time(began) if began else now,
        finished_at=parse_time(ended["finishedAt"]) if ended.get("finishedAt") else now,
        exit_code=ended.get("exitCode", 255),
        reason=ended.get("reason", "Unknown"),
        message=ended.get("message", ""),
    )
