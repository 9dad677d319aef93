"""What an experiment expects: judged on the tape from the moment of the injection, or of its undoing."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lab.checks.judgement import Judgement, line, passed
from lab.checks.reading import (
    find,
    is_ready,
    name_of,
    owners_of,
    pods_of,
    ready_addresses,
    selector_of,
    uid_of,
    wanted_replicas,
)
from lab.checks.restarts import Restart, describe, probe_failures, restarts_since, vanished
from lab.model.checks import (
    BecameReady,
    BecameUnready,
    EndpointsBecame,
    Expectation,
    LogSays,
    NotRestarted,
    Restarted,
    Serves,
    StayedReady,
)
from lab.model.verdict import Evidence, State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lab.model.observation import Object, Observation


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


def budget_of(spec: Expectation) -> float:
    """Seconds after which this expectation is settled one way or the other."""
    return spec.seconds if isinstance(spec, NotRestarted | StayedReady) else spec.within


def expect(spec: Expectation, seen: Observation, ground: Ground) -> Judgement:
    """One look at one expectation; waiting beyond its budget is a failure."""
    judgement = _look(spec, seen, ground)
    over = seen.snapshot.now - ground.since >= budget_of(spec)
    if judgement.state is State.WAITING and over:
        return Judgement(
            State.FAILED,
            judgement.code,
            judgement.expected,
            judgement.observed,
            judgement.evidence,
            judgement.why,
            judgement.look_at,
        )
    return judgement


def _look(spec: Expectation, seen: Observation, ground: Ground) -> Judgement:
    match spec:
        case Restarted():
            return _restarted(spec, seen, ground)
        case NotRestarted():
            return _not_restarted(spec, seen, ground)
        case BecameReady():
            return _became_ready(spec, seen)
        case BecameUnready():
            return _became_unready(spec, seen)
        case StayedReady():
            return _stayed_ready(spec, seen, ground)
        case EndpointsBecame():
            return _endpoints(spec, seen)
        case Serves():
            return _serves(spec, seen, ground)
        case LogSays():
            return _log_says(spec, seen, ground)


def _restarted(spec: Restarted, seen: Observation, ground: Ground) -> Judgement:
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
    return Judgement(
        State.WAITING,
        "not-restarted",
        expected,
        f"no restart in {waited:.0f} s" if not right else f"{len(right)} of {len(met)} pods restarted",
        tuple(_counts(seen, met)),
        "",
        look,
    )


def _because(restart: Restart, spec: Restarted, seen: Observation, ground: Ground) -> bool:
    if spec.because in {"any", restart.cause}:
        return True
    if spec.because != "liveness" or restart.cause != "exit":
        return False
    # The kubelet drops events of a pod that has had many (25, then one in five minutes). A probe that failed
    # after the injection, and a container ended by a signal after it, are as good a sign as the Killing
    # event.
    failures, _ = probe_failures(seen, {restart.container.uid}, ground.since)
    had = sum(
        1
        for change in seen.timeline.changes
        if change.kind == "Event"
        and (change.object.get("involvedObject") or {}).get("uid") == restart.container.uid
    )
    return failures > 0 and had >= _SPAM_LIMIT and restart.container.last_exit_code in {137, 143, 0}


def _not_restarted(spec: NotRestarted, seen: Observation, ground: Ground) -> Judgement:
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


def _became_ready(spec: BecameReady, seen: Observation) -> Judgement:
    expected = f"all pods of {spec.workload} are Ready within {spec.within:g} s"
    pods = pods_of(seen.snapshot, spec.workload)
    ready = [pod for pod in pods if is_ready(pod)]
    wanted = max(1, wanted_replicas(find(seen.snapshot, spec.workload)))
    observed = f"{len(ready)} of {wanted} Ready"
    if len(ready) >= wanted and len(ready) == len(pods):
        return passed(expected, observed, *_readiness(ready))
    look = f"kubectl describe pod {selector_of(seen.snapshot, spec.workload)}".strip()
    return Judgement(
        State.WAITING,
        "not-ready",
        expected,
        observed,
        _readiness([pod for pod in pods if pod not in ready]),
        "",
        look,
    )


def _became_unready(spec: BecameUnready, seen: Observation) -> Judgement:
    expected = f"no pod of {spec.workload} is Ready any more within {spec.within:g} s"
    pods = pods_of(seen.snapshot, spec.workload)
    ready = [pod for pod in pods if is_ready(pod)]
    observed = f"{len(ready)} of {len(pods)} Ready"
    if pods and not ready:
        return passed(expected, observed, *_readiness(pods))
    look = f"kubectl get pods {selector_of(seen.snapshot, spec.workload)}".strip()
    return Judgement(
        State.WAITING, "still-ready" if pods else "no-pods", expected, observed, _readiness(ready), "", look
    )


def _stayed_ready(spec: StayedReady, seen: Observation, ground: Ground) -> Judgement:
    expected = f"all pods of {spec.workload} stay Ready for {spec.seconds:g} s"
    known = ground.pods.get(spec.workload, frozenset())
    look = f"kubectl describe pod {selector_of(seen.snapshot, spec.workload)}".strip()
    for change in seen.timeline.changes:
        pod = change.object
        if change.kind != "Pod" or change.at < ground.since or uid_of(pod) not in known:
            continue
        if change.type == "DELETED" or not is_ready(pod):
            return Judgement(
                State.FAILED,
                "became-unready",
                expected,
                f"after {change.at - ground.since:.0f} s pod {name_of(pod)} was not Ready",
                (Evidence(f"pod/{name_of(pod)}", "status.conditions[type=Ready]", "False", change.at),),
                "",
                look,
            )
    current = pods_of(seen.snapshot, spec.workload)
    if not known or not all(is_ready(pod) for pod in current):
        return Judgement(
            State.FAILED,
            "became-unready",
            expected,
            f"{len(known)} pod(s) were Ready to begin with",
            (),
            "",
            look,
        )
    waited = seen.snapshot.now - ground.since
    if waited < spec.seconds:
        return Judgement(
            State.WAITING, "watching", expected, f"all Ready for {waited:.0f} s so far", (), "", look
        )
    return passed(expected, f"all Ready for {waited:.0f} s", *_readiness(current))


def _endpoints(spec: EndpointsBecame, seen: Observation) -> Judgement:
    name = spec.service.partition("/")[2]
    wanted = spec.ready if spec.ready >= 0 else max(1, wanted_replicas(find(seen.snapshot, spec.workload)))
    expected = f"{spec.service} has {wanted} ready endpoint(s) within {spec.within:g} s"
    obj = find(seen.snapshot, f"endpoints/{name}")
    addresses = ready_addresses(obj)
    evidence = Evidence(
        f"endpoints/{name}",
        "subsets[*].addresses[*].ip",
        ", ".join(str(item.get("ip")) for item in addresses) or "(none)",
    )
    if find(seen.snapshot, spec.service) is not None and len(addresses) == wanted:
        return passed(expected, f"{wanted} ready endpoint(s)", evidence)
    return Judgement(
        State.WAITING,
        "endpoints",
        expected,
        f"{len(addresses)} ready endpoint(s)",
        (evidence,),
        "",
        f"kubectl get endpoints {name}",
    )


def _serves(spec: Serves, seen: Observation, ground: Ground) -> Judgement:
    expected = (
        f"every pod of {spec.workload} answers GET {spec.path} with {spec.status} within {spec.within:g} s"
    )
    pods = pods_of(seen.snapshot, spec.workload)
    for pod in pods:
        target = f"pod/{name_of(pod)}:{spec.port}"
        answers = [
            item
            for item in seen.timeline.answers
            if item.target == target and item.path == spec.path and item.at >= ground.since
        ]
        last = answers[-1] if answers else None
        if last is None or last.status != spec.status or (spec.body and not re.search(spec.body, last.body)):
            got = (
                "no answer yet"
                if last is None
                else last.error or f"status {last.status}: {line(last.body, 80)}"
            )
            return Judgement(
                State.WAITING,
                "not-serving",
                expected,
                f"{target}: {line(got)}",
                (Evidence(f"pod/{name_of(pod)}", f"GET {spec.path}", line(got)),),
                "",
                f"kubectl logs {name_of(pod)}",
            )
    if not pods:
        return Judgement(
            State.WAITING, "not-serving", expected, "there are no pods", (), "", "kubectl get pods"
        )
    return passed(expected, f"{len(pods)} pod(s) answered {spec.status}")


def _log_says(spec: LogSays, seen: Observation, ground: Ground) -> Judgement:
    pattern = filled(spec.pattern, ground.values)
    expected = f"the log of every pod of {spec.workload} says /{pattern}/ within {spec.within:g} s"
    pods = pods_of(seen.snapshot, spec.workload)
    for pod in pods:
        container = spec.container or str(pod["spec"]["containers"][0]["name"])
        text = seen.snapshot.logs.get((name_of(pod), container, False), "")
        if not any(re.search(pattern, entry) for entry in text.splitlines()):
            last = line(text.splitlines()[-1]) if text.splitlines() else "(empty)"
            return Judgement(
                State.WAITING,
                "log-silent",
                expected,
                f"pod {name_of(pod)} does not; its last line: {last}",
                (Evidence(f"pod/{name_of(pod)}", f"log {container}", last),),
                "",
                f"kubectl logs {name_of(pod)} -c {container}",
            )
    if not pods:
        return Judgement(
            State.WAITING, "log-silent", expected, "there are no pods", (), "", "kubectl get pods"
        )
    return passed(expected, f"{len(pods)} log(s) say so")


def filled(pattern: str, values: Mapping[str, str]) -> str:
    """A pattern with `{key}` (the value, quoted) and `{sha256:key}` (its first twelve digits) put in."""
    for key, value in values.items():
        pattern = pattern.replace(f"{{{key}}}", re.escape(value))
        pattern = pattern.replace(f"{{sha256:{key}}}", hashlib.sha256(value.encode()).hexdigest()[:12])
    return pattern


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


def _readiness(pods: list[Object]) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(f"pod/{name_of(pod)}", "status.conditions[type=Ready]", str(is_ready(pod)))
        for pod in pods[:3]
    )


_SPAM_LIMIT = 20
_CAUSES = {
    "liveness": "its liveness probe",
    "startup": "its startup probe",
    "exit": "its own end",
    "oom": "its memory limit",
}
