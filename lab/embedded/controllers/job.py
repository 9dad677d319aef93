"""The Job controller: pods until enough of them succeed, or too many fail.

Follows `pkg/controller/job/job_controller.go` of v1.36. What happens to pods is looked at one second later
(`syncJobBatchPeriod`), so that many ends make one sync; a failed pod is replaced after a back-off of the
controller's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.api.errors import ApiError, is_terminating_namespace
from lab.embedded.api.events import EventRecorder
from lab.embedded.controllers import job_accounting as accounting
from lab.embedded.controllers import job_indexes, job_policies
from lab.embedded.controllers import job_retries as retries
from lab.embedded.controllers.batches import BURST, slow_start
from lab.embedded.controllers.job_status import FAILURE, JobDraft, condition, end_of
from lab.embedded.controllers.pod_creation import PodControl, pod_from_template
from lab.embedded.controllers.pod_facts import deletion_rank, is_terminating
from lab.embedded.controllers.queue import LATE, WorkQueue
from lab.embedded.objects.meta import (
    controller_of,
    finalizers_of,
    is_deleting,
    name_of,
    namespace_of,
    uid_of,
)

if TYPE_CHECKING:
    from lab.embedded.api.interface import Api, WatchEvent
    from lab.embedded.clock.agenda import Agenda
    from lab.embedded.controllers.cache import Cache

Json = dict[str, Any]
RESOURCE = "jobs.batch"
MANAGER = "kubernetes.io/job-controller"
"""Whose Jobs these are (`managedBy`)."""
_BATCH = 1.0
_RETRIES = (1.0, 60.0)


class JobController:
    """Runs Jobs."""

    def __init__(self, api: Api, agenda: Agenda, jobs: Cache, pods: Cache) -> None:
        self._api = api
        self._agenda = agenda
        self._jobs = jobs
        self._pods = pods
        self._recorder = EventRecorder(api, agenda, "job-controller")
        self._control = PodControl(api, self._recorder)
        self._backoffs: dict[str, accounting.Backoff] = {}
        self._queue = WorkQueue(agenda, self._sync, LATE, _RETRIES)
        self._orphans = WorkQueue(agenda, self._sync_orphan, LATE)

    def start(self) -> None:
        """Begin to work."""
        self._jobs.watch(self._job_changed)
        self._pods.watch(self._pod_changed)

    def _job_changed(self, event: WatchEvent, before: Json | None) -> None:
        job = event.object
        if event.type == "DELETED":
            self._backoffs.pop(uid_of(job), None)
            for pod in self._pods.controlled_by(uid_of(job)):
                self._orphans.add(uid_of(pod))
            return
        changed = before is None or before["metadata"].get("generation") != job["metadata"].get("generation")
        self._queue.add(uid_of(job), 0.0 if changed else _BATCH)

    def _pod_changed(self, event: WatchEvent, before: Json | None) -> None:
        for pod in filter(None, (before, event.object)):
            owner = controller_of(pod)
            if owner is not None and owner["kind"] == "Job":
                self._queue.add(owner["uid"], _BATCH)
        if event.type != "DELETED" and accounting.FINALIZER in finalizers_of(event.object):
            self._orphans.add(uid_of(event.object))

    def _sync_orphan(self, uid: str) -> None:
        """A pod whose Job is gone, or has ended, is counted by nobody any more."""
        pod = self._pods.by_uid(uid)
        if pod is None:
            return
        owner = controller_of(pod)
        job = self._jobs.by_uid(owner["uid"]) if owner else None
        if job is None or end_of(job) is not None:
            self._release(pod)

    def _sync(self, uid: str) -> None:
        job = self._jobs.by_uid(uid)
        if job is None or end_of(job) is not None:
            self._backoffs.pop(uid, None)
            return
        if job["spec"].get("managedBy", MANAGER) != MANAGER:
            return
        pods = self._pods.controlled_by(uid)
        failing = condition(job.get("status", {}).get("conditions") or (), FAILURE) is not None
        finished = accounting.newly_finished(job, pods, ending=failing)
        backoff = self._backoffs[uid] = self._backoffs.get(uid, accounting.Backoff()).after(finished)
        draft, finished, kept = self._draft(job, pods, finished)
        draft.begin()
        if draft.target() is None:
            draft.settle_failure(job, pods)
        if draft.target() is None:
            draft.settle_policy(job)
        error = None
        if draft.target() is not None:
            counted = draft.target() == FAILURE
            self._stop(job, draft, draft.active, counted=counted)
        elif not is_deleting(job):
            error = self._manage(job, draft, backoff, kept)
            self._tell(job, draft)
        end = draft.finish()
        status = draft.written()
        self._api.update_status(RESOURCE, job, lambda obj: obj.update(status=status))
        for pod in (*finished.all, *(kept.values() if draft.target() is not None else ())):
            self._release(pod)
        if end is not None:
            self._announce(job, end)
        self._look_again(uid, draft)
        if error is not None:
            raise error

    def _draft(
        self, job: Json, pods: list[Json], finished: accounting.Finished
    ) -> tuple[JobDraft, accounting.Finished, dict[int, Json]]:
        """The status to be; which pods to count now; and which wait to be replaced, by index."""
        draft = JobDraft(job, pods, finished, self._agenda.now())
        if job["spec"].get("backoffLimitPerIndex") is None:
            return draft, finished, {}
        failed = draft.failed_indexes | retries.newly_failed(job, pods)
        active = {job_indexes.index_of(pod) for pod in draft.active}
        kept: dict[int, Json] = {}
        if draft.target() is None and not is_deleting(job):
            kept = retries.kept(job, pods, draft.completed | failed | active)
            counted = retries.without(finished.failed, kept.values())
            finished = accounting.Finished(finished.succeeded, counted)
            draft = JobDraft(job, pods, finished, self._agenda.now())
        draft.failed_indexes |= failed
        draft.uncounted = sum(job_policies.judge(job, pod).counts for pod in kept.values())
        return draft, finished, kept

    def _tell(self, job: Json, draft: JobDraft) -> None:
        draft.settle_success()
        news = draft.pause_or_resume() if draft.target() is None else None
        if news is not None:
            self._recorder.record(job, "Normal", *news)

    def _announce(self, job: Json, end: Json) -> None:
        self._backoffs.pop(uid_of(job), None)
        if end["type"] == "Complete":
            self._recorder.record(job, "Normal", "Completed", "Job completed")
        else:
            self._recorder.record(job, "Warning", end["reason"], end["message"])

    def _look_again(self, uid: str, draft: JobDraft) -> None:
        left = draft.seconds_left()
        if left is not None and draft.target() is None:
            self._queue.add(uid, max(0.0, left))

    def _manage(
        self, job: Json, draft: JobDraft, backoff: accounting.Backoff, kept: dict[int, Json]
    ) -> ApiError | None:
        """Make or delete pods so that as many run as should."""
        ranked = sorted(draft.active, key=lambda pod: (_is_needed(draft, pod), deletion_rank(pod, 0)))
        if draft.suspended:
            self._stop(job, draft, ranked, counted=False)
            return None
        wanted = _wanted(draft)
        unneeded = sum(not _is_needed(draft, pod) for pod in ranked)
        surplus = max(unneeded, len(ranked) - wanted)
        if surplus > 0:
            self._stop(job, draft, ranked[: min(surplus, BURST)], counted=False)
            return None
        going = draft.terminating if job_policies.replaces_only_failed(job) else 0
        missing = wanted - len(ranked) - going
        if missing <= 0:
            return None
        if wait := backoff.remaining(self._agenda.now()) if not draft.per_index else 0.0:
            self._queue.add(uid_of(job), wait)
            return None
        return self._create(job, draft, min(missing, BURST), kept)

    def _create(self, job: Json, draft: JobDraft, count: int, kept: dict[int, Json]) -> ApiError | None:
        indexes: list[int] = []
        if draft.indexed:
            indexes = self._indexes(job, draft, count, kept)
            count = len(indexes)
        rest = iter(indexes)

        def make() -> None:
            pod = pod_from_template(job)
            finalizers = pod["metadata"].get("finalizers") or []
            pod["metadata"]["finalizers"] = [*finalizers, accounting.FINALIZER]
            if draft.indexed:
                index = next(rest)
                job_indexes.give_index(job, pod, index)
                if draft.per_index:
                    retries.annotate(job, pod, kept.get(index))
            draft.active.append(self._control.create(job, pod))

        error = slow_start(count, make)
        return None if error is not None and is_terminating_namespace(error) else error

    def _indexes(self, job: Json, draft: JobDraft, count: int, kept: dict[int, Json]) -> list[int]:
        """Which indexes get a pod now; those that have to wait for one are looked at again."""
        busy = list(draft.active)
        if job_policies.replaces_only_failed(job):
            busy += filter(is_terminating, self._pods.controlled_by(uid_of(job)))
        done = draft.completed | draft.failed_indexes
        found = job_indexes.pending(job["spec"]["completions"], done, busy, count)
        waits = {index: retries.wait(kept.get(index), self._agenda.now()) for index in found}
        if later := list(filter(None, waits.values())):
            self._queue.add(uid_of(job), min(later))
        return [index for index in found if not waits[index]]

    def _stop(self, job: Json, draft: JobDraft, pods: list[Json], *, counted: bool) -> None:
        """Delete pods; those that are not `counted` as failures are let go first."""
        for pod in list(pods):
            if not counted:
                self._release(pod)
            self._control.delete(job, pod)
            draft.active.remove(pod)
            draft.terminating += self._api.find("pods", namespace_of(pod), name_of(pod)) is not None

    def _release(self, pod: Json) -> None:
        """Take the finalizer away: the pod is counted, or is not to be."""
        current = self._api.find("pods", namespace_of(pod), name_of(pod))
        if current is None or uid_of(current) != uid_of(pod):
            return
        kept = [each for each in finalizers_of(current) if each != accounting.FINALIZER]
        if len(kept) == len(finalizers_of(current)):
            return
        metadata = {key: value for key, value in current["metadata"].items() if key != "finalizers"}
        if kept:
            metadata["finalizers"] = kept
        self._api.update("pods", namespace_of(pod), name_of(pod), {**current, "metadata": metadata})


def _is_needed(draft: JobDraft, pod: Json) -> bool:
    """Whether a pod works on an index that the Job still has: it may have been made smaller."""
    if not draft.indexed:
        return True
    completions: int = draft.spec["completions"]
    return job_indexes.index_of(pod) < completions


def _wanted(draft: JobDraft) -> int:
    """How many pods should be active now."""
    parallelism: int = draft.spec["parallelism"]
    completions: int | None = draft.spec.get("completions")
    if completions is None:
        return len(draft.active) if draft.succeeded else parallelism
    left = completions - int(draft.succeeded) - len(draft.failed_indexes)
    return max(0, min(parallelism, left))
