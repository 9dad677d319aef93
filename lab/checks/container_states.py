"""What state containers are in, and how they ended before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.checks.judgement import Judgement, line, passed
from lab.checks.reading import containers, pods_of, selector_of
from lab.checks.trouble import trouble_of, troubled
from lab.model.verdict import Evidence, State

if TYPE_CHECKING:
    from lab.model.checks import ContainerState, LastState
    from lab.model.observation import Observation


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
        return troubled(seen.snapshot, spec.workload, expected, fallback="no-container")
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
