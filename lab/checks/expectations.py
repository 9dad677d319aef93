"""What an experiment expects: judged on the tape from the moment of the injection, or of its undoing."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from lab.checks.judgement import Judgement, line, passed
from lab.checks.reading import (
    find,
    is_ready,
    name_of,
    pods_of,
    ready_addresses,
    selector_of,
    uid_of,
    wanted_replicas,
)
from lab.checks.restarting import not_restarted, restarted
from lab.checks.testimony import entries, last_entry, named_line
from lab.checks.trouble import troubled
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

    from lab.checks.restarting import Ground
    from lab.model.observation import Object, Observation


def budget_of(spec: Expectation) -> float:
    """Seconds after which this expectation is settled one way or the other."""
    return spec.seconds if isinstance(spec, NotRestarted | StayedReady) else spec.within


def expect(spec: Expectation, seen: Observation, ground: Ground) -> Judgement:
    """One look at one expectation; waiting beyond its budget is a failure."""
    judgement = _look(spec, seen, ground)
    over = seen.snapshot.now - ground.since >= budget_of(spec)
    if judgement.state is State.WAITING and over:
        return replace(judgement, state=State.FAILED)
    return judgement


def _look(spec: Expectation, seen: Observation, ground: Ground) -> Judgement:
    match spec:
        case Restarted():
            return restarted(spec, seen, ground)
        case NotRestarted():
            return not_restarted(spec, seen, ground)
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


def _became_ready(spec: BecameReady, seen: Observation) -> Judgement:
    expected = f"all pods of {spec.workload} are Ready within {spec.within:g} s"
    pods = pods_of(seen.snapshot, spec.workload)
    ready = [pod for pod in pods if is_ready(pod)]
    wanted = max(1, wanted_replicas(find(seen.snapshot, spec.workload)))
    observed = f"{len(ready)} of {wanted} Ready"
    if len(ready) >= wanted and len(ready) == len(pods):
        return passed(expected, observed, *_readiness(ready))
    waiting = troubled(
        seen.snapshot,
        spec.workload,
        expected,
        fallback="not-ready",
        observed=observed,
    )
    return replace(waiting, evidence=waiting.evidence or _readiness(pods))


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
    expected = f"the log of every pod of {spec.workload} says "
    expected += f"{named_line(filled(spec.says, ground.values), pattern)} within {spec.within:g} s"
    pods = pods_of(seen.snapshot, spec.workload)
    for pod in pods:
        said = entries(seen.snapshot, pod, spec.container)
        if not any(re.search(pattern, entry) for _, entry in said):
            container, last = last_entry(said)
            return Judgement(
                State.WAITING,
                "log-silent",
                expected,
                f"pod {name_of(pod)} does not; its last line: {last}",
                (Evidence(f"pod/{name_of(pod)}", f"log {container}".strip(), last),),
                "",
                f"kubectl logs {name_of(pod)}" + (f" -c {container}" if container else ""),
            )
    if not pods:
        return Judgement(
            State.WAITING, "log-silent", expected, "there are no pods", (), "", "kubectl get pods"
        )
    return passed(expected, f"seen in {len(pods)} of {len(pods)} logs")


def filled(pattern: str, values: Mapping[str, str]) -> str:
    """A pattern with `{key}` (the value, quoted) and `{sha256:key}` (its first twelve digits) put in."""
    for key, value in values.items():
        pattern = pattern.replace(f"{{{key}}}", re.escape(value))
        pattern = pattern.replace(f"{{sha256:{key}}}", hashlib.sha256(value.encode()).hexdigest()[:12])
    return pattern


def _readiness(pods: list[Object]) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(f"pod/{name_of(pod)}", "status.conditions[type=Ready]", str(is_ready(pod)))
        for pod in pods[:3]
    )
