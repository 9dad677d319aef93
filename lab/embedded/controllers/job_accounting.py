"""Counting the pods of a Job, each once, and how long to wait after failures; pure.

Follows `pkg/controller/job` of v1.36 (`tracking_utils.go`, `backoff_utils.go`). A pod that is not counted yet
carries a finalizer; what was counted is in the Job's status, so pods may vanish afterwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from lab.embedded.controllers import job_policies
from lab.embedded.controllers.pod_facts import is_terminating
from lab.embedded.objects.meta import finalizers_of, is_deleting
from lab.embedded.objects.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Sequence

Json = dict[str, Any]
FINALIZER = "batch.kubernetes.io/job-tracking"
FIRST_BACKOFF, LONGEST_BACKOFF = 10.0, 600.0
"""Seconds before a pod is made after one failure, doubling with each, and at most."""


class Finished(Struct, frozen=True):
    """Pods that ended since the last sync."""

    succeeded: tuple[Json, ...] = ()
    failed: tuple[Json, ...] = ()

    @property
    def all(self) -> tuple[Json, ...]:
        """Both."""
        return self.succeeded + self.failed


def newly_finished(job: Json, pods: Sequence[Json], *, ending: bool = False) -> Finished:
    """The pods that have ended and are not counted yet; `ending`: the Job has failed, and all its pods."""
    open_ones = [pod for pod in pods if FINALIZER in finalizers_of(pod)]
    succeeded = (pod for pod in open_ones if pod.get("status", {}).get("phase") == "Succeeded")
    failed = (
        pod for pod in open_ones if job_policies.has_failed(job, pod) or (ending and is_terminating(pod))
    )
    return Finished(tuple(succeeded), tuple(failed))


def finish_time(pod: Json) -> float:
    """When a pod ended: its last container did, or it stopped being ready, or it was deleted."""
    status, metadata = pod.get("status", {}), pod["metadata"]
    states = [each.get("state", {}).get("terminated") for each in status.get("containerStatuses") or ()]
    ends = [state["finishedAt"] for state in states if state and state.get("finishedAt")]
    if ends and len(ends) == len(states):
        return max(parse_time(each) for each in ends)
    for each in status.get("conditions") or ():
        if each["type"] == "Ready" and each["status"] == "False" and each.get("lastTransitionTime"):
            return parse_time(each["lastTransitionTime"])
    if is_deleting(pod):
        grace: int = metadata.get("deletionGracePeriodSeconds") or 0
        return parse_time(metadata["deletionTimestamp"]) - grace
    return parse_time(metadata["creationTimestamp"])


class Backoff(Struct, frozen=True):
    """Failures since the last success, and when the last one was (agenda seconds)."""

    failures: int = 0
    last: float | None = None

    def after(self, finished: Finished) -> Backoff:
        """The record with the pods that have ended since."""
        failures = sorted(map(finish_time, finished.failed))
        if not finished.succeeded:
            return Backoff(self.failures + len(failures), failures[-1]) if failures else self
        success = max(map(finish_time, finished.succeeded))
        later = [each for each in failures if each > success]
        return Backoff(len(later), later[-1] if later else None)

    def remaining(self, now: float) -> float:
        """Seconds until the next pod may be made."""
        if not self.failures or self.last is None:
            return 0.0
        return pause_after(self.failures, self.last, now)


def pause_after(failures: int, last: float, now: float) -> float:
    """Seconds that are left of the pause after so many failures, the last of them at `last`."""
    pause = min(FIRST_BACKOFF * 2.0 ** min(failures - 1, 60), LONGEST_BACKOFF)
    return max(0.0, last + pause - now)


def restarts_exceed(job: Json, pods: Sequence[Json]) -> bool:
    """Whether containers that restart in place have used up the retries (`restartPolicy: OnFailure`)."""
    spec = job["spec"]
    if spec["template"]["spec"].get("restartPolicy") != "OnFailure":
        return False
    restarts: int = sum(
        each.get("restartCount", 0)
        for pod in pods
        if pod.get("status", {}).get("phase") in {"Running", "Pending"}
        for key in ("initContainerStatuses", "containerStatuses")
        for each in pod["status"].get(key) or ()
    )
    limit: int = spec["backoffLimit"]
    return restarts > 0 if not limit else restarts >= limit
