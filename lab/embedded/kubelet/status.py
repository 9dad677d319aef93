"""The status a kubelet reports for a pod; pure.

Follows `generateAPIPodStatus`, `convertToAPIContainerStatuses` and `getPhase`
(`pkg/kubelet/kubelet_pods.go`) and `pkg/kubelet/status/generate.go` of v1.36. The reason of a failed start
(`CrashLoopBackOff`, `ErrImagePull`, …) is known only after the sync that failed, so it shows from the next
sync on: until then a dead container shows its own end (`Error`, `OOMKilled`, `Completed`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from lab.embedded.kubelet.resource_status import mount_status, pod_resources, what_it_has
from lab.embedded.objects.times import format_time

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lab.embedded.kubelet.instances import Instance, PodInstances

Json = dict[str, Any]
OWNED = frozenset(
    (
        "observedGeneration",
        "phase",
        "conditions",
        "hostIP",
        "hostIPs",
        "podIP",
        "podIPs",
        "startTime",
        "reason",
        "message",
        "containerStatuses",
        "initContainerStatuses",
        "ephemeralContainerStatuses",
        "allocatedResources",
        "resources",
    )
)
"""The fields of a status that are the kubelet's own; others are kept as they are."""


class Facts(Struct, frozen=True):
    """What the status is made from besides the pod itself."""

    instances: PodInstances
    reasons: Mapping[str, tuple[str, str]]
    """Per container, why its last start failed: (reason, message)."""
    ready: Callable[[Instance], bool]
    started: Callable[[Instance], bool]
    now: float
    host_ip: str
    start_time: str
    terminal: bool = False
    """Whether the pod is being stopped for good: ended containers then decide the phase."""
    verdict: tuple[str, str] | None = None
    """The kubelet's own reason and message for a failed pod (`DeadlineExceeded`)."""


def is_sidecar(container: Mapping[str, Any]) -> bool:
    """Whether an init container is a restartable one."""
    return container.get("restartPolicy") == "Always"


def restarts_after(pod: Json, container: Mapping[str, Any], exit_code: int) -> bool:
    """Whether the restart policy starts a container again that ended so (`ContainerShouldRestart`)."""
    policy = container.get("restartPolicy") or pod["spec"].get("restartPolicy", "Always")
    return policy == "Always" or (policy == "OnFailure" and exit_code != 0)


def should_restart(pod: Json, container: Mapping[str, Any], instance: Instance | None) -> bool:
    """Whether the container, as it is, is to be started at the next sync (`ShouldContainerBeRestarted`)."""
    if instance is None:
        return True
    if pod["metadata"].get("deletionTimestamp") or instance.running:
        return False
    return restarts_after(pod, container, instance.exit_code)


def _terminated(instance: Instance) -> Json:
    state: Json = {"exitCode": instance.exit_code}
    if instance.signal:
        state["signal"] = instance.signal
    state["reason"] = instance.reason
    if instance.message:
        state["message"] = instance.message
    if instance.started_at:
        state["startedAt"] = format_time(instance.started_at)
    else:  # containerd reports the zero time of a container that never started as the Unix epoch
        state["startedAt"] = "1970-01-01T00:00:00Z"
    state["finishedAt"] = format_time(instance.finished_at or 0.0)
    state["containerID"] = instance.id
    return {"terminated": state}


def _waiting(reason: str, message: str = "") -> Json:
    return {"waiting": {"reason": reason, "message": message} if message else {"reason": reason}}


def _state(instance: Instance) -> Json:
    if instance.exited:
        return _terminated(instance)
    if instance.running:
        return {"running": {"startedAt": format_time(instance.started_at)}}
    return _waiting("ContainerCreating")


def container_status(pod: Json, container: Json, facts: Facts, *, init: bool) -> Json:
    """The status of one container."""
    name = container["name"]
    latest = facts.instances.latest(name)
    previous = facts.instances.before(name)
    status: Json = {
        "name": name,
        "state": _waiting("PodInitializing" if pod["spec"].get("initContainers") else "ContainerCreating"),
        "lastState": {},
        "ready": False,
        "restartCount": 0,
        "image": container["image"],
        "imageID": "",
        "started": False,
    }
    if latest is not None:
        status |= {"state": _state(latest), "restartCount": latest.restart_count}
        status |= {"image": latest.image, "imageID": latest.image_id, "containerID": latest.id}
        status |= what_it_has(container, latest)
        if previous is not None and previous.exited:
            status["lastState"] = _terminated(previous)
    done = (
        init and latest is not None and latest.exited and latest.exit_code == 0 and not is_sidecar(container)
    )
    if name in facts.reasons and not done and should_restart(pod, container, latest):
        if "terminated" in status["state"]:
            status["lastState"] = status["state"]
        status["state"] = _waiting(*facts.reasons[name])
    _add_readiness(status, container, latest, facts, init=init, done=done)
    if container.get("volumeMounts"):
        status["volumeMounts"] = [mount_status(each) for each in container["volumeMounts"]]
    return status


def _ephemeral(status: Json) -> Json:
    """Nobody asks whether an ephemeral container has started or is ready."""
    return {key: value for key, value in status.items() if key != "started"} | {"ready": False}


def _add_readiness(
    status: Json, container: Json, latest: Instance | None, facts: Facts, *, init: bool, done: bool
) -> None:
    running = latest is not None and latest.running
    status["started"] = bool(running and latest is not None and facts.started(latest))
    if init and not is_sidecar(container):
        status["ready"] = done
    else:
        status["ready"] = bool(status["started"] and latest is not None and facts.ready(latest))


class _Tally(Struct):
    """How many containers are where (`getPhase`'s counters)."""

    pending: int = 0
    """Init containers that have not done their part yet."""
    pending_sidecars: int = 0
    hopeless: int = 0
    """Init containers that failed and are not restarted."""
    running: int = 0
    waiting: int = 0
    stopped: int = 0
    final: int = 0
    """Stopped ones that are not restarted."""
    succeeded: int = 0


def _count_init(tally: _Tally, pod: Json, container: Json, status: Json) -> None:
    state, last = status["state"], status["lastState"].get("terminated")
    ended = state.get("terminated") or (last if "waiting" in state else None)
    if not is_sidecar(container):
        if ended is None:
            tally.pending += 1
        elif ended["exitCode"] != 0 and not restarts_after(pod, container, ended["exitCode"]):
            tally.hopeless += 1
    elif "running" in state:
        tally.running += 1
        tally.pending_sidecars += not status["started"]
    elif ended is None:
        tally.pending_sidecars += 1
        tally.waiting += 1


def _count(tally: _Tally, pod: Json, container: Json, status: Json) -> None:
    state, last = status["state"], status["lastState"].get("terminated")
    ended = state.get("terminated") or last
    if "running" in state:
        tally.running += 1
    elif ended is None:
        tally.waiting += 1
    else:
        tally.stopped += 1
        tally.final += not restarts_after(pod, container, ended["exitCode"])
        tally.succeeded += "terminated" in state and ended["exitCode"] == 0


def phase(pod: Json, init: Sequence[Json], containers: Sequence[Json], *, terminal: bool) -> str:
    """The pod's phase from its container statuses; a `terminal` pod of which nothing runs is over."""
    tally, spec = _Tally(), pod["spec"]
    by_name = {each["name"]: each for each in (*init, *containers)}
    for container in spec.get("initContainers") or ():
        _count_init(tally, pod, container, by_name[container["name"]])
    for container in spec["containers"]:
        _count(tally, pod, container, by_name[container["name"]])
    found = _phase(tally, terminal=terminal, initialized=any("containerID" in each for each in containers))
    # what is stopped for good and never came to an end of its own has failed (`TerminatePod`)
    over = terminal and not tally.running and found not in ("Succeeded", "Failed")
    return "Failed" if over else found


def _phase(tally: _Tally, *, terminal: bool, initialized: bool) -> str:
    if tally.hopeless:
        return "Failed"
    if tally.pending or tally.waiting or (tally.pending_sidecars and not initialized):
        return "Pending"
    if tally.running:
        return "Running"
    if not tally.stopped:
        return "Pending"
    if not terminal and tally.stopped != tally.final:
        return "Running"
    return "Succeeded" if tally.stopped == tally.succeeded else "Failed"


def _unready(statuses: Sequence[Json]) -> list[str]:
    return [each["name"] for each in statuses if not each["ready"]]


def _conditions(
    pod: Json, status_phase: str, init: Sequence[Json], containers: Sequence[Json], *, sandbox: bool
) -> list[Json]:
    sidecars = {each["name"] for each in pod["spec"].get("initContainers") or () if is_sidecar(each)}
    begun = any("running" in each["state"] or "terminated" in each["state"] for each in containers)
    incomplete = [
        each["name"]
        for each in init
        if not begun and not (each["started"] if each["name"] in sidecars else each["ready"])
    ]
    unready = _unready([*(each for each in init if each["name"] in sidecars), *containers])
    completed = ("True", "PodCompleted", "")
    if status_phase == "Succeeded":
        ready: tuple[str, str, str] = ("False", "PodCompleted", "")
        initialized = completed
    else:
        reason, message = ("ContainersNotReady", f"containers with unready status: [{' '.join(unready)}]")
        if status_phase == "Failed":
            reason, message = "PodFailed", ""
        ready = ("False", reason, message) if unready or status_phase == "Failed" else ("True", "", "")
        waiting = f"containers with incomplete status: [{' '.join(incomplete)}]"
        initialized = ("False", "ContainersNotInitialized", waiting) if incomplete else ("True", "", "")
    pod_ready = ready
    gates = _missing_gates(pod)
    if ready[0] == "True" and gates:
        pod_ready = ("False", "ReadinessGatesNotReady", gates)
    wanted = {
        "PodReadyToStartContainers": ("True" if sandbox else "False", "", ""),
        "Initialized": initialized,
        "Ready": pod_ready,
        "ContainersReady": ready,
        "PodScheduled": ("True", "", ""),
    }
    return [
        {"type": kind, "status": value, "reason": reason, "message": message}
        for kind, (value, reason, message) in wanted.items()
    ]


def _missing_gates(pod: Json) -> str:
    held = {each["type"]: each["status"] for each in pod.get("status", {}).get("conditions") or ()}
    for gate in pod["spec"].get("readinessGates") or ():
        kind = gate["conditionType"]
        if held.get(kind) != "True":
            state = (
                "the status of pod readiness gate"
                if kind in held
                else "corresponding condition of pod readiness gate"
            )
            tail = f'is not "True", but {held[kind]}' if kind in held else "does not exist."
            return f'{state} "{kind}" {tail}'
    return ""


def merge_conditions(old: Sequence[Json], new: Sequence[Json], now: float, generation: int) -> list[Json]:
    """Conditions with their transition times: kept where the status did not change; foreign ones stay."""
    before = {each["type"]: each for each in old}
    merged = []
    for condition in new:
        held = before.pop(condition["type"], None)
        same = held is not None and held["status"] == condition["status"]
        full: Json = {
            "type": condition["type"],
            "status": condition["status"],
            "lastProbeTime": None,
            "lastTransitionTime": held["lastTransitionTime"] if same and held else format_time(now),
            "observedGeneration": generation,
        }
        full |= {key: condition[key] for key in ("reason", "message") if condition.get(key)}
        merged.append(full)
    return [*merged, *before.values()]


def probed_status(pod: Json, facts: Facts) -> Json:
    """The last status with nothing new but what probes have found (`SetContainerReadiness`)."""
    status, spec = dict(pod["status"]), pod["spec"]
    for field_name, key in (("initContainers", "initContainerStatuses"), ("containers", "containerStatuses")):
        by_name = {each["name"]: each for each in spec.get(field_name) or ()}
        if key in status:
            init = field_name == "initContainers"
            status[key] = [_probed(each, by_name[each["name"]], facts, init=init) for each in status[key]]
    init_statuses = status.get("initContainerStatuses") or ()
    sandbox = facts.instances.sandbox is not None
    conditions = _conditions(
        pod, status["phase"], init_statuses, status["containerStatuses"], sandbox=sandbox
    )
    generation = pod["metadata"].get("generation", 1)
    status["conditions"] = merge_conditions(status["conditions"], conditions, facts.now, generation)
    return status


def _probed(status: Json, container: Json, facts: Facts, *, init: bool) -> Json:
    latest = facts.instances.latest(status["name"])
    if latest is None or latest.id != status.get("containerID") or "running" not in status["state"]:
        return status
    status = dict(status)
    _add_readiness(status, container, latest, facts, init=init, done=False)
    return status


def pod_status(pod: Json, facts: Facts) -> Json:
    """The whole status, as the kubelet writes it to the API."""
    spec = pod["spec"]
    init = [container_status(pod, each, facts, init=True) for each in spec.get("initContainers") or ()]
    by_name = sorted(spec["containers"], key=lambda each: str(each["name"]))  # as the kubelet sorts them
    containers = [container_status(pod, each, facts, init=False) for each in by_name]
    extra = spec.get("ephemeralContainers") or ()
    ephemeral = [_ephemeral(container_status(pod, each, facts, init=False)) for each in extra]
    old = pod.get("status") or {}
    result = phase(pod, init, containers, terminal=facts.terminal)
    if old.get("phase") in ("Succeeded", "Failed"):
        result = old["phase"]  # a terminal phase is never left
    if facts.verdict is not None:
        result = "Failed"
    sandbox = facts.instances.sandbox
    conditions = _conditions(pod, result, init, containers, sandbox=sandbox is not None)
    generation = pod["metadata"].get("generation", 1)
    status: Json = {
        "observedGeneration": generation,
        "phase": result,
        "conditions": merge_conditions(old.get("conditions") or (), conditions, facts.now, generation),
        "hostIP": facts.host_ip,
        "hostIPs": [{"ip": facts.host_ip}],
        "startTime": facts.start_time,
        "qosClass": old.get("qosClass", "BestEffort"),
        "containerStatuses": containers,
        **pod_resources(pod),
    }
    if facts.verdict is not None:
        status |= {"reason": facts.verdict[0], "message": facts.verdict[1]}
    ip = sandbox.ip if sandbox is not None else old.get("podIP")
    if ip:
        status |= {"podIP": ip, "podIPs": [{"ip": ip}]}
    if init:
        status["initContainerStatuses"] = init
    if ephemeral:
        status["ephemeralContainerStatuses"] = ephemeral
    return status
