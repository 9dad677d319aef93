"""Stable: nothing restarts for a whole window of cluster time, and at its end all is Ready."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.checks.judgement import Judgement, line, passed
from lab.checks.reading import (
    find,
    is_ready,
    name_of,
    owners_of,
    pods_of,
    selector_of,
    uid_of,
    wanted_replicas,
)
from lab.checks.restarts import describe, probe_failures, restarts_since, vanished
from lab.checks.trouble import trouble_of
from lab.model.verdict import Evidence, State

if TYPE_CHECKING:
    from lab.model.checks import Stable
    from lab.model.observation import Observation


def stable(spec: Stable, seen: Observation, since: float) -> Judgement:
    """Judge the window that began at `since`; the engine has made the cold start and the baseline before."""
    start = "a cold start" if spec.cold_start else "now"
    expected = f"no restart of {spec.workload} within {spec.window:g} s from {start}, and then all pods Ready"
    snapshot = seen.snapshot
    doomed = set(seen.baseline.get("doomed") or ())
    uids = _pods_seen(spec, seen) - doomed
    describe_pods = f"kubectl describe pod {selector_of(snapshot, spec.workload)}".strip()
    found = restarts_since(seen, uids, seen.baseline.get("restarts") or {}, since)
    if found:
        first = found[0]
        return Judgement(
            State.FAILED,
            "restarts",
            expected,
            f"after {first.at - since:.0f} s: {describe(first)}",
            first.evidence,
            _why(first.cause),
            describe_pods,
        )
    gone = vanished(seen, uids, since)
    if gone:
        pod, at = gone[0]
        return Judgement(
            State.FAILED,
            "replaced",
            expected,
            f"after {at - since:.0f} s pod {name_of(pod)} was deleted",
            (
                Evidence(
                    f"pod/{name_of(pod)}",
                    "metadata.deletionTimestamp",
                    str(pod["metadata"].get("deletionTimestamp", "")),
                    at,
                ),
            ),
            "A pod that is replaced starts anew, and its restart count with it: that is no stability.",
            "kubectl events",
        )
    obj = find(snapshot, spec.workload)
    pods = [pod for pod in pods_of(snapshot, spec.workload) if uid_of(pod) not in doomed]
    waited = snapshot.now - since
    if waited < spec.window:
        return Judgement(
            State.WAITING,
            "watching",
            expected,
            f"no restart in {waited:.0f} s so far",
            look_at=f"kubectl get pods {selector_of(snapshot, spec.workload)} -w".strip(),
        )
    failures, event = probe_failures(seen, uids, since + spec.window / 2)
    if failures > spec.probe_failures and event is not None:
        return Judgement(
            State.FAILED,
            "probe-unreliable",
            expected,
            f"the liveness probe failed {failures} times although nothing was wrong",
            (Evidence(f"event/{event.name}", event.reason, line(event.message), event.last),),
            "A probe that fails while the app is well says nothing when it fails.",
            describe_pods,
        )
    wanted = max(1, wanted_replicas(obj))
    ready = [pod for pod in pods if is_ready(pod)]
    if len(ready) >= wanted and len(ready) == len(pods):
        return passed(
            expected,
            f"no restart in {waited:.0f} s, {len(ready)} of {len(pods)} Ready",
            *(
                Evidence(f"pod/{name_of(pod)}", "status.containerStatuses[*].restartCount", "0")
                for pod in ready[:3]
            ),
        )
    trouble = trouble_of(snapshot, spec.workload)
    return Judgement(
        State.WAITING,
        trouble.code if trouble else "not-ready",
        expected,
        f"no restart, but {len(ready)} of {wanted} pod(s) Ready"
        + (f": {trouble.observed}" if trouble else ""),
        trouble.evidence if trouble else (),
        trouble.why if trouble else "",
        trouble.look_at if trouble else describe_pods,
    )


def _pods_seen(spec: Stable, seen: Observation) -> set[str]:
    """UIDs of all pods the workload has had since the recording began, also those that are gone."""
    owners = owners_of(seen.snapshot, spec.workload)
    uids = {uid_of(pod) for pod in pods_of(seen.snapshot, spec.workload, terminating=True)}
    for change in seen.timeline.changes:
        if change.kind == "Pod":
            references = change.object["metadata"].get("ownerReferences") or ()
            if owners & {str(owner.get("uid")) for owner in references}:
                uids.add(uid_of(change.object))
    return uids


def _why(cause: str) -> str:
    return {
        "liveness": "The kubelet restarted it: the liveness probe said that it is not well.",
        "startup": "The kubelet restarted it: the startup probe did not succeed in its time.",
        "oom": "It used more memory than its limit allows.",
        "exit": "It ended; the log of the instance before (`kubectl logs --previous`) has its last words.",
    }[cause]
