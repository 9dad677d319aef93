"""The TTL controller: deletes Jobs some time after they have ended (`pkg/controller/ttlafterfinished`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.embedded.api.interface import Api, DeleteOptions
from lab.embedded.controllers.job_status import end_of
from lab.embedded.controllers.queue import LATE, WorkQueue
from lab.embedded.objects.meta import is_deleting, name_of, namespace_of, uid_of
from lab.embedded.objects.times import parse_time

if TYPE_CHECKING:
    from lab.embedded.clock.agenda import Agenda
    from lab.embedded.controllers.cache import Cache


class TtlController:
    """Honours `ttlSecondsAfterFinished`."""

    def __init__(self, api: Api, agenda: Agenda, jobs: Cache) -> None:
        self._api = api
        self._agenda = agenda
        self._jobs = jobs
        self._queue = WorkQueue(agenda, self._sync, LATE)

    def start(self) -> None:
        """Begin to work."""
        self._jobs.watch(lambda event, _: self._queue.add(uid_of(event.object)))

    def _sync(self, uid: str) -> None:
        job = self._jobs.by_uid(uid)
        seconds = job["spec"].get("ttlSecondsAfterFinished") if job else None
        end = end_of(job) if job else None
        if job is None or seconds is None or end is None or is_deleting(job):
            return
        left = parse_time(end["lastTransitionTime"]) + seconds - self._agenda.now()
        if left > 0:
            self._queue.add(uid, left)
            return
        options = DeleteOptions(propagation="Foreground", uid=uid)
        self._api.delete("jobs.batch", namespace_of(job), name_of(job), options)
