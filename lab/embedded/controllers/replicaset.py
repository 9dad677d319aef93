"""The ReplicaSet controller: as many pods as asked for, made and deleted one by one.

Follows `pkg/controller/replicaset` and `controller_utils.go`: creation in growing batches until one fails,
deletion in the order of `ActivePodsWithRanks`, adoption of matching orphans.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.api.errors import ApiError, is_terminating_namespace
from lab.embedded.api.events import EventRecorder
from lab.embedded.controllers.batches import BURST, slow_start
from lab.embedded.controllers.queue import LATE, WorkQueue
from lab.embedded.objects.copying import copy_json
from lab.embedded.objects.meta import (
    controller_of,
    controller_reference,
    is_deleting,
    labels_of,
    name_of,
    namespace_of,
    uid_of,
)
from lab.embedded.objects.selectors import from_label_selector
from lab.embedded.objects.times import format_time, parse_time

if TYPE_CHECKING:
    from lab.embedded.api.interface import Api, WatchEvent
    from lab.embedded.clock.agenda import Agenda
    from lab.embedded.controllers.cache import Cache

Json = dict[str, Any]
RESOURCE = "replicasets.apps"


def is_active(pod: Json) -> bool:
    """Whether a pod counts: neither ended nor on its way out."""
    return pod.get("status", {}).get("phase") not in {"Succeeded", "Failed"} and not is_deleting(pod)


def condition(obj: Json, kind: str) -> Json | None:
    """A condition of an object by type."""
    return next(
        (each for each in obj.get("status", {}).get("conditions") or () if each["type"] == kind), None
    )


def is_ready(pod: Json) -> bool:
    """Whether the pod's Ready condition holds."""
    found = condition(pod, "Ready")
    return found is not None and found["status"] == "True"


def available_in(pod: Json, minimum: int, now: float) -> float | None:
    """Seconds until a ready pod counts as available (0: it does); None while it is not ready."""
    found = condition(pod, "Ready")
    if found is None or found["status"] != "True":
        return None
    return max(0.0, parse_time(found["lastTransitionTime"]) + minimum - now) if minimum else 0.0


def deletion_rank(pod: Json, related: int) -> tuple[Any, ...]:
    """Sort key: the first are deleted first. `related`: pods of the same owner's kin on the same node."""
    status = pod.get("status", {})
    phase = {"Pending": 0, "Unknown": 1, "Running": 2}.get(status.get("phase", "Pending"), 2)
    ready = condition(pod, "Ready")
    since = parse_time(ready["lastTransitionTime"]) if ready and ready["status"] == "True" else 0.0
    restarts = max((each.get("restartCount", 0) for each in status.get("containerStatuses") or ()), default=0)
    cost = int(
        (pod["metadata"].get("annotations") or {}).get("controller.kubernetes.io/pod-deletion-cost", "0")
    )
    created = parse_time(pod["metadata"]["creationTimestamp"])
    assigned = bool(pod["spec"].get("nodeName"))
    return (assigned, phase, is_ready(pod), cost, -related, -since, -restarts, -created)


class ReplicaSetController:
    """Keeps every ReplicaSet at its number of pods."""

    def __init__(self, api: Api, agenda: Agenda, sets: Cache, pods: Cache) -> None:
        self._api = api
        self._agenda = agenda
        self._sets = sets
        self._pods = pods
        self._recorder = EventRecorder(api, agenda, "replicaset-controller")
        self._queue = WorkQueue(agenda, self._sync, LATE)

    def start(self) -> None:
        """Begin to work."""
        self._sets.watch(lambda event, _: self._queue.add(uid_of(event.object)))
        self._pods.watch(self._pod_changed)

    def _pod_changed(self, event: WatchEvent, before: Json | None) -> None:
        owners = {owner["uid"] for pod in (before, event.object) if pod and (owner := controller_of(pod))}
        for uid in owners:
            self._queue.add(uid)
        if not owners and event.type != "DELETED":
            for each in self._sets.in_namespace(namespace_of(event.object)):
                if from_label_selector(each["spec"]["selector"]).matches(labels_of(event.object)):
                    self._queue.add(uid_of(each))

    def _sync(self, uid: str) -> None:
        owner = self._sets.by_uid(uid)
        if owner is None:
            return
        pods = [pod for pod in self._claimed(owner) if is_active(pod)]
        error = None
        if not is_deleting(owner):
            error = self._manage(owner, pods)
        self._update_status(owner, pods, error)
        if error is not None:
            raise error

    def _claimed(self, owner: Json) -> list[Json]:
        """The pods of a ReplicaSet; orphans with matching labels are adopted, misfits released."""
        selector = from_label_selector(owner["spec"]["selector"])
        claimed = []
        for pod in self._pods.controlled_by(uid_of(owner)):
            if selector.matches(labels_of(pod)) or is_deleting(pod):
                claimed.append(pod)
            elif not is_deleting(owner):
                kept = [each for each in pod["metadata"]["ownerReferences"] if each["uid"] != uid_of(owner)]
                self._set_owners(pod, kept)
        if is_deleting(owner):
            return claimed
        for pod in self._pods.in_namespace(namespace_of(owner)):
            if controller_of(pod) is None and is_active(pod) and selector.matches(labels_of(pod)):
                references = [*(pod["metadata"].get("ownerReferences") or ()), controller_reference(owner)]
                claimed.append(self._set_owners(pod, references))
        return claimed

    def _set_owners(self, pod: Json, references: list[Json]) -> Json:
        new = {**pod, "metadata": {**pod["metadata"], "ownerReferences": references}}
        return self._api.update("pods", namespace_of(pod), name_of(pod), new).object

    def _manage(self, owner: Json, pods: list[Json]) -> ApiError | None:
        missing = owner["spec"].get("replicas", 1) - len(pods)
        if missing > 0:
            return self._create(owner, missing)
        if missing < 0:
            self._delete(owner, pods, -missing)
        return None

    def _create(self, owner: Json, count: int) -> ApiError | None:
        error = slow_start(min(count, BURST), lambda: self._create_one(owner))
        return None if error is not None and is_terminating_namespace(error) else error

    def _create_one(self, owner: Json) -> None:
        try:
            pod = self._api.create("pods", namespace_of(owner), _pod_from(owner)).object
        except ApiError as error:
            if not is_terminating_namespace(error):
                self._recorder.record(owner, "Warning", "FailedCreate", f"Error creating: {error.message}")
            raise
        self._recorder.record(owner, "Normal", "SuccessfulCreate", f"Created pod: {name_of(pod)}")

    def _delete(self, owner: Json, pods: list[Json], count: int) -> None:
        related = self._related(owner, pods)
        on_node: dict[str, int] = {}
        for pod in related:
            on_node[pod["spec"].get("nodeName", "")] = on_node.get(pod["spec"].get("nodeName", ""), 0) + 1
        ranked = sorted(
            pods, key=lambda pod: deletion_rank(pod, on_node.get(pod["spec"].get("nodeName", ""), 0))
        )
        for pod in ranked[: min(count, BURST)]:
            self._api.delete("pods", namespace_of(pod), name_of(pod))
            self._recorder.record(owner, "Normal", "SuccessfulDelete", f"Deleted pod: {name_of(pod)}")

    def _related(self, owner: Json, pods: list[Json]) -> list[Json]:
        """The active pods of all ReplicaSets of the same Deployment."""
        parent = controller_of(owner)
        if parent is None:
            return pods
        kin = self._sets.controlled_by(parent["uid"])
        return [pod for each in kin for pod in self._pods.controlled_by(uid_of(each)) if is_active(pod)]

    def _update_status(self, owner: Json, pods: list[Json], error: ApiError | None) -> None:
        now = self._agenda.now()
        minimum = owner["spec"].get("minReadySeconds", 0)
        waits = [wait for pod in pods if (wait := available_in(pod, minimum, now)) is not None]
        labels = from_label_selector(
            {"matchLabels": owner["spec"]["template"]["metadata"].get("labels") or {}}
        )
        counts = {
            "replicas": len(pods),
            "fullyLabeledReplicas": sum(labels.matches(labels_of(pod)) for pod in pods),
            "readyReplicas": len(waits),
            "availableReplicas": sum(not wait for wait in waits),
        }

        def change(obj: Json) -> None:
            failed = condition(obj, "ReplicaFailure")
            conditions = [each for each in obj["status"].get("conditions") or () if each is not failed]
            if error is not None:
                # The first failure stays: each later one names another pod, and writing it would be a new
                # change to sync after.
                conditions.append(failed or _failure(error, now))
            status = {key: value for key, value in counts.items() if value or key == "replicas"}
            status["observedGeneration"] = obj["metadata"].get("generation", 1)
            obj["status"] = status | ({"conditions": conditions} if conditions else {})

        self._api.update_status(RESOURCE, owner, change)
        later = [wait for wait in waits if wait]
        if later:
            self._queue.add(uid_of(owner), min(later))


def _failure(error: ApiError, now: float) -> Json:
    return {
        "type": "ReplicaFailure",
        "status": "True",
        "lastTransitionTime": format_time(now),
        "reason": "FailedCreate",
        "message": error.message,
    }


def _pod_from(owner: Json) -> Json:
    template = copy_json(owner["spec"]["template"])
    metadata = template.get("metadata") or {}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "generateName": f"{name_of(owner)}-",
            **{key: metadata[key] for key in ("labels", "annotations", "finalizers") if metadata.get(key)},
            "ownerReferences": [controller_reference(owner)],
        },
        "spec": template["spec"],
    }
