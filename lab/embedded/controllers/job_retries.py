"""Retries of each index of a Job by itself (`backoffLimitPerIndex`); pure.

Follows `pkg/controller/job` of v1.36. How often an index has failed is written on its pods: a failed pod is
kept from being counted, and from being gone, until the next one of its index carries the number on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.controllers import job_policies
from lab.embedded.controllers.job_accounting import FINALIZER, finish_time, pause_after
from lab.embedded.controllers.job_indexes import index_of
from lab.embedded.objects.meta import annotations_of, finalizers_of, uid_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Json = dict[str, Any]
COUNT = "batch.kubernetes.io/job-index-failure-count"
IGNORED = "batch.kubernetes.io/job-index-ignored-failure-count"


def _number(pod: Json, key: str) -> int:
    text = annotations_of(pod).get(key, "")
    return int(text) if text.isdigit() else 0


def _failures(pod: Json) -> int:
    """How often the pod's index had failed before it, in whatever way."""
    return _number(pod, COUNT) + _number(pod, IGNORED)


def _uncounted(job: Json, pods: Iterable[Json]) -> Iterator[tuple[int, Json]]:
    """The failed pods that are not counted yet, with the index of the Job that each worked on."""
    for pod in pods:
        index = index_of(pod)
        uncounted = 0 <= index < job["spec"]["completions"] and FINALIZER in finalizers_of(pod)
        if uncounted and job_policies.has_failed(job, pod):
            yield index, pod


def newly_failed(job: Json, pods: Iterable[Json]) -> set[int]:
    """The indexes that have used up their retries, by pods that are not counted yet."""
    limit = job["spec"]["backoffLimitPerIndex"]
    found = set()
    for index, pod in _uncounted(job, pods):
        judgement = job_policies.judge(job, pod)
        if judgement.fails_index or (judgement.counts and _number(pod, COUNT) >= limit):
            found.add(index)
    return found


def kept(job: Json, pods: Sequence[Json], done: set[int]) -> dict[int, Json]:
    """The last failed pod of each index that waits for another pod; `done`: indexes that need none."""
    found: dict[int, Json] = {}
    for index, pod in _uncounted(job, pods):
        last = found.get(index)
        if index not in done and (last is None or _order(last) <= _order(pod)):
            found[index] = pod
    return found


def _order(pod: Json) -> tuple[int, float]:
    return _failures(pod), finish_time(pod)


def wait(failed: Json | None, now: float) -> float:
    """Seconds until the pod after a failed one may be made; 0 for the first of an index."""
    return pause_after(_failures(failed) + 1, finish_time(failed), now) if failed is not None else 0.0


def annotate(job: Json, pod: Json, failed: Json | None) -> None:
    """Write onto a new pod how often its index has failed (changed in place); `failed`: the pod before it."""
    counted = ignored = 0
    if failed is not None:
        counts = job_policies.judge(job, failed).counts
        counted, ignored = _number(failed, COUNT) + counts, _number(failed, IGNORED) + (not counts)
    annotations = pod["metadata"].setdefault("annotations", {})
    annotations[COUNT] = str(counted)
    if ignored:
        annotations[IGNORED] = str(ignored)


def without(pods: Iterable[Json], some: Iterable[Json]) -> tuple[Json, ...]:
    """The pods that are not among some others."""
    others = {uid_of(each) for each in some}
    return tuple(pod for pod in pods if uid_of(pod) not in others)
