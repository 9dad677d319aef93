"""State checks: one look at where things stand. Pure: everything they know is in the observation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lab.checks.judgement import Judgement, line, passed
from lab.checks.predicates import field_holds
from lab.checks.reading import (
    Happening,
    containers,
    find,
    happenings_since,
    is_ready,
    loggers,
    name_of,
    pods_of,
    ready_addresses,
    selector_of,
    uid_of,
    wanted_replicas,
)
from lab.checks.trouble import Trouble, trouble_of
from lab.model.verdict import Evidence, State

if TYPE_CHECKING:
    from lab.model.checks import (
        ContainerState,
        Endpoints,
        Events,
        Field,
        Http,
        LastState,
        Log,
        PodsReady,
        Rollout,
    )
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


def rollout(spec: Rollout, seen: Observation, _since: float) -> Judgement:
    """The workload's newest version runs everywhere, and nothing else does."""
    expected = f"{spec.workload} is rolled out with at least {spec.replicas} replica(s)"
    obj = find(seen.snapshot, spec.workload)
    if obj is None or wanted_replicas(obj) < spec.replicas:
        return _troubled(seen.snapshot, spec.workload, expected, fallback="no-replicas")
    if (obj.get("spec") or {}).get("paused"):
        return Judgement(
            State.WAITING,
            "paused",
            expected,
            "the rollout is paused: what was changed does not run yet",
            (Evidence(spec.workload, "spec.paused", "true"),),
            "A paused Deployment keeps its old pods whatever the template says.",
            f"kubectl rollout resume {spec.workload}",
        )
    counts = _counts(obj)
    wanted = wanted_replicas(obj)
    status = obj.get("status") or {}
    current = int(status.get("observedGeneration", 0)) >= int(obj["metadata"].get("generation", 0))
    everywhere = current and counts == (wanted, wanted, wanted)
    complete = is_ready(obj) if obj.get("kind") == "Pod" else everywhere
    if complete:
        return passed(
            expected,
            _counted(spec.workload, counts, wanted),
            Evidence(spec.workload, "status.availableReplicas", str(counts[2])),
        )
    return _troubled(
        seen.snapshot,
        spec.workload,
        expected,
        fallback="not-rolled-out",
        observed=_counted(spec.workload, counts, wanted),
    )


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
    return _troubled(
        seen.snapshot,
        spec.workload,
        expected,
        fallback="not-ready",
        observed=f"{len(ready)} of {len(pods)} Ready",
    )


def container_state(spec: ContainerState, seen: Observation, _since: float) -> Judgement:
    """A container of every pod is in a state."""
    wanted = f"{spec.state} ({spec.reason})" if spec.reason else spec.state
    expected = f"container {spec.container or '(each)'} of {spec.workload} is {wanted}"
    found = [
        item
        for pod in pods_of(seen.snapshot, spec.workload)
        for item in containers(pod)
        if item.name == spec.container or (not spec.container and not item.init)
    ]
    wrong = [
        item for item in found if item.state != spec.state or (spec.reason and item.reason != spec.reason)
    ]
    shown = wrong or found
    evidence = tuple(
        Evidence(f"pod/{item.pod}", f"{item.path}.state", line(f"{item.state} {item.reason}"))
        for item in shown[:3]
    )
    if found and not wrong:
        return passed(expected, f"{len(found)} container(s) {wanted}", *evidence)
    if not found:
        return _troubled(seen.snapshot, spec.workload, expected, fallback="no-container")
    item = wrong[0]
    trouble = trouble_of(seen.snapshot, spec.workload)
    observed = line(
        f"container {item.name} is {item.state or 'unknown'} {item.reason} {item.message}".strip()
    )
    return Judgement(
        State.WAITING,
        trouble.code if trouble else "other-state",
        expected,
        observed,
        evidence,
        trouble.why if trouble else "",
        f"kubectl describe pod {item.pod}",
    )


def last_state(spec: LastState, seen: Observation, _since: float) -> Judgement:
    """How containers ended before."""
    wanted = " ".join(
        filter(None, [spec.reason, "" if spec.exit_code is None else f"(exit code {spec.exit_code})"])
    )
    none = "no container" if spec.absent else "a container"
    expected = f"{none} of {spec.workload} has ended with {wanted or 'anything'}"
    ended = [
        item
        for pod in pods_of(seen.snapshot, spec.workload)
        for item in containers(pod)
        if (item.name == spec.container or not spec.container) and item.last_exit_code is not None
    ]
    met = [
        item
        for item in ended
        if spec.reason in {"", item.last_reason} and spec.exit_code in {None, item.last_exit_code}
    ]
    evidence = tuple(
        Evidence(
            f"pod/{item.pod}",
            f"{item.path}.lastState.terminated",
            f"{item.last_reason} {item.last_exit_code}",
        )
        for item in (met or ended)[:3]
    )
    if bool(met) != spec.absent:
        return passed(expected, f"{len(met)} of {len(ended)} ended so", *evidence)
    look = f"kubectl describe pod {selector_of(seen.snapshot, spec.workload)}".strip()
    code = "ended-so" if spec.absent else "not-ended-so"
    state = State.FAILED if spec.absent else State.WAITING
    return Judgement(state, code, expected, f"{len(met)} of {len(ended)} ended so", evidence, "", look)


def events(spec: Events, seen: Observation, since: float) -> Judgement:
    """An event is there, or is not, since the check began (the engine starts it at the last apply)."""
    what = " ".join(filter(None, [spec.reason, f"/{spec.message}/" if spec.message else ""])) or "any event"
    about = spec.about or "anything"
    expected = f"{'no event' if spec.absent else 'an event'} {what} about {about}"
    uids = _uids(seen.snapshot, spec.about)
    met = [item for item in happenings_since(seen, since) if _fits(item, spec, uids)]
    evidence = tuple(
        Evidence(f"event/{item.name}", item.reason, line(item.message), item.last) for item in met[:3]
    )
    observed = f"{len(met)} such event(s)" + (f", such as: {line(met[0].message)}" if met else "")
    if spec.absent:
        if met:
            return Judgement(
                State.FAILED,
                "event-seen",
                expected,
                observed,
                evidence,
                "",
                f"kubectl events --for {met[0].about}",
            )
        return passed(expected, observed)
    if met:
        return passed(expected, observed, *evidence)
    return Judgement(State.WAITING, "no-event", expected, observed, (), "", "kubectl events")


def log(spec: Log, seen: Observation, _since: float) -> Judgement:
    """The log of every pod has a line, or has none."""
    expected = f"the log of {spec.workload} {'never says' if spec.absent else 'says'} /{spec.pattern}/"
    pods = pods_of(seen.snapshot, spec.workload)
    if not pods:
        return _troubled(seen.snapshot, spec.workload, expected, fallback="no-pods")
    lines = {pod_name: _matching(spec, seen.snapshot, pod) for pod in pods for pod_name in [name_of(pod)]}
    hits = {name: found for name, found in lines.items() if found}
    evidence = tuple(
        Evidence(f"pod/{name}", f"log {spec.container}".strip(), line(found)) for name, found in hits.items()
    )[:3]
    good = not hits if spec.absent else len(hits) == len(pods)
    if good:
        return passed(expected, f"{len(hits)} of {len(pods)} log(s) say so", *evidence)
    missing = next((name for name in lines if name not in hits), name_of(pods[0]))
    look = f"kubectl logs {missing}" + (f" -c {spec.container}" if spec.container else "")
    state = State.FAILED if spec.absent else State.WAITING
    return Judgement(
        state,
        "log-says" if spec.absent else "log-silent",
        expected,
        f"{len(hits)} of {len(pods)} log(s) say so",
        evidence,
        "",
        look + (" --previous" if spec.previous else ""),
    )


def endpoints(spec: Endpoints, seen: Observation, _since: float) -> Judgement:
    """A Service leads to ready pods of the workload, and to nothing else."""
    name = spec.service.partition("/")[2]
    expected = f"{spec.service} has at least {spec.ready} ready endpoint(s)"
    look = f"kubectl get endpoints,pods -o wide; kubectl describe service {name}"
    if find(seen.snapshot, spec.service) is None:
        return Judgement(
            State.WAITING,
            "missing",
            expected,
            f"there is no {spec.service}",
            (Evidence(spec.service, "", "(not there)"),),
            "",
            "kubectl get services",
        )
    addresses = ready_addresses(find(seen.snapshot, f"endpoints/{name}"))
    behind = {str((address.get("targetRef") or {}).get("uid", "")) for address in addresses}
    evidence = (
        Evidence(
            f"endpoints/{name}",
            "subsets[*].addresses[*].ip",
            ", ".join(str(address.get("ip")) for address in addresses) or "(none)",
        ),
    )
    observed = f"{len(addresses)} ready endpoint(s)"
    if len(addresses) < spec.ready:
        return Judgement(
            State.WAITING,
            "no-endpoints",
            expected,
            observed,
            evidence,
            "A Service leads to pods that its selector names and that are Ready.",
            look,
        )
    if spec.workload:
        own = {uid_of(pod) for pod in pods_of(seen.snapshot, spec.workload, terminating=True)}
        ready = {uid_of(pod) for pod in pods_of(seen.snapshot, spec.workload) if is_ready(pod)}
        if behind - own:
            return Judgement(
                State.WAITING,
                "foreign-endpoints",
                expected,
                f"{observed}, of which {len(behind - own)} belong(s) not to {spec.workload}",
                evidence,
                f"What stands behind the Service has to be {spec.workload} itself.",
                look,
            )
        if ready - behind:
            return Judgement(
                State.WAITING,
                "pods-left-out",
                expected,
                f"{observed}, but {len(ready - behind)} ready pod(s) are not among them",
                evidence,
                "",
                look,
            )
    return passed(expected, observed, *evidence)


def http(spec: Http, seen: Observation, since: float) -> Judgement:
    """Every ready pod answers; the engine asks, the answers are on the tape."""
    body = f" with /{spec.body}/" if spec.body else ""
    expected = (
        f"every pod of {spec.workload} answers GET {spec.path} on port {spec.port} with {spec.status}{body}"
    )
    pods = [pod for pod in pods_of(seen.snapshot, spec.workload) if is_ready(pod)]
    if not pods:
        return _troubled(seen.snapshot, spec.workload, expected, fallback="not-ready")
    for pod in pods:
        target = f"pod/{name_of(pod)}:{spec.port}"
        answers = [
            item
            for item in seen.timeline.answers
            if item.target == target and item.path == spec.path and item.at >= since
        ]
        look = (
            f"kubectl port-forward pod/{name_of(pod)} {spec.port}, then curl localhost:{spec.port}{spec.path}"
        )
        if not answers:
            return Judgement(
                State.WAITING, "no-answer", expected, f"{target} has not answered yet", (), "", look
            )
        last = answers[-1]
        right = last.status == spec.status and (spec.body is None or re.search(spec.body, last.body))
        if not right:
            observed = last.error or f"status {last.status}: {line(last.body, 80)}"
            return Judgement(
                State.WAITING,
                "wrong-answer" if last.status else "no-answer",
                expected,
                f"{target}: {line(observed)}",
                (Evidence(f"pod/{name_of(pod)}", f"GET {spec.path}", line(observed), last.at),),
                "",
                look,
            )
    return passed(expected, f"{len(pods)} pod(s) answered {spec.status}")


def field(spec: Field, seen: Observation, _since: float) -> Judgement:
    """A field that is itself the task."""
    result = field_holds(spec.must, seen)
    value = ", ".join(f"{item.object} {item.field} = {item.value}" for item in result.evidence)
    expected = wanted_field(spec)
    if result.true:
        return passed(expected, value, *result.evidence)
    ref = spec.must.of.removeprefix("pods:")
    return Judgement(
        State.WAITING, "field", expected, value, result.evidence, spec.why, f"kubectl get {ref} -o yaml"
    )


def wanted_field(spec: Field) -> str:
    """A field check's expectation in words."""
    words = {
        "equals": "is",
        "not_equals": "is not",
        "at_least": "is at least",
        "at_most": "is at most",
        "matches": "matches",
    }
    parts = [
        f"{word} {getattr(spec.must, name)}"
        for name, word in words.items()
        if getattr(spec.must, name) is not None
    ]
    if spec.must.exists is not None:
        parts.insert(0, "is set" if spec.must.exists else "is not set")
    return f"{spec.must.path} of {spec.must.of} {' and '.join(parts)}"


def _troubled(
    snapshot: Snapshot, workload: str, expected: str, *, fallback: str, observed: str = ""
) -> Judgement:
    found = trouble_of(snapshot, workload) or Trouble(
        fallback, observed, "", (), f"kubectl describe {workload}"
    )
    code = fallback if found.code == "not-ready" else found.code
    return Judgement(
        State.WAITING, code, expected, found.observed or observed, found.evidence, found.why, found.look_at
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


def _uids(snapshot: Snapshot, about: str) -> set[str] | None:
    if not about:
        return None
    if about.startswith("pods:"):
        return {uid_of(pod) for pod in pods_of(snapshot, about.removeprefix("pods:"), terminating=True)}
    obj = find(snapshot, about)
    return {uid_of(obj)} if obj is not None else set()


def _fits(item: Happening, spec: Events, uids: set[str] | None) -> bool:
    if uids is not None and item.uid not in uids:
        return False
    if spec.reason and item.reason != spec.reason:
        return False
    return spec.message is None or re.search(spec.message, item.message) is not None


def _matching(spec: Log, snapshot: Snapshot, pod: Object) -> str:
    return next(
        (
            entry
            for name in loggers(pod, spec.container)
            for entry in snapshot.logs.get((name_of(pod), name, spec.previous), "").splitlines()
            if re.search(spec.pattern, entry)
        ),
        "",
    )
