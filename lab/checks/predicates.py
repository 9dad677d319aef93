"""Whether something holds in a cluster's state: what guards, questions, symptoms and field checks ask."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from lab.checks.paths import number, values_at
from lab.checks.reading import find, name_of, pods_of, uid_of
from lab.model.predicates import AllOf, AnyOf, FieldIs, FoundCode, Not, Patience, Predicate, Recreated
from lab.model.verdict import Evidence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lab.model.observation import Object, Observation
    from lab.model.verdict import Finding


@dataclass(frozen=True)
class Holds:
    """The answer, and what it rests on."""

    true: bool
    evidence: tuple[Evidence, ...] = ()


def holds(predicate: Predicate, observation: Observation, findings: Sequence[Finding] = ()) -> Holds:
    """Whether a predicate is true of what was observed, given the findings so far."""
    match predicate:
        case FieldIs():
            return field_holds(predicate, observation)
        case Recreated():
            return _recreated(predicate, observation)
        case Patience():
            return _patience(predicate, observation)
        case FoundCode():
            met = any(
                item.id == predicate.id
                and item.code == predicate.code
                and predicate.cause in {"", item.cause}
                for item in findings
            )
            return Holds(met)
        case AllOf():
            parts = [holds(part, observation, findings) for part in predicate.of]
            return Holds(all(part.true for part in parts), _joined(parts))
        case AnyOf():
            parts = [
                part for part in (holds(part, observation, findings) for part in predicate.of) if part.true
            ]
            return Holds(bool(parts), _joined(parts))
        case Not():
            inner = holds(predicate.of, observation, findings)
            return Holds(not inner.true, inner.evidence)


def field_holds(spec: FieldIs, observation: Observation) -> Holds:
    """Whether a field compares as asked; the evidence is what stood there."""
    found = [
        (ref, path, value)
        for ref, obj in _targets(spec.of, observation)
        for path, value in values_at(obj, spec.path)
    ]
    lacking = _lacking(spec, observation) if spec.quantifier == "all" else []
    there = bool(found) and not lacking
    if spec.exists is not None and there != spec.exists:
        telling = _evidence(lacking if spec.exists else found)
        return Holds(False, telling or (Evidence(spec.of, spec.path, "(not there)"),))
    comparing = _compares(spec)
    if not comparing:
        return Holds(True, _evidence(found) or (Evidence(spec.of, spec.path, "(not there)"),))
    met = [item for item in found if _meets(spec, item[2])]
    true = bool(met) if spec.quantifier == "any" else bool(found) and len(met) == len(found)
    shown = met if true else [item for item in found if item not in met]
    return Holds(true, _evidence(shown) or (Evidence(spec.of, spec.path, "(not there)"),))


def _lacking(spec: FieldIs, observation: Observation) -> list[tuple[str, str, Any]]:
    """Elements of the path's last list that have not the rest of the path."""
    elements, _, rest = spec.path.rpartition("[*]")
    if not elements or not rest:
        return []
    return [
        (ref, f"{path}{rest}", "(not there)")
        for ref, obj in _targets(spec.of, observation)
        for path, element in values_at(obj, f"{elements}[*]")
        if not values_at(element, rest.removeprefix("."))
    ]


def _targets(of: str, observation: Observation) -> list[tuple[str, Object]]:
    if of.startswith("pods:"):
        pods = pods_of(observation.snapshot, of.removeprefix("pods:"))
        return [(f"pod/{name_of(pod)}", pod) for pod in pods]
    obj = find(observation.snapshot, of)
    return [(of, obj)] if obj is not None else []


def _compares(spec: FieldIs) -> bool:
    empty = replace(spec, exists=None)
    return any(
        getattr(empty, name) is not None
        for name in ("equals", "not_equals", "at_least", "at_most", "matches")
    )


def _meets(spec: FieldIs, value: Any) -> bool:
    if spec.equals is not None and not _same(value, spec.equals):
        return False
    if spec.not_equals is not None and _same(value, spec.not_equals):
        return False
    if spec.matches is not None and not re.search(spec.matches, str(value)):
        return False
    size = number(value)
    low, high = number(spec.at_least), number(spec.at_most)
    if low is not None and (size is None or size < low):
        return False
    return not (high is not None and (size is None or size > high))


def _same(value: Any, other: Any) -> bool:
    return bool(value == other) or (number(value) is not None and number(value) == number(other))


def _recreated(spec: Recreated, observation: Observation) -> Holds:
    uids: Mapping[str, str] = observation.baseline.get("uids") or {}
    before = uids.get(spec.of)
    obj = find(observation.snapshot, spec.of)
    now = uid_of(obj) if obj is not None else ""
    evidence = (Evidence(spec.of, "metadata.uid", now or "(gone)"),)
    return Holds(before is not None and before != now, evidence)


def _patience(spec: Patience, observation: Observation) -> Holds:
    found = [
        (spec.of, f"{path}.{spec.probe}", value)
        for ref, obj in _targets(spec.of, observation)
        for path, container in values_at(obj, "spec.template.spec.containers[*]")
        if isinstance(probe := container.get(spec.probe), dict)
        for seconds, value in [_waits(probe)]
        if seconds > spec.longer_than
    ]
    return Holds(bool(found), _evidence(found))


def _waits(probe: Mapping[str, Any]) -> tuple[float, str]:
    """Seconds until the kubelet acts on a probe that fails from now on, and how they come about.

    The defaults are the API's: every 10 s, three times, each for 1 s.
    """
    every = max(float(probe.get("periodSeconds", 10)), float(probe.get("timeoutSeconds", 1)))
    times = int(probe.get("failureThreshold", 3))
    delay = float(probe.get("initialDelaySeconds", 0))
    if delay > every * times:
        return delay, f"first asked after {delay:g} s"
    return every * times, f"{every:g} s, {times} times: {every * times:g} s"


def _evidence(found: Sequence[tuple[str, str, Any]]) -> tuple[Evidence, ...]:
    return tuple(Evidence(ref, path, _line(value)) for ref, path, value in found[:5])


def _line(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 120 else text[:117] + "…"


def _joined(parts: Sequence[Holds]) -> tuple[Evidence, ...]:
    return tuple(item for part in parts for item in part.evidence)[:5]
