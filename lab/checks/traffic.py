"""Who is behind a Service, and what an app answers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lab.checks.judgement import Judgement, line, passed
from lab.checks.reading import find, is_ready, name_of, pods_of, ready_addresses, uid_of
from lab.checks.trouble import troubled
from lab.model.verdict import Evidence, State

if TYPE_CHECKING:
    from lab.model.checks import Endpoints, Http
    from lab.model.observation import Answer, Observation


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
    own = {uid_of(pod) for pod in pods_of(seen.snapshot, spec.workload, terminating=True)}
    ready = {uid_of(pod) for pod in pods_of(seen.snapshot, spec.workload) if is_ready(pod)}
    if spec.workload and behind - own:
        code, why = "foreign-endpoints", f"What stands behind the Service has to be {spec.workload} itself."
        observed += f", of which {len(behind - own)} belong(s) not to {spec.workload}"
    elif len(addresses) < spec.ready:
        code, why = "no-endpoints", "A Service leads to pods that its selector names and that are Ready."
    elif spec.workload and ready - behind:
        code, why = "pods-left-out", "The Service's selector names some of the pods only."
        observed += f", but {len(ready - behind)} ready pod(s) are not among them"
    else:
        return passed(expected, observed, *evidence)
    return Judgement(State.WAITING, code, expected, observed, evidence, why, look)


def http(spec: Http, seen: Observation, since: float) -> Judgement:
    """Every ready pod answers; the engine asks, the answers are on the tape."""
    body = f" with /{spec.body}/" if spec.body else ""
    expected = (
        f"every pod of {spec.workload} answers GET {spec.path} on port {spec.port} with {spec.status}{body}"
    )
    pods = [pod for pod in pods_of(seen.snapshot, spec.workload) if is_ready(pod)]
    if not pods:
        return troubled(seen.snapshot, spec.workload, expected, fallback="not-ready")
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
            observed = last.error or f"status {last.status}: {line(last.body, 120)}"
            return Judgement(
                State.WAITING,
                _code(spec, last),
                expected,
                f"{target}: {line(observed)}",
                (Evidence(f"pod/{name_of(pod)}", f"GET {spec.path}", line(observed), last.at),),
                "",
                look,
            )
    return passed(expected, f"{len(pods)} pod(s) answered {spec.status}")


def _code(spec: Http, got: Answer) -> str:
    """Nobody answered, or with another status, or with the right one and another body."""
    if not got.status:
        return "no-answer"
    return "wrong-answer" if got.status == spec.status else "wrong-status"
