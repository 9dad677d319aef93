"""The status of a Job while a sync works on it: counters, conditions, the verdict; pure.

Since v1.31 a Job's end has two steps: `SuccessCriteriaMet` or `FailureTarget` says how it will end, and
`Complete` or `Failed` follows when none of its pods is left running.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.controllers import job_accounting as accounting
from lab.embedded.controllers import job_indexes, job_policies
from lab.embedded.controllers.pod_facts import is_active, is_ready, is_terminating
from lab.embedded.objects.copying import copy_json
from lab.embedded.objects.times import format_time, parse_time

if TYPE_CHECKING:
    from collections.abc import Sequence

Json = dict[str, Any]
SUCCESS, FAILURE = "SuccessCriteriaMet", "FailureTarget"
_FINAL = {SUCCESS: "Complete", FAILURE: "Failed"}


def condition(conditions: Sequence[Json], kind: str) -> Json | None:
    """The condition of a type, if it holds."""
    return next((each for each in conditions if each["type"] == kind and each["status"] == "True"), None)


def end_of(job: Json) -> Json | None:
    """`Complete` or `Failed`, once the Job has ended."""
    conditions = job.get("status", {}).get("conditions") or ()
    return condition(conditions, "Complete") or condition(conditions, "Failed")


class JobDraft:
    """What the status of a Job becomes; `write` gives it."""

    def __init__(self, job: Json, pods: Sequence[Json], finished: accounting.Finished, now: float) -> None:
        self._old = job.get("status") or {}
        self._now = now
        self.spec = job["spec"]
        self.conditions: list[Json] = copy_json(self._old.get("conditions") or [])
        self.start_time: str | None = self._old.get("startTime")
        self.completion_time: str | None = self._old.get("completionTime")
        self.active = [pod for pod in pods if is_active(pod)]
        self.terminating = sum(map(is_terminating, pods))
        self.uncounted = 0
        """Failures that count for the limit, and will be counted when their pods are replaced."""
        self.failed = self._old.get("failed", 0) + sum(
            job_policies.judge(job, pod).counts for pod in finished.failed
        )
        self.completed = self._indexes("completedIndexes")
        self.failed_indexes = self._indexes("failedIndexes")
        self.succeeded = self._old.get("succeeded", 0) + len(finished.succeeded)
        if self.indexed:
            self.completed |= {job_indexes.index_of(pod) for pod in finished.succeeded}
            self.completed &= set(range(self.spec["completions"]))
            self.succeeded = len(self.completed)

    def _indexes(self, field: str) -> set[int]:
        return job_indexes.parse(self._old.get(field) or "")

    @property
    def indexed(self) -> bool:
        """Whether every completion has a number of its own."""
        return bool(self.spec.get("completionMode") == "Indexed")

    @property
    def per_index(self) -> bool:
        """Whether every index has retries of its own."""
        return self.spec.get("backoffLimitPerIndex") is not None

    @property
    def suspended(self) -> bool:
        """Whether no pod may run for now."""
        return bool(self.spec.get("suspend"))

    def begin(self) -> None:
        """The Job's time starts when it is first seen and not suspended."""
        if self.start_time is None and not self.suspended:
            self.start_time = format_time(self._now)

    def seconds_left(self) -> float | None:
        """Seconds until the active deadline; None without one, or while suspended."""
        limit = self.spec.get("activeDeadlineSeconds")
        if limit is None or self.suspended or self.start_time is None:
            return None
        left: float = parse_time(self.start_time) + limit - self._now
        return left

    def target(self) -> str | None:
        """How the Job is going to end, if that is settled."""
        return next((kind for kind in (SUCCESS, FAILURE) if condition(self.conditions, kind)), None)

    def settle_failure(self, job: Json, pods: Sequence[Json]) -> None:
        """Decide that the Job fails: its policy says so, too many retries, too late, or too many indexes."""
        left = self.seconds_left()
        policy = job_policies.failure_message(job, pods)
        if policy:
            reason, message = "PodFailurePolicy", policy
        elif self._too_many_retries(job, pods):
            reason, message = "BackoffLimitExceeded", "Job has reached the specified backoff limit"
        elif left is not None and left <= 0:
            reason, message = "DeadlineExceeded", "Job was active longer than specified deadline"
        elif (failure := self._failure_of_indexes()) is not None:
            reason, message = failure
        else:
            return
        self.set(FAILURE, reason, message)

    def _too_many_retries(self, job: Json, pods: Sequence[Json]) -> bool:
        exceeded = self.failed + self.uncounted > self.spec["backoffLimit"]
        return exceeded or accounting.restarts_exceed(job, pods)

    def _failure_of_indexes(self) -> tuple[str, str] | None:
        if not self.failed_indexes:
            return None
        most = self.spec.get("maxFailedIndexes")
        if most is not None and len(self.failed_indexes) > most:
            text = "Job has exceeded the specified maximal number of failed indexes"
            return "MaxFailedIndexesExceeded", text
        if len(self.failed_indexes) + len(self.completed) >= self.spec["completions"]:
            return "FailedIndexes", "Job has failed indexes"
        return None

    def settle_policy(self, job: Json) -> None:
        """Decide that the Job succeeds by its success policy, whatever else runs."""
        message = job_policies.success_message(job, self.completed)
        if message:
            self.set(SUCCESS, "SuccessPolicy", message)

    def settle_success(self) -> None:
        """Decide that the Job succeeds: enough pods have, and none runs on."""
        wanted = self.spec.get("completions")
        enough = self.succeeded > 0 if wanted is None else self.succeeded >= wanted
        if enough and not self.active:
            self.set(SUCCESS, "CompletionsReached", "Reached expected number of succeeded pods")

    def finish(self) -> Json | None:
        """The final condition, when it has just come true: nothing of the Job runs any more."""
        target = self.target()
        if target is None or self.terminating or self.active:
            return None
        cause = condition(self.conditions, target) or {}
        self.set(_FINAL[target], cause["reason"], cause["message"])
        if target == SUCCESS:
            self.completion_time = format_time(self._now)
        return condition(self.conditions, _FINAL[target])

    def pause_or_resume(self) -> tuple[str, str] | None:
        """Tell of a suspension or its end; the event's reason and message when it is news."""
        old = next((each for each in self.conditions if each["type"] == "Suspended"), None)
        if self.suspended == (old is not None and old["status"] == "True"):
            return None
        if self.suspended:
            self.set("Suspended", "JobSuspended", "Job suspended")
            return "Suspended", "Job suspended"
        self.set("Suspended", "JobResumed", "Job resumed", "False")
        self.start_time = format_time(self._now)
        return "Resumed", "Job resumed"

    def set(self, kind: str, reason: str, message: str, status: str = "True") -> None:
        """Set a condition."""
        stamp = format_time(self._now)
        new = {
            "type": kind,
            "status": status,
            "lastProbeTime": stamp,
            "lastTransitionTime": stamp,
            "reason": reason,
            "message": message,
        }
        for index, each in enumerate(self.conditions):
            if each["type"] == kind:
                self.conditions[index] = new
                return
        self.conditions.append(new)

    def written(self) -> Json:
        """The status."""
        counters = {"active": len(self.active), "succeeded": self.succeeded, "failed": self.failed}
        status: Json = {key: value for key, value in counters.items() if value}
        status |= {
            "ready": sum(map(is_ready, self.active)),
            "terminating": self.terminating,
            "uncountedTerminatedPods": {},
        }
        if self.per_index:
            status["failedIndexes"] = job_indexes.written(self.failed_indexes)
        optional = {
            "startTime": self.start_time,
            "completionTime": self.completion_time,
            "completedIndexes": job_indexes.written(self.completed) if self.indexed else None,
            "conditions": self.conditions,
        }
        return status | {key: value for key, value in optional.items() if value}
