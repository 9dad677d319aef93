"""A field of an object that is itself the task, such as a ceiling for a limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.checks.judgement import Judgement, passed
from lab.checks.predicates import field_holds
from lab.model.verdict import State

if TYPE_CHECKING:
    from lab.model.checks import Field
    from lab.model.observation import Observation


def field(spec: Field, seen: Observation, _since: float) -> Judgement:
    """A field that is itself the task."""
    result = field_holds(spec.must, seen)
    value = ", ".join(f"{item.object} {item.field} = {item.value}" for item in result.evidence)
    expected = _wanted(spec)
    if result.true:
        return passed(expected, value, *result.evidence)
    ref = spec.must.of.removeprefix("pods:")
    return Judgement(
        State.WAITING, "field", expected, value, result.evidence, spec.why, f"kubectl get {ref} -o yaml"
    )


def _wanted(spec: Field) -> str:
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
