"""What ended a container: told by the kubelet's own events, and inferred where it dropped them.

The kubelet drops events of a pod that has had many (25 at once, then one in five minutes, as client-go's spam
filter has it). What is then missing is inferred from the rest, and never from its being missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.checks.reading import Container, Happening, happening, happenings_since, uid_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from lab.model.observation import Object, Observation

KUBELET = "kubelet"
SPAM_LIMIT = 20
"""Events after which some of a pod's may have been dropped; some of its own are sure to be its start's."""
ERRORED = (
    "The kubelet could not even ask: the probe's command is not in the image, say. Such a result counts "
    "for nothing, neither as a success nor as a failure."
)
"""Why a probe that errs brings nothing about."""
BY_SIGNAL = frozenset({137, 143, 0})
"""How a container ends that the kubelet stops: by KILL, by TERM, or by an app that acts on TERM."""


def cause_of(item: Container, seen: Observation, since: float) -> tuple[str, tuple[Happening, ...]]:
    """`liveness`, `startup`, `oom` or `exit` for a container restarted since, and the events that show it."""
    if item.last_reason == "OOMKilled":
        return "oom", ()
    told = killed_by(item, happenings_since(seen, since))
    if told is not None:
        return told
    return ("liveness" if _inferred(item, seen, since) else "exit"), ()


def killed_by(item: Container, events: Iterable[Happening]) -> tuple[str, tuple[Happening, ...]] | None:
    """The probe for which the kubelet says it ended a container, its word, and the probe's newest failure."""
    mine = [event for event in events if event.uid == item.uid and event.component in {KUBELET, ""}]
    for probe in ("liveness", "startup"):
        for event in mine:
            if event.reason == "Killing" and f"{item.name} failed {probe} probe" in event.message:
                failed = [each for each in mine if each.message.lower().startswith(f"{probe} probe")]
                return probe, (event, *failed[-1:])
    return None


def probe_failures(seen: Observation, uids: Collection[str], since: float) -> tuple[int, Happening | None]:
    """How often liveness probes of these pods failed after a moment, and the newest such event."""
    before: dict[str, int] = {}
    total, newest = 0, None
    for change in seen.timeline.changes:
        if change.kind != "Event" or change.type == "DELETED" or change.object.get("reason") != "Unhealthy":
            continue
        item = happening(change.object)
        if item.uid not in uids or not item.message.startswith("Liveness"):
            continue
        if change.at >= since:
            total += max(0, item.count - before.get(item.name, 0))
            newest = item
        before[item.name] = item.count
    return total, newest


def errored(event: Happening) -> bool:
    """Whether a probe's event tells that it could not be carried out, which counts for nothing."""
    return "probe errored" in event.message


def told_of(seen: Observation, uid: str) -> list[float]:
    """When events about a pod were seen."""
    return [
        change.at
        for change in seen.timeline.changes
        if change.kind == "Event" and (change.object.get("involvedObject") or {}).get("uid") == uid
    ]


def liveness_probes(seen: Observation, uid: str) -> dict[str, Mapping[str, Any]]:
    """A pod's liveness probes by container."""
    pod: Object = next((pod for pod in seen.snapshot.of("Pod") if uid_of(pod) == uid), {})
    found = (pod.get("spec") or {}).get("containers") or ()
    return {item["name"]: item["livenessProbe"] for item in found if item.get("livenessProbe")}


def _inferred(item: Container, seen: Observation, since: float) -> bool:
    """Whether a liveness probe ended a container although no Killing event says so.

    With that dropped, a probe that failed after the moment and a container ended by a signal are as good a
    sign. A pod whose events had all been spent on its start shows not even that: there the end has to do.
    """
    told = told_of(seen, item.uid)
    if len(told) < SPAM_LIMIT or item.last_exit_code not in BY_SIGNAL:
        return False
    failures, _ = probe_failures(seen, {item.uid}, since)
    mute = sum(at < since for at in told) >= SPAM_LIMIT
    return failures > 0 or (mute and item.name in liveness_probes(seen, item.uid))
