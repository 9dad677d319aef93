"""Restarted, and not restarted: what an experiment expects of the kubelet, and how far it has got.

The cause of a restart is read from the kubelet's events and from how the container ended. The kubelet drops
events of a pod that has had many (25 at once, then one in five minutes, as client-go's spam filter has it);
what is then missing is inferred from the rest, and never from its being missing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lab.checks.judgement import Judgement, line, passed
from lab.checks.reading import (
    Container,
    find,
    happenings_since,
    name_of,
    owners_of,
    selector_of,
    uid_of,
)
from lab.checks.restarts import Restart, describe, probe_failures, restarts_since, vanished
from lab.model.verdict import Evidence, State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lab.model.checks import NotRestarted, Restarted
    from lab.model.observation import Observation

_SPAM_LIMIT = 20
"""Events after which some of a pod's may have been dropped; some of its own are sure to be its start's."""
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
    right = {item.container.uid for item in restarts if _because(item, spec, seen, ground)}
    if met and right == met:
        first = restarts[0]
        return passed(
            expected,
            f"after {first.at - ground.since:.0f} s: {describe(first)}",
            *(item for restart in restarts[:3] for item in restart.evidence[:2]),
        )
    gone = [(pod, at) for pod, at in vanished(seen, met, ground.since) if uid_of(pod) not in right]
    if gone:
        pod, at = gone[0]
        return Judgement(
            State.FAILED,
            "replaced",
            expected,
            f"pod {name_of(pod)} was deleted after {at - ground.since:.0f} s instead",
            (Evidence(f"pod/{name_of(pod)}", "metadata.deletionTimestamp", "", at),),
            "The kubelet is to restart the container by itself; nobody should have to delete the pod.",
            look,
        )
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
        )
    waited = seen.snapshot.now - ground.since
    code, told, why, evidence = _not_yet(seen, met - right, ground)
    if right:
        told = f"{len(right)} of {len(met)} pods restarted; {told}"
    return Judgement(
        State.WAITING,
        code,
        expected,
        f"no restart in {waited:.0f} s{told}" if not right else told.removesuffix("; "),
        (*_counts(seen, met), *evidence),
        why,
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
            ": the kubelet is ending the container, which has not ended yet",
            _ENDING,
            (Evidence(f"event/{killing.name}", killing.reason, line(killing.message), killing.last),),
        )
    failures, event = probe_failures(seen, uids, ground.since)
    if event is not None and failures:
        return (
            "too-patient",
            f": the liveness probe failed {failures} time(s), and the kubelet still waits for more",
            "The probe noticed. The kubelet acts after failureThreshold failures, periodSeconds apart.",
            (Evidence(f"event/{event.name}", event.reason, line(event.message), event.last),),
        )
    return "not-restarted", "", "", ()


def _because(restart: Restart, spec: Restarted, seen: Observation, ground: Ground) -> bool:
    if spec.because in {"any", restart.cause}:
        return True
    if spec.because != "liveness" or restart.cause != "exit":
        return False
    # With its Killing event dropped, a probe that failed after the injection and a container ended by a
    # signal are as good a sign.
    # A pod whose events had all been spent on its start shows not even that failure: there the end has to do.
    uid = restart.container.uid
    told = [
        change.at
        for change in seen.timeline.changes
        if change.kind == "Event" and (change.object.get("involvedObject") or {}).get("uid") == uid
    ]
    if len(told) < _SPAM_LIMIT or restart.container.last_exit_code not in {137, 143, 0}:
        return False
    failures, _ = probe_failures(seen, {uid}, ground.since)
    mute = sum(at < ground.since for at in told) >= _SPAM_LIMIT
    return failures > 0 or (mute and _is_probed(restart.container, seen))


def _is_probed(container: Container, seen: Observation) -> bool:
    """Whether the kubelet asks this container for its liveness."""
    return any(
        uid_of(pod) == container.uid
        and any(
            item["name"] == container.name and item.get("livenessProbe") for item in pod["spec"]["containers"]
        )
        for pod in seen.snapshot.of("Pod")
    )


def not_restarted(spec: NotRestarted, seen: Observation, ground: Ground) -> Judgement:
    """No container restarts and no pod is replaced, for the whole time."""
    expected = f"no restart of {spec.workload} for {spec.seconds:g} s"
    known = ground.pods.get(spec.workload, frozenset())
    uids = known | _own_pods(seen, spec.workload, ground.since)
    look = f"kubectl describe pod {selector_of(seen.snapshot, spec.workload)}".strip()
    found = restarts_since(seen, uids, ground.restarts, ground.since)
    if found:
        return Judgement(
            State.FAILED,
            "restarted",
            expected,
            f"after {found[0].at - ground.since:.0f} s: {describe(found[0])}",
            found[0].evidence,
            "",
            look,
        )
    gone = vanished(seen, known, ground.since)
    if gone:
        pod, at = gone[0]
        return Judgement(
            State.FAILED,
            "replaced",
            expected,
            f"after {at - ground.since:.0f} s pod {name_of(pod)} was deleted",
            (Evidence(f"pod/{name_of(pod)}", "metadata.deletionTimestamp", "", at),),
            "",
            look,
        )
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


def _own_pods(seen: Observation, workload: str, since: float) -> frozenset[str]:
    owners = owners_of(seen.snapshot, workload)
    return frozenset(
        uid_of(change.object)
        for change in seen.timeline.changes
        if change.kind == "Pod"
        and change.at >= since
        and owners
        & {str(owner.get("uid")) for owner in change.object["metadata"].get("ownerReferences") or ()}
    )


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
