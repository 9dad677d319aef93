"""Rolled out: the newest version of a workload runs everywhere, is available, and nothing older is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.checks.judgement import Judgement, passed
from lab.checks.reading import find, is_ready, name_of, pods_of, wanted_replicas
from lab.checks.trouble import troubled
from lab.model.verdict import Evidence, State

if TYPE_CHECKING:
    from lab.model.checks import PodsReady, Rollout
    from lab.model.observation import Object, Observation, Snapshot


def under_way(snapshot: Snapshot, workload: str) -> bool:
    """Whether pods of an older version still stand beside, or instead of, those of the newest one.

    Readiness plays no part: a newest version that never gets ready is not under way once it is alone.
    """
    obj = find(snapshot, workload)
    if obj is None or obj.get("kind") == "Pod" or (obj.get("spec") or {}).get("paused"):
        return False
    status = obj.get("status") or {}
    if int(status.get("observedGeneration", 0)) < int(obj["metadata"].get("generation", 0)):
        return True
    replicas, updated, _ = _counts(obj)
    return updated < replicas or updated < wanted_replicas(obj)


def paused(snapshot: Snapshot, workload: str, expected: str) -> Judgement | None:
    """That the rollout is paused, which keeps what was changed from running; None when it is not."""
    obj = find(snapshot, workload)
    if obj is None or not (obj.get("spec") or {}).get("paused"):
        return None
    return Judgement(
        State.WAITING,
        "paused",
        expected,
        "the rollout is paused: what was changed does not run yet",
        (Evidence(workload, "spec.paused", "true"),),
        "A paused Deployment keeps its old pods whatever the template says.",
        f"kubectl rollout resume {workload}",
    )


def rollout(spec: Rollout, seen: Observation, _since: float) -> Judgement:
    """The workload's newest version runs everywhere, and nothing else does."""
    expected = f"{spec.workload} is rolled out with at least {spec.replicas} replica(s)"
    obj = find(seen.snapshot, spec.workload)
    wanted = wanted_replicas(obj)
    if obj is None or wanted == 0:
        return troubled(seen.snapshot, spec.workload, expected, fallback="no-replicas")
    if wanted < spec.replicas:
        return _too_few(spec, wanted, expected)
    held_back = paused(seen.snapshot, spec.workload, expected)
    if held_back is not None:
        return held_back
    counts = _counts(obj)
    status = obj.get("status") or {}
    current = int(status.get("observedGeneration", 0)) >= int(obj["metadata"].get("generation", 0))
    everywhere = current and counts == (wanted, wanted, wanted)
    complete = is_ready(obj) if obj.get("kind") == "Pod" else everywhere
    observed = _counted(spec.workload, counts, wanted)
    if complete:
        return passed(expected, observed, Evidence(spec.workload, "status.availableReplicas", str(counts[2])))
    return troubled(
        seen.snapshot,
        spec.workload,
        expected,
        fallback="not-rolled-out",
        observed=observed,
        why=_lingering(obj),
    )


def _too_few(spec: Rollout, wanted: int, expected: str) -> Judgement:
    return Judgement(
        State.WAITING,
        "too-few-replicas",
        expected,
        f"{spec.workload} wants {wanted} replica(s)",
        (Evidence(spec.workload, "spec.replicas", str(wanted)),),
        "The exercise is about several: what happens to them all at once, and what to the others.",
        f"kubectl get {spec.workload}",
    )


def _lingering(obj: Object) -> str:
    """Why pods that are well may still not count."""
    seconds = int((obj.get("spec") or {}).get("minReadySeconds") or 0)
    if not seconds:
        return ""
    return f"minReadySeconds is {seconds}: a pod counts as available only so long after it got ready."


def pods_ready(spec: PodsReady, seen: Observation, _since: float) -> Judgement:
    """So many pods are Ready, and none is not."""
    expected = f"at least {spec.count} pod(s) of {spec.workload} are Ready, and all of them"
    pods = pods_of(seen.snapshot, spec.workload)
    ready = [pod for pod in pods if is_ready(pod)]
    if len(ready) >= spec.count and len(ready) == len(pods):
        return passed(
            expected,
            f"{len(ready)} of {len(pods)} Ready",
            *(Evidence(f"pod/{name_of(pod)}", "status.conditions[type=Ready]", "True") for pod in ready[:3]),
        )
    return troubled(
        seen.snapshot,
        spec.workload,
        expected,
        fallback="not-ready",
        observed=f"{len(ready)} of {len(pods)} Ready",
    )


def _counts(obj: Object) -> tuple[int, int, int]:
    status = obj.get("status") or {}
    replicas, updated, available = (
        int(status.get(key, 0)) for key in ("replicas", "updatedReplicas", "availableReplicas")
    )
    return replicas, updated, available


def _counted(workload: str, counts: tuple[int, int, int], wanted: int) -> str:
    replicas, updated, available = counts
    there = f"{replicas} there, {updated} of the newest version, {available} available"
    return f"{workload}: {wanted} wanted, {there}"
