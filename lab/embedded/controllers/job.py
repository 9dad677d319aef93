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
from lab.embedded.controllers import job_indexes
from lab.embedded.controllers.batches import BURST, slow_start
from lab.embedded.controllers.job_status import JobDraft, end_of
from lab.embedded.controllers.pod_creation import PodControl, pod_from_template
from lab.embedded.controllers.pod_facts import deletion_rank
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
        pods = self._pods.controlled_by(uid)
        finished = accounting.newly_finished(pods)
        backoff = self._backoffs[uid] = self._backoffs.get(uid, accounting.Backoff()).after(finished)
        draft = JobDraft(job, pods, finished, self._agenda.now())
        draft.begin()
        if draft.target() is None:
            draft.settle_failure(job, pods)
        error = None
        if draft.target() is not None:
            self._stop(job, draft, draft.active, counted=True)
        elif not is_deleting(job):
            error = self._manage(job, draft, backoff)
            self._tell(job, draft)
        end = draft.finish()
        status = draft.written()
        self._api.update_status(RESOURCE, job, lambda obj: obj.update(status=status))
        for pod in finished.all:
            self._release(pod)
        if end is not None:
            self._announce(job, end)
        self._look_again(uid, draft)
        if error is not None:
            raise error

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

    def _manage(self, job: Json, draft: JobDraft, backoff: accounting.Backoff) -> ApiError | None:
        """Make or delete pods so that as many run as should."""
        ranked = sorted(draft.active, key=lambda pod: deletion_rank(pod, 0))
        if draft.suspended:
            self._stop(job, draft, ranked, counted=False)
            return None
        wanted = _wanted(draft)
        surplus, missing = len(ranked) - wanted, wanted - len(ranked)
        if surplus > 0:
            self._stop(job, draft, ranked[: min(surplus, BURST)], counted=False)
        elif missing > 0:
            if wait := backoff.remaining(self._agenda.now()):
                self._queue.add(uid_of(job), wait)
                return None
            return self._create(job, draft, min(missing, BURST))
        return None

    def _create(self, job: Json, draft: JobDraft, count: int) -> ApiError | None:
        indexes: list[int] = []
        if draft.indexed:
            indexes = job_indexes.pending(job["spec"]["completions"], draft.completed, draft.active, count)
            count = len(indexes)
        rest = iter(indexes)

        def make() -> None:
            pod = pod_from_template(job)
            finalizers = pod["metadata"].get("finalizers") or []
            pod["metadata"]["finalizers"] = [*finalizers, accounting.FINALIZER]
            if draft.indexed:
                job_indexes.give_index(job, pod, next(rest))
            draft.active.append(self._control.create(job, pod))

        error = slow_start(count, make)
        return None if error is not None and is_terminating_namespace(error) else error

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


def _wanted(draft: JobDraft) -> int:
    """How many pods should be active now."""
    parallelism: int = draft.spec["parallelism"]
    completions: int | None = draft.spec.get("completions")
    if completions is None:
        return len(draft.active) if draft.succeeded else parallelism
    return max(0, min(parallelism, completions - int(draft.succeeded)))
