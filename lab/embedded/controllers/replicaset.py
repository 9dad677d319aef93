"""The ReplicaSet controller: as many pods as asked for, made and deleted one by one.

Follows `pkg/controller/replicaset` and `controller_utils.go`: creation in growing batches until one fails,
deletion in the order of `ActivePodsWithRanks`, adoption of matching orphans.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.api.errors import is_terminating_namespace
from lab.embedded.api.events import EventRecorder
from lab.embedded.controllers.batches import BURST, slow_start
from lab.embedded.controllers.claiming import claimed
from lab.embedded.controllers.pod_creation import PodControl, pod_from_template
from lab.embedded.controllers.pod_facts import (
    available_in,
    condition,
    deletion_rank,
    is_active,
    is_terminating,
)
from lab.embedded.controllers.queue import LATE, WorkQueue
from lab.embedded.objects.meta import (
    controller_of,
    is_deleting,
    labels_of,
    namespace_of,
    uid_of,
)
from lab.embedded.objects.selectors import from_label_selector
from lab.embedded.objects.times import format_time

if TYPE_CHECKING:
    from lab.embedded.api.errors import ApiError
    from lab.embedded.api.interface import Api, WatchEvent
    from lab.embedded.clock.agenda import Agenda
    from lab.embedded.controllers.cache import Cache

Json = dict[str, Any]
RESOURCE = "replicasets.apps"


class ReplicaSetController:
    """Keeps every ReplicaSet at its number of pods."""

    def __init__(self, api: Api, agenda: Agenda, sets: Cache, pods: Cache) -> None:
        self._api = api
        self._agenda = agenda
        self._sets = sets
        self._pods = pods
        self._control = PodControl(api, EventRecorder(api, agenda, "replicaset-controller"))
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
        everything = claimed(self._api, owner, self._pods, adoptable=is_active)
        pods = [pod for pod in everything if is_active(pod)]
        error = None
        if not is_deleting(owner):
            error = self._manage(owner, pods)
        self._update_status(owner, pods, sum(map(is_terminating, everything)), error)
        if error is not None:
            raise error

    def _manage(self, owner: Json, pods: list[Json]) -> ApiError | None:
        missing = owner["spec"].get("replicas", 1) - len(pods)
        if missing > 0:
            return self._create(owner, missing)
        if missing < 0:
            self._delete(owner, pods, -missing)
        return None

    def _create(self, owner: Json, count: int) -> ApiError | None:
        def make() -> None:
            self._control.create(owner, pod_from_template(owner))

        error = slow_start(min(count, BURST), make)
        return None if error is not None and is_terminating_namespace(error) else error

    def _delete(self, owner: Json, pods: list[Json], count: int) -> None:
        related = self._related(owner, pods)
        on_node: dict[str, int] = {}
        for pod in related:
            on_node[pod["spec"].get("nodeName", "")] = on_node.get(pod["spec"].get("nodeName", ""), 0) + 1
        ranked = sorted(
            pods, key=lambda pod: deletion_rank(pod, on_node.get(pod["spec"].get("nodeName", ""), 0))
        )
        for pod in ranked[: min(count, BURST)]:
            self._control.delete(owner, pod)

    def _related(self, owner: Json, pods: list[Json]) -> list[Json]:
        """The active pods of all ReplicaSets of the same Deployment."""
        parent = controller_of(owner)
        if parent is None:
            return pods
        kin = self._sets.controlled_by(parent["uid"])
        return [pod for each in kin for pod in self._pods.controlled_by(uid_of(each)) if is_active(pod)]

    def _update_status(self, owner: Json, pods: list[Json], going: int, error: ApiError | None) -> None:
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
            status["terminatingReplicas"] = going
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
