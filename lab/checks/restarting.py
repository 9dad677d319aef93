"""Restarted, and not restarted: what an experiment expects of the kubelet, and how far it has got."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lab.checks.causes import ERRORED, SPAM_LIMIT, errored, liveness_probes, probe_failures, told_of
from lab.checks.judgement import Judgement, line, passed
from lab.checks.reading import (
    Happening,
    find,
    happenings_since,
    name_of,
    selector_of,
    uid_of,
)
from lab.checks.restarts import (
    Quiet,
    describe,
    disturbance,
    pods_on_tape,
    restarts_since,
    vanished,
)
from lab.model.verdict import Evidence, State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lab.model.checks import NotRestarted, Restarted
    from lab.model.observation import Object, Observation

_CAUSES = {
    "liveness": "its liveness probe",
    "startup": "its startup probe",
    "exit": "its own end",
    "oom": "its memory limit",
}
_ENDING = (
    "The probe did its part. What takes the time is the end: the grace period, a preStop hook, or an app "
    "that does not act on SIGTERM."
)
_TOO_PATIENT = "The probe noticed. The kubelet acts after failureThreshold failures, periodSeconds apart."
_UNSTEADY = (
    "The kubelet counts failures in a row, and each success starts the count anew. This probe succeeds "
    "now and then although the app is ill."
)


@dataclass(frozen=True)
class Ground:
    """What an expectation is measured against: how things stood at the moment it counts from."""

    since: float
    """Cluster time of the injection, or of its undoing."""
    pods: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """UIDs of each workload's pods then."""
    restarts: Mapping[str, int] = field(default_factory=dict)
    """Restart counts then, by container key."""
    values: Mapping[str, str] = field(default_factory=dict)
    """What the injection set, by key."""


def restarted(spec: Restarted, seen: Observation, ground: Ground) -> Judgement:
    """Every pod the injection met is restarted in place, in time, for the reason that is asked for."""
    cause = "" if spec.because == "any" else f" because of {_CAUSES[spec.because]}"
    expected = f"every pod of {spec.workload} is restarted in place within {spec.within:g} s{cause}"
    met = ground.pods.get(spec.workload, frozenset())
    look = f"kubectl describe pod {selector_of(seen.snapshot, spec.workload)}".strip()
    restarts = [
        item
        for item in restarts_since(seen, met, ground.restarts, ground.since)
        if item.at - ground.since <= spec.within
    ]
    right = {item.container.uid for item in restarts if spec.because in {"any", item.cause}}
    if met and right == met:
        first = restarts[0]
        return passed(
            expected,
            f"after {first.at - ground.since:.0f} s: {describe(first)}",
            *(item for restart in restarts[:3] for item in restart.evidence[:2]),
        )
    gone = [(pod, at) for pod, at in vanished(seen, met, ground.since) if uid_of(pod) not in right]
    if gone:
        return _replaced(*gone[0], expected, look, ground)
    wrong = [item for item in restarts if item.container.uid not in right]
    if wrong:
        return Judgement(
            State.WAITING,
            "restarted-otherwise",
            expected,
            describe(wrong[0]),
            wrong[0].evidence,
            "There was a restart, but not for the reason that was asked for.",
            look,
            wrong[0].cause,
        )
    waited = seen.snapshot.now - ground.since
    code, told, why, evidence = _not_yet(seen, met - right, ground)
    observed = f"{len(right)} of {len(met)} pods restarted" if right else f"no restart in {waited:.0f} s"
    told = f"{observed}: {told}" if told else observed
    return Judgement(State.WAITING, code, expected, told, (*_counts(seen, met), *evidence), why, look)


def _replaced(pod: Object, at: float, expected: str, look: str, ground: Ground) -> Judgement:
    return Judgement(
        State.FAILED,
        "replaced",
        expected,
        f"pod {name_of(pod)} was deleted after {at - ground.since:.0f} s instead",
        (Evidence(f"pod/{name_of(pod)}", "metadata.deletionTimestamp", "", at),),
        "The kubelet is to restart the container by itself; nobody should have to delete the pod.",
        look,
    )


def _not_yet(
    seen: Observation, uids: frozenset[str], ground: Ground
) -> tuple[str, str, str, tuple[Evidence, ...]]:
    """How far the kubelet has got with pods that were not restarted: code, words, why, evidence."""
    events = [item for item in happenings_since(seen, ground.since) if item.uid in uids]
    killing = next((item for item in events if item.reason == "Killing"), None)
    if killing is not None:
        return (
            "still-ending",
            "the kubelet is ending the container, which has not ended yet",
            _ENDING,
            (Evidence(f"event/{killing.name}", killing.reason, line(killing.message), killing.last),),
        )
    for uid in sorted(uids):
        failures, event = probe_failures(seen, {uid}, ground.since)
        if event is None or not failures:
            continue
        shown = (Evidence(f"event/{event.name}", event.reason, line(event.message), event.last),)
        if errored(event):
            told = f"the liveness probe could not be carried out, {failures} time(s)"
            return "probe-errored", told, ERRORED, shown
        if _unsteady(seen, uid, failures, event):
            told = f"the liveness probe failed {failures} time(s), and succeeded in between or since"
            return "probe-unsteady", told, _UNSTEADY, shown
        told = f"the liveness probe failed {failures} time(s), and the kubelet still waits for more"
        return "too-patient", told, _TOO_PATIENT, shown
    return "not-restarted", "", "", ()


def _unsteady(seen: Observation, uid: str, failures: int, event: Happening) -> bool:
    """Whether a probe that failed has succeeded as well: it failed often enough, not in a row, or not lately.

    Nothing can be said where events may have been dropped.
    """
    if len(told_of(seen, uid)) >= SPAM_LIMIT:
        return False
    probe = next(iter(liveness_probes(seen, uid).values()), None)
    if probe is None:
        return False
    every = max(int(probe.get("periodSeconds", 10)), int(probe.get("timeoutSeconds", 1)))
    quiet = seen.snapshot.now - event.last
    return failures >= int(probe.get("failureThreshold", 3)) or quiet > 2 * every + 1


def not_restarted(spec: NotRestarted, seen: Observation, ground: Ground) -> Judgement:
    """No container restarts and no pod is replaced, for the whole time."""
    expected = f"no restart of {spec.workload} for {spec.seconds:g} s"
    known = ground.pods.get(spec.workload, frozenset())
    quiet = Quiet(
        ground.since, known | pods_on_tape(seen, spec.workload, ground.since), known, ground.restarts
    )
    look = f"kubectl describe pod {selector_of(seen.snapshot, spec.workload)}".strip()
    disturbed = disturbance(seen, quiet, "restarted", expected, look)
    if disturbed is not None:
        return disturbed
    if find(seen.snapshot, spec.workload) is None:
        return Judgement(
            State.FAILED, "missing", expected, f"{spec.workload} is gone", (), "", "kubectl get all"
        )
    waited = seen.snapshot.now - ground.since
    if waited < spec.seconds:
        return Judgement(
            State.WAITING, "watching", expected, f"no restart in {waited:.0f} s so far", (), "", look
        )
    return passed(expected, f"no restart in {waited:.0f} s", *_counts(seen, known))


def _counts(seen: Observation, uids: frozenset[str]) -> list[Evidence]:
    return [
        Evidence(
            f"pod/{name_of(pod)}",
            f"status.containerStatuses[{index}].restartCount",
            str(item.get("restartCount")),
        )
        for pod in seen.snapshot.of("Pod")
        if uid_of(pod) in uids
        for index, item in enumerate((pod.get("status") or {}).get("containerStatuses") or ())
    ][:3]
