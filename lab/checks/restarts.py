"""Restarts, and what caused them: counted from a baseline, explained from the kubelet's own events.

What counts is what the kubelet says it did (its Killing event) and how the container ended. A restart by the
clock, by a sidecar or by hand looks different there from one that a probe brought about.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.checks.causes import cause_of
from lab.checks.judgement import Judgement, line
from lab.checks.reading import (
    Container,
    containers,
    name_of,
    owner_uids,
    owners_of,
    pods_of,
    uid_of,
)
from lab.model.verdict import Evidence, State

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from lab.model.observation import Object, Observation

UNTOLD_SECONDS = 5.0
"""How long the kubelet may take from telling of a restart to telling how the instance before had ended."""
_WHY = {
    "liveness": "The kubelet restarted it: the liveness probe said that it is not well.",
    "startup": "The kubelet restarted it: the startup probe did not succeed in its time.",
    "oom": "It used more memory than its limit allows.",
    "exit": "It ended; the log of the instance before (`kubectl logs --previous`) has its last words.",
}


@dataclass(frozen=True)
class Restart:
    """A container that was started again."""

    container: Container
    count: int
    """Restarts since the baseline."""
    cause: str
    """`liveness`, `startup`, `oom` or `exit`."""
    at: float
    """When it was first seen."""
    evidence: tuple[Evidence, ...]


def pods_on_tape(seen: Observation, workload: str, since: float = 0.0) -> set[str]:
    """UIDs of the pods the workload has, and of those it had after a moment, also if they are gone."""
    owners = owners_of(seen.snapshot, workload)
    return {uid_of(pod) for pod in pods_of(seen.snapshot, workload, terminating=True)} | {
        uid_of(change.object)
        for change in seen.timeline.changes
        if change.kind == "Pod" and change.at >= since and owners & owner_uids(change.object)
    }


@dataclass(frozen=True)
class Quiet:
    """Pods that are to be left alone from a moment on."""

    since: float
    pods: Collection[str]
    """UIDs of those in which nothing may restart, also of pods made later."""
    standing: Collection[str]
    """UIDs of those that may not be replaced."""
    restarts: Mapping[str, int]
    """Restart counts then, by container key."""


def disturbance(seen: Observation, quiet: Quiet, code: str, expected: str, look: str) -> Judgement | None:
    """The failure of pods that were not left alone: a restart (as `code`) or a replacement; else None.

    A restart whose end is not told yet waits for that for a moment: how it ended is half of the answer.
    """
    since = quiet.since
    found = restarts_since(seen, quiet.pods, quiet.restarts, since)
    if found:
        first = found[0]
        untold = first.container.last_exit_code is None and seen.snapshot.now - first.at < UNTOLD_SECONDS
        return Judgement(
            State.WAITING if untold else State.FAILED,
            code,
            expected,
            f"after {first.at - since:.0f} s: {describe(first)}",
            first.evidence,
            _WHY[first.cause],
            look,
            first.cause,
        )
    gone = vanished(seen, quiet.standing, since)
    if not gone:
        return None
    pod, at = gone[0]
    deleted = str(pod["metadata"].get("deletionTimestamp", ""))
    return Judgement(
        State.FAILED,
        "replaced",
        expected,
        f"after {at - since:.0f} s pod {name_of(pod)} was deleted",
        (Evidence(f"pod/{name_of(pod)}", "metadata.deletionTimestamp", deleted, at),),
        "A pod that is replaced starts anew, and its restart count with it: that is no stability.",
        "kubectl events",
    )


def restarts_since(
    seen: Observation, uids: Collection[str], baseline: Mapping[str, int], since: float
) -> list[Restart]:
    """Restarts of these pods' containers after a moment, in the order they were seen."""
    found: dict[str, Restart] = {}
    for pod, at in _versions(seen, uids, since):
        for item in containers(pod):
            before = baseline.get(item.key, 0)
            if item.restarts > before:
                first = found.get(item.key)
                found[item.key] = _restart(
                    item, item.restarts - before, first.at if first else at, seen, since
                )
    return sorted(found.values(), key=lambda restart: restart.at)


def vanished(seen: Observation, uids: Collection[str], since: float) -> list[tuple[Object, float]]:
    """Pods of these that were deleted, or are being deleted, since a moment."""
    gone: dict[str, tuple[Object, float]] = {}
    for change in seen.timeline.changes:
        if change.kind != "Pod" or change.at < since or uid_of(change.object) not in uids:
            continue
        if change.type == "DELETED" or change.object["metadata"].get("deletionTimestamp"):
            gone.setdefault(uid_of(change.object), (change.object, change.at))
    return list(gone.values())


def _versions(seen: Observation, uids: Collection[str], since: float) -> list[tuple[Object, float]]:
    """Every version of these pods seen after a moment, and the one that stands now."""
    versions = [
        (change.object, change.at)
        for change in seen.timeline.changes
        if change.kind == "Pod" and change.at >= since and uid_of(change.object) in uids
    ]
    return versions + [(pod, seen.snapshot.now) for pod in seen.snapshot.of("Pod") if uid_of(pod) in uids]


def _restart(item: Container, count: int, at: float, seen: Observation, since: float) -> Restart:
    cause, events = cause_of(item, seen, since)
    earlier = item.restarts - count
    counted = f"{item.restarts} ({earlier} of them before this watch)" if earlier else str(item.restarts)
    evidence = [Evidence(f"pod/{item.pod}", f"{item.path}.restartCount", counted, at)]
    evidence += [
        Evidence(f"event/{event.name}", event.reason, line(event.message), event.last) for event in events
    ]
    if item.last_reason:
        ended = f"{item.last_reason} (exit code {item.last_exit_code})"
        evidence.append(Evidence(f"pod/{item.pod}", f"{item.path}.lastState.terminated", ended))
    return Restart(item, count, cause, at, tuple(evidence))


def describe(restart: Restart) -> str:
    """One line: what was restarted, how often, why."""
    code = restart.container.last_exit_code
    why = {
        "liveness": "the kubelet killed it because its liveness probe failed",
        "startup": "the kubelet killed it because its startup probe failed",
        "oom": "it was killed for going over its memory limit",
        "exit": "it ended, or was killed from inside" + (f" (exit code {code})" if code is not None else ""),
    }[restart.cause]
    times = "once" if restart.count == 1 else f"{restart.count} times"
    return f"container {restart.container.name} of pod {restart.container.pod} was restarted {times}: {why}"
