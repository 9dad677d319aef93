"""The Deployment controller: one ReplicaSet a revision, scaled against each other.

Follows `pkg/controller/deployment` (sync.go, rolling.go, recreate.go). `rollout undo` needs nothing of its
own: kubectl writes an old template back, and the ReplicaSet that has it becomes the newest revision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.api.errors import ApiError
from lab.embedded.api.events import EventRecorder
from lab.embedded.api.interface import Api, DeleteOptions, WatchEvent
from lab.embedded.controllers import revisions, rolling
from lab.embedded.controllers.claiming import claimed
from lab.embedded.controllers.deployment_status import Progress, is_complete, update_status
from lab.embedded.controllers.queue import LATE, WorkQueue
from lab.embedded.objects.meta import controller_of, is_deleting, labels_of, name_of, namespace_of, uid_of
from lab.embedded.objects.selectors import from_label_selector

if TYPE_CHECKING:
    from lab.embedded.clock.agenda import Agenda
    from lab.embedded.controllers.cache import Cache

Json = dict[str, Any]
RESOURCE = "deployments.apps"
_SETS = "replicasets.apps"


class DeploymentController:
    """Rolls Deployments out."""

    def __init__(self, api: Api, agenda: Agenda, deployments: Cache, sets: Cache, pods: Cache) -> None:
        self._api = api
        self._agenda = agenda
        self._deployments = deployments
        self._sets = sets
        self._pods = pods
        self._recorder = EventRecorder(api, agenda, "deployment-controller")
        self._queue = WorkQueue(agenda, self._sync, LATE)

    def start(self) -> None:
        """Begin to work."""
        self._deployments.watch(lambda event, _: self._queue.add(uid_of(event.object)))
        self._sets.watch(self._set_changed)
        self._pods.watch(self._pod_changed)

    def _set_changed(self, event: WatchEvent, before: Json | None) -> None:
        for each in (before, event.object):
            owner = controller_of(each) if each else None
            if owner is not None:
                self._queue.add(owner["uid"])
        if event.type != "DELETED" and controller_of(event.object) is None:
            for each in self._deployments.in_namespace(namespace_of(event.object)):
                if from_label_selector(each["spec"]["selector"]).matches(labels_of(event.object)):
                    self._queue.add(uid_of(each))

    def _pod_changed(self, event: WatchEvent, _: Json | None) -> None:
        """Only Recreate waits for pods to vanish; everything else is told by the ReplicaSets' status."""
        if event.type != "DELETED":
            return
        owner = controller_of(event.object)
        replica_set = self._sets.by_uid(owner["uid"]) if owner else None
        parent = controller_of(replica_set) if replica_set else None
        if parent is not None:
            self._queue.add(parent["uid"])

    def _sync(self, uid: str) -> None:
        deployment = self._deployments.by_uid(uid)
        if deployment is None:
            return
        found = claimed(self._api, deployment, self._sets, adoptable=lambda each: not is_deleting(each))
        sets = sorted(found, key=_age)
        new = revisions.find_new(deployment, sets)
        if is_deleting(deployment):
            self._status(deployment, sets, new, Progress())
            return
        if deployment["spec"].get("paused"):
            progress = Progress(paused=True)
            sets = self._scale_all(deployment, sets, new)
        elif self._is_scaling(deployment, sets):
            progress = Progress()
            new, sets, progress = self._with_new(deployment, sets, new, progress, create=False)
            sets = self._scale_all(deployment, sets, new)
        elif deployment["spec"].get("strategy", {}).get("type") == "Recreate":
            new, sets, progress = self._recreate(deployment, sets, new)
        else:
            new, sets, progress = self._roll(deployment, sets, new)
        self._status(self._deployments.by_uid(uid) or deployment, sets, new, progress)

    def _status(self, deployment: Json, sets: list[Json], new: Json | None, progress: Progress) -> None:
        check_again = update_status(self._api, self._agenda.now(), deployment, sets, new, progress)
        if check_again is not None:
            self._queue.add(uid_of(deployment), check_again)

    def _is_scaling(self, deployment: Json, sets: list[Json]) -> bool:
        wanted = str(deployment["spec"].get("replicas", 1))
        active = [each for each in sets if each["spec"].get("replicas", 1) > 0]
        return any(revisions.annotation(each, revisions.DESIRED) not in {"", wanted} for each in active)

    def _with_new(
        self, deployment: Json, sets: list[Json], new: Json | None, progress: Progress, *, create: bool
    ) -> tuple[Json | None, list[Json], Progress]:
        """See that the new ReplicaSet exists and carries the newest revision."""
        others = [each for each in sets if new is None or uid_of(each) != uid_of(new)]
        revision = max((revisions.revision_of(each) for each in others), default=0) + 1
        if new is not None:
            new = self._write(new, revisions.annotated(deployment, new, revision))
            progress = Progress(found=name_of(new))
        elif create:
            wanted = deployment["spec"].get("replicas", 1)
            total = sum(each["spec"].get("replicas", 1) for each in others)
            size = rolling.Size(0, 0)
            limits = rolling.bounds(deployment)
            recreate = deployment["spec"].get("strategy", {}).get("type") == "Recreate"
            count = wanted if recreate else rolling.new_set_replicas(wanted, limits, size, total)
            made = revisions.make(deployment, revision, count, limits.surge)
            new = self._create(deployment, made)
            if count:
                message = f"Scaled up replica set {name_of(new)} from 0 to {count}"
                self._recorder.record(deployment, "Normal", "ScalingReplicaSet", message)
            progress = Progress(created=name_of(new))
        if new is None:
            return None, sets, progress
        self._set_revision(deployment, revisions.annotation(new, revisions.REVISION))
        return new, [*others, new], progress

    def _create(self, deployment: Json, made: Json) -> Json:
        """Create a ReplicaSet; where another has its name, the next attempt takes another name."""
        try:
            return self._api.create(_SETS, namespace_of(deployment), made).object
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise
            self._api.update_status(RESOURCE, deployment, revisions.count_collision)
            raise

    def _set_revision(self, deployment: Json, revision: str) -> None:
        current = self._api.find(RESOURCE, namespace_of(deployment), name_of(deployment))
        if current is None or revisions.annotation(current, revisions.REVISION) == revision:
            return
        patch = {"metadata": {"annotations": {revisions.REVISION: revision}}}
        self._api.patch(RESOURCE, namespace_of(deployment), name_of(deployment), "merge-patch+json", patch)

    def _roll(
        self, deployment: Json, sets: list[Json], new: Json | None
    ) -> tuple[Json | None, list[Json], Progress]:
        new, sets, progress = self._with_new(deployment, sets, new, Progress(), create=True)
        if new is None:  # cannot be: it was to be created
            return None, sets, progress
        wanted, limits = deployment["spec"].get("replicas", 1), rolling.bounds(deployment)
        old = [each for each in sets if uid_of(each) != uid_of(new)]
        total = sum(each["spec"].get("replicas", 1) for each in sets)
        size = _size(new)
        target = min(size.replicas, wanted)
        if size.replicas < wanted:
            target = rolling.new_set_replicas(wanted, limits, size, total)
        if target != size.replicas:
            new = self._scale(deployment, new, target)
            return new, [*old, new], progress
        targets = rolling.old_set_replicas(wanted, limits, size, [_size(each) for each in old])
        scaled = [self._scale(deployment, each, count) for each, count in zip(old, targets, strict=True)]
        if is_complete(deployment):
            self._clean_up(deployment, scaled)
        return new, [*scaled, new], progress

    def _recreate(
        self, deployment: Json, sets: list[Json], new: Json | None
    ) -> tuple[Json | None, list[Json], Progress]:
        old = [each for each in sets if new is None or uid_of(each) != uid_of(new)]
        scaled = [self._scale(deployment, each, 0) for each in old]
        alive = any(
            pod.get("status", {}).get("phase") not in {"Succeeded", "Failed"}
            for each in old
            for pod in self._pods.controlled_by(uid_of(each))
        )
        if alive or scaled != old:
            return new, [*scaled, *([new] if new else [])], Progress(found=name_of(new) if new else "")
        new, sets, progress = self._with_new(
            deployment, scaled + ([new] if new else []), new, Progress(), create=True
        )
        if new is None:  # cannot be: it was to be created
            return None, sets, progress
        grown = self._scale(deployment, new, deployment["spec"].get("replicas", 1))
        if is_complete(deployment):
            self._clean_up(deployment, scaled)
        return grown, [*(each for each in sets if uid_of(each) != uid_of(new)), grown], progress

    def _scale_all(self, deployment: Json, sets: list[Json], new: Json | None) -> list[Json]:
        """A scaling outside a rollout's steps: one set takes it all, several share it."""
        wanted, limits = deployment["spec"].get("replicas", 1), rolling.bounds(deployment)
        active = [each for each in sets if each["spec"].get("replicas", 1) > 0]
        if len(active) <= 1:
            latest = active[0] if active else new or (sets[-1] if sets else None)
            return [self._scale(deployment, each, wanted) if each is latest else each for each in sets]
        if new is not None and _size(new).replicas == wanted == _size(new).available:
            return [
                each if uid_of(each) == uid_of(new) else self._scale(deployment, each, 0) for each in sets
            ]
        if deployment["spec"].get("strategy", {}).get("type") == "Recreate":
            return sets
        ordered = sorted(active, key=lambda each: (-each["spec"]["replicas"], _age(each)))
        targets = rolling.proportional(wanted, limits, [each["spec"]["replicas"] for each in ordered])
        counts = {uid_of(each): count for each, count in zip(ordered, targets, strict=True)}
        return [self._scale(deployment, each, counts.get(uid_of(each), 0)) for each in sets]

    def _scale(self, deployment: Json, replica_set: Json, count: int) -> Json:
        before = replica_set["spec"].get("replicas", 1)
        changed = revisions.sized(deployment, replica_set, count, rolling.bounds(deployment).surge)
        written = self._write(replica_set, changed)
        if before != count:
            verb = "up" if count > before else "down"
            message = f"Scaled {verb} replica set {name_of(replica_set)} from {before} to {count}"
            self._recorder.record(deployment, "Normal", "ScalingReplicaSet", message)
        return written

    def _write(self, old: Json, new: Json) -> Json:
        if old == new:
            return old
        return self._api.update(_SETS, namespace_of(new), name_of(new), new).object

    def _clean_up(self, deployment: Json, old: list[Json]) -> None:
        """Delete revisions beyond the history limit (`cleanupDeployment`)."""
        limit = deployment["spec"].get("revisionHistoryLimit", 10)
        idle = [each for each in old if not is_deleting(each) and not _in_use(each)]
        for each in sorted(idle, key=revisions.revision_of)[: max(0, len(idle) - limit)]:
            self._api.delete(
                _SETS, namespace_of(each), name_of(each), DeleteOptions(propagation="Background")
            )


def _in_use(replica_set: Json) -> bool:
    return bool(replica_set["spec"].get("replicas", 1) or replica_set.get("status", {}).get("replicas"))


def _size(replica_set: Json) -> rolling.Size:
    available = replica_set.get("status", {}).get("availableReplicas", 0)
    return rolling.Size(replica_set["spec"].get("replicas", 1), available)


def _age(obj: Json) -> tuple[str, str]:
    return obj["metadata"]["creationTimestamp"], name_of(obj)
