"""Why a pod is not well: the first cause in the chain, its evidence, and the command that shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.checks.causes import BY_SIGNAL, killed_by
from lab.checks.judgement import Judgement, line
from lab.checks.reading import (
    Container,
    containers,
    find,
    happening,
    is_ready,
    name_of,
    owner_uids,
    pods_of,
    selector_of,
    superseded,
    uid_of,
)
from lab.model.verdict import Evidence, State

if TYPE_CHECKING:
    from lab.model.observation import Object, Snapshot

PULL = frozenset({"ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName"})
CONFIG = frozenset({"CreateContainerConfigError"})
START = frozenset({"CreateContainerError", "RunContainerError", "StartError", "ContainerCannotRun"})


@dataclass(frozen=True)
class Trouble:
    """One cause."""

    code: str
    observed: str
    why: str
    evidence: tuple[Evidence, ...]
    look_at: str


def trouble_of(snapshot: Snapshot, workload: str) -> Trouble | None:
    """What is wrong with the workload or the first of its pods that is not well; None when nothing is.

    Where the newest version has pods, they are meant: those of the version before are on their way out.
    """
    obj = find(snapshot, workload)
    if obj is None:
        return Trouble(
            "missing",
            f"there is no {workload}",
            "The exercise is about this object: it has to be there.",
            (Evidence(workload, "", "(not there)"),),
            f"kubectl get {workload.partition('/')[0]}s",
        )
    pods = pods_of(snapshot, workload)
    earlier = superseded(snapshot, workload)
    for pod in [pod for pod in pods if not earlier & owner_uids(pod)] or pods:
        found = _of_pod(snapshot, pod)
        if found is not None:
            return found
    return None if pods else _no_pods(snapshot, workload, obj)


def _of_pod(snapshot: Snapshot, pod: Object) -> Trouble | None:
    for container in containers(pod):
        found = _of_container(snapshot, container)
        if found is not None:
            return found
    for condition in (pod.get("status") or {}).get("conditions") or ():
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            message = line(str(condition.get("message", "")))
            return Trouble(
                "unschedulable",
                f"pod {name_of(pod)} is not scheduled: {message}",
                "No node takes the pod; the scheduler says why.",
                (Evidence(f"pod/{name_of(pod)}", "status.conditions[type=PodScheduled]", message),),
                f"kubectl describe pod {name_of(pod)}",
            )
    return None if is_ready(pod) else _not_ready(snapshot, pod)


def _of_container(snapshot: Snapshot, item: Container) -> Trouble | None:
    ref, describe = f"pod/{item.pod}", f"kubectl describe pod {item.pod}"
    shown = line(f"{item.reason}: {item.message}" if item.message else item.reason)
    here = (Evidence(ref, f"{item.path}.state.{item.state}", shown),)
    if item.state == "waiting" and item.reason in PULL:
        return Trouble(
            "image-pull", f"container {item.name}: {shown}", "The node cannot get the image.", here, describe
        )
    if item.state == "waiting" and item.reason in CONFIG:
        return Trouble(
            "config-error",
            f"container {item.name}: {shown}",
            "The kubelet cannot put the container's settings together: something it refers to is not there.",
            here,
            describe,
        )
    if item.reason in START or item.last_reason in START:
        return Trouble(
            "start-error",
            f"container {item.name}: {shown}",
            "The command could not be started.",
            here,
            describe,
        )
    failed = item.state == "terminated" and item.exit_code not in {0, None}
    if item.reason == "CrashLoopBackOff" or failed or (item.restarts and not item.ready and not item.init):
        return _killed(snapshot, item) or _crashing(item)
    return None


def _killed(snapshot: Snapshot, item: Container) -> Trouble | None:
    """A container that did not end by itself: the kubelet's event names the probe that had it ended."""
    code = item.exit_code if item.state == "terminated" else item.last_exit_code
    if item.reason == "OOMKilled" or item.last_reason == "OOMKilled" or code not in BY_SIGNAL:
        return None
    events = sorted(map(happening, snapshot.of("Event")), key=lambda event: event.last)
    told = killed_by(item, events)
    if told is None:
        return None
    probe, (*_, shown) = told
    return Trouble(
        "crash-loop",
        f"container {item.name} was ended by the kubelet because its {probe} probe failed, "
        f"{item.restarts} restarts",
        "It did not end by itself. The events say what the probe was answered.",
        (
            Evidence(f"event/{shown.name}", shown.reason, line(shown.message), shown.last),
            Evidence(f"pod/{item.pod}", f"{item.path}.restartCount", str(item.restarts)),
        ),
        f"kubectl describe pod {item.pod}",
    )


def _crashing(item: Container) -> Trouble:
    reason = item.reason if item.state == "terminated" else item.last_reason
    code = item.exit_code if item.state == "terminated" else item.last_exit_code
    field = "state" if item.state == "terminated" else "lastState"
    oom = reason == "OOMKilled"
    kind = "init container" if item.init else "container"
    logs = f"kubectl logs {item.pod} -c {item.name}" + ("" if item.state == "terminated" else " --previous")
    return Trouble(
        "oom-killed" if oom else "crash-loop",
        f"{kind} {item.name} ended with {reason or 'Error'} (exit code {code}), {item.restarts} restarts",
        "The container needs more memory than its limit lets it have."
        if oom
        else "The container ends and is started again and again; its last words are in the log.",
        (
            Evidence(f"pod/{item.pod}", f"{item.path}.{field}.terminated", f"{reason} {code}"),
            Evidence(f"pod/{item.pod}", f"{item.path}.restartCount", str(item.restarts)),
        ),
        f"kubectl describe pod {item.pod}" if oom else logs,
    )


def _not_ready(snapshot: Snapshot, pod: Object) -> Trouble:
    name = name_of(pod)
    events = [happening(event) for event in snapshot.of("Event")]
    mine = [event for event in events if event.uid == uid_of(pod) and event.type == "Warning"]
    latest = max(mine, key=lambda event: event.last, default=None)
    if latest is None:
        return _unready(pod)
    message = line(latest.message)
    return Trouble(
        "not-ready",
        f"pod {name} is not Ready: {latest.reason}: {message}",
        "The kubelet's events say what it waits for.",
        (Evidence(f"event/{latest.name}", latest.reason, message, latest.last),),
        f"kubectl describe pod {name}",
    )


def _unready(pod: Object) -> Trouble:
    """A pod no event complains of: its Ready condition says what is missing, or its phase how far it is."""
    name, status = name_of(pod), pod.get("status") or {}
    conditions = status.get("conditions") or ()
    ready: Object = next((item for item in conditions if item.get("type") == "Ready"), {})
    phase = str(status.get("phase", "Pending"))
    message = line(str(ready.get("message") or ""))
    shown = (
        Evidence(f"pod/{name}", "status.conditions[type=Ready].message", message)
        if message
        else Evidence(f"pod/{name}", "status.phase", phase)
    )
    told = f"pod {name} is not Ready (phase {phase})" + (f": {message}" if message else "")
    return Trouble("not-ready", told, "", (shown,), f"kubectl describe pod {name}")


def _no_pods(snapshot: Snapshot, workload: str, obj: Object) -> Trouble:
    replicas = (obj.get("spec") or {}).get("replicas", 1)
    if replicas == 0:
        return Trouble(
            "no-replicas",
            f"{workload} wants no replicas",
            "Nothing runs, so nothing can fail, or serve.",
            (Evidence(workload, "spec.replicas", "0"),),
            f"kubectl get {workload}",
        )
    failed = [happening(event) for event in snapshot.of("Event") if event.get("reason") == "FailedCreate"]
    latest = max(failed, key=lambda event: event.last, default=None)
    message = line(latest.message) if latest else "no pod has been made yet"
    selector = selector_of(snapshot, workload)
    return Trouble(
        "no-pods",
        f"{workload} has no pods: {message}",
        "",
        (Evidence(workload, "status.replicas", "0"),),
        f"kubectl describe {workload.replace('/', ' ')}"
        if latest
        else f"kubectl get pods {selector}".strip(),
    )


def troubled(
    snapshot: Snapshot, workload: str, expected: str, *, fallback: str, observed: str = "", why: str = ""
) -> Judgement:
    """Not yet, and why: the workload's trouble, or where there is none what the check itself `observed`."""
    found = trouble_of(snapshot, workload) or Trouble(
        fallback, observed, why, (), f"kubectl describe {workload}"
    )
    code = fallback if found.code == "not-ready" else found.code
    return Judgement(
        State.WAITING, code, expected, found.observed or observed, found.evidence, found.why, found.look_at
    )
