"""Kubernetes objects read as facts, the same for every version: pods by owner, container states, events.

Versions word events differently and carry their counts in different fields; nothing above this module knows.
Pods belong to a workload by owner references alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.model.observation import KINDS
from lab.model.times import seconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lab.model.observation import Object, Observation, Snapshot

_COMBINED = "(combined from similar events): "
"""What the client that records events puts before a message when it counts different ones together."""
_KIND_OF = {kind.lower(): kind for kind in KINDS}
"""Kinds by the word in a reference."""


@dataclass(frozen=True)
class Container:
    """One container of a pod, as its status tells."""

    pod: str
    uid: str
    name: str
    init: bool
    state: str
    """`running`, `waiting`, `terminated`, or empty when nothing is known yet."""
    reason: str
    message: str
    exit_code: int | None
    restarts: int
    ready: bool
    last_reason: str
    """How the instance before ended; empty when there was none."""
    last_exit_code: int | None
    path: str
    """Where it stands in the pod: `status.containerStatuses[0]`."""

    @property
    def key(self) -> str:
        """Identity across restarts."""
        return f"{self.uid}/{self.name}"


@dataclass(frozen=True)
class Happening:
    """An event, whichever API wrote it."""

    name: str
    uid: str
    """UID of the object it is about."""
    about: str
    """`pod/web-5d9c7-x2x7v`."""
    type: str
    reason: str
    message: str
    count: int
    last: float
    """Seconds since the Unix epoch."""
    component: str


def find(snapshot: Snapshot, ref: str) -> Object | None:
    """The object `deployment/web` means, or None."""
    word, _, name = ref.partition("/")
    for obj in snapshot.of(_KIND_OF.get(word.lower(), word)):
        if obj["metadata"]["name"] == name:
            return obj
    return None


def uid_of(obj: Object) -> str:
    """An object's UID."""
    return str(obj["metadata"].get("uid", ""))


def name_of(obj: Object) -> str:
    """An object's name."""
    return str(obj["metadata"]["name"])


def owners_of(snapshot: Snapshot, ref: str) -> set[str]:
    """UIDs that a pod's owner reference may name when it belongs to the workload."""
    workload = find(snapshot, ref)
    if workload is None:
        return set()
    own = uid_of(workload)
    return {own} | {uid_of(item) for item in snapshot.of("ReplicaSet") if own in owner_uids(item)}


def superseded(snapshot: Snapshot, ref: str) -> set[str]:
    """UIDs of the ReplicaSets of a Deployment's earlier versions: their pods run what was changed since."""
    workload = find(snapshot, ref)
    if workload is None or workload.get("kind") != "Deployment":
        return set()
    sets = {
        uid_of(item): _revision(item)
        for item in snapshot.of("ReplicaSet")
        if uid_of(workload) in owner_uids(item)
    }
    newest = max(sets.values(), default=0)
    return {uid for uid, revision in sets.items() if revision < newest}


def pods_of(snapshot: Snapshot, ref: str, *, terminating: bool = False) -> list[Object]:
    """The workload's pods; those being deleted only if asked for."""
    if ref.startswith("pod/"):
        pod = find(snapshot, ref)
        found = [pod] if pod is not None else []
    else:
        owners = owners_of(snapshot, ref)
        found = [pod for pod in snapshot.of("Pod") if owners & owner_uids(pod)]
    return [pod for pod in found if terminating or not pod["metadata"].get("deletionTimestamp")]


def loggers(pod: Object, container: str = "") -> list[str]:
    """Names of the containers whose logs are meant: the one that is named, else all that run side by side."""
    return [container] if container else [str(item["name"]) for item in pod["spec"]["containers"]]


def is_ready(pod: Object) -> bool:
    """Whether the pod's Ready condition is true, and it is not on its way out."""
    if pod["metadata"].get("deletionTimestamp"):
        return False
    return any(
        condition.get("type") == "Ready" and condition.get("status") == "True"
        for condition in (pod.get("status") or {}).get("conditions") or ()
    )


def containers(pod: Object) -> Iterator[Container]:
    """All containers of a pod, init containers first."""
    status = pod.get("status") or {}
    for field, init in (("initContainerStatuses", True), ("containerStatuses", False)):
        for index, item in enumerate(status.get(field) or ()):
            yield _container(pod, item, f"status.{field}[{index}]", init=init)


def restart_counts(pods: Iterable[Object]) -> dict[str, int]:
    """Restarts by container key: the baseline that later restarts are counted from."""
    return {item.key: item.restarts for pod in pods for item in containers(pod)}


def happening(event: Object) -> Happening:
    """An event of core/v1 or events.k8s.io, with a series or without."""
    series = event.get("series") or {}
    about = event.get("involvedObject") or event.get("regarding") or {}
    source = event.get("source") or event.get("deprecatedSource") or {}
    last = (
        series.get("lastObservedTime")
        or event.get("lastTimestamp")
        or event.get("deprecatedLastTimestamp")
        or event.get("eventTime")
        or event["metadata"].get("creationTimestamp")
    )
    return Happening(
        name=name_of(event),
        uid=str(about.get("uid", "")),
        about=f"{str(about.get('kind', '')).lower()}/{about.get('name', '')}",
        type=str(event.get("type", "")),
        reason=str(event.get("reason", "")),
        message=str(event.get("message") or event.get("note") or "").removeprefix(_COMBINED),
        count=int(series.get("count") or event.get("count") or event.get("deprecatedCount") or 1),
        last=seconds(last) or 0.0,
        component=str(source.get("component") or event.get("reportingComponent") or ""),
    )


def happenings_since(observation: Observation, since: float) -> list[Happening]:
    """Events that happened, or happened again, after a moment; each in its newest form."""
    newest: dict[str, Happening] = {}
    for change in observation.timeline.changes:
        if change.kind == "Event" and change.type != "DELETED" and change.at >= since:
            item = happening(change.object)
            newest[item.name] = item
    return list(newest.values())


def ready_addresses(endpoints: Object | None) -> list[Object]:
    """Ready addresses of an Endpoints object."""
    subsets = (endpoints or {}).get("subsets") or ()
    return [address for subset in subsets for address in subset.get("addresses") or ()]


def wanted_replicas(workload: Object | None) -> int:
    """How many pods the workload asks for; a bare pod is one."""
    if workload is None:
        return 0
    if workload.get("kind") == "Pod":
        return 1
    return int((workload.get("spec") or {}).get("replicas", 1))


def selector_of(snapshot: Snapshot, ref: str) -> str:
    """`-l app=web` for the workload's pods, or `NAME` of a bare pod: the end of a kubectl command."""
    if ref.startswith("pod/"):
        return ref.partition("/")[2]
    workload = find(snapshot, ref)
    labels = (((workload or {}).get("spec") or {}).get("selector") or {}).get("matchLabels") or {}
    pairs: Sequence[str] = [f"{key}={value}" for key, value in sorted(labels.items())]
    return f"-l {','.join(pairs)}" if pairs else ""


def owner_uids(obj: Object) -> set[str]:
    """UIDs of those an object belongs to."""
    return {str(owner.get("uid")) for owner in obj["metadata"].get("ownerReferences") or ()}


def _revision(replicaset: Object) -> int:
    """Which version of its Deployment it stands for, as the Deployment's controller numbers them."""
    text = (replicaset["metadata"].get("annotations") or {}).get("deployment.kubernetes.io/revision", "0")
    return int(text) if str(text).isdigit() else 0


def _container(pod: Object, item: Object, path: str, *, init: bool) -> Container:
    state, detail = _state(item.get("state"))
    _, last = _state(item.get("lastState"))
    return Container(
        pod=name_of(pod),
        uid=uid_of(pod),
        name=str(item.get("name", "")),
        init=init,
        state=state,
        reason=str(detail.get("reason", "")),
        message=str(detail.get("message", "")),
        exit_code=detail.get("exitCode"),
        restarts=int(item.get("restartCount", 0)),
        ready=bool(item.get("ready")),
        last_reason=str(last.get("reason", "")),
        last_exit_code=last.get("exitCode"),
        path=path,
    )


def _state(value: Object | None) -> tuple[str, Object]:
    """The one state that is set, and its details."""
    for state, detail in (value or {}).items():
        return state, detail or {}
    return "", {}
