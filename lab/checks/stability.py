"""Stable: nothing restarts for a whole window of cluster time, and at its end all is Ready.

What is judged is the workload's newest version. Where its rollout got stuck, pods of the version before still
stand beside it, or in its place; what ails them says nothing about what was changed since.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.checks.causes import ERRORED, errored, probe_failures
from lab.checks.judgement import Judgement, line, passed
from lab.checks.reading import (
    find,
    is_ready,
    name_of,
    owner_uids,
    pods_of,
    selector_of,
    uid_of,
    wanted_replicas,
)
from lab.checks.restarts import Quiet, disturbance, pods_on_tape
from lab.checks.rollouts import paused
from lab.checks.trouble import trouble_of
from lab.model.verdict import Evidence, State

if TYPE_CHECKING:
    from lab.checks.reading import Happening
    from lab.model.checks import Stable
    from lab.model.observation import Object, Observation


def stable(spec: Stable, seen: Observation, since: float) -> Judgement:
    """Judge the window that began at `since`; the engine has made the cold start and the baseline before."""
    start = "a cold start" if spec.cold_start else "now"
    expected = f"no restart of {spec.workload} within {spec.window:g} s from {start}, and then all pods Ready"
    snapshot = seen.snapshot
    held_back = paused(snapshot, spec.workload, expected)
    if held_back is not None:
        return held_back
    pods, uids = _judged(spec, seen)
    look = f"kubectl describe pod {selector_of(snapshot, spec.workload)}".strip()
    quiet = Quiet(since, uids, uids, seen.baseline.get("restarts") or {})
    disturbed = disturbance(seen, quiet, "restarts", expected, look)
    if disturbed is not None:
        return disturbed
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
        return _unreliable(failures, event, expected, look)
    wanted = max(1, wanted_replicas(find(snapshot, spec.workload)))
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
        trouble.look_at if trouble else look,
    )


def _unreliable(failures: int, event: Happening, expected: str, look: str) -> Judgement:
    evidence = (Evidence(f"event/{event.name}", event.reason, line(event.message, 240), event.last),)
    if errored(event):
        told = f"the liveness probe could not be carried out, {failures} times"
        return Judgement(State.FAILED, "probe-errored", expected, told, evidence, ERRORED, look)
    told = f"the liveness probe failed {failures} times although nothing was wrong"
    why = "A probe that fails while the app is well says nothing when it fails."
    return Judgement(State.FAILED, "probe-unreliable", expected, told, evidence, why, look)


def _judged(spec: Stable, seen: Observation) -> tuple[list[Object], set[str]]:
    """The pods there are, and the UIDs of all there were, without those of before and of earlier versions."""
    doomed = set(seen.baseline.get("doomed") or ())
    earlier = set(seen.baseline.get("superseded") or ())
    known = [change.object for change in seen.timeline.changes if change.kind == "Pod"]
    known += seen.snapshot.of("Pod")
    beside = doomed | {uid_of(pod) for pod in known if earlier & owner_uids(pod)}
    pods = [pod for pod in pods_of(seen.snapshot, spec.workload) if uid_of(pod) not in beside]
    return pods, pods_on_tape(seen, spec.workload) - beside
