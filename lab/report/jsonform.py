"""Results as JSON: one versioned document a command, with every field of the facts it reports."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lab.model.grade import Grade
    from lab.model.verdict import Verdict

FORMAT = 1
"""Version of the documents; fields may be added within a version, never changed or taken away."""


def document(kind: str, **content: Any) -> str:
    """A document of a kind (`verdict`, `grades`, `exercises`, …) as text, with a newline at its end."""
    return (
        json.dumps({"format": FORMAT, "kind": kind, **_plain(content)}, indent=2, ensure_ascii=False) + "\n"
    )


def verdict(result: Verdict) -> str:
    """A verdict."""
    return document("verdict", **verdict_fields(result))


def verdict_fields(result: Verdict) -> dict[str, Any]:
    """A verdict's fields, its state among them."""
    fields = _plain(result)
    assert isinstance(fields, dict)  # noqa: S101 (for the type checker: a dataclass becomes a dict)
    return {"state": result.state.value, **fields}


def grades(results: Sequence[Grade]) -> str:
    """Graded submissions."""
    return document("grades", results=[_grade(one) for one in results])


def _grade(one: Grade) -> dict[str, Any]:
    return {
        "submission": str(one.submission),
        "exercise": one.exercise,
        "outcome": one.outcome.value,
        "headline": one.headline,
        "problems": list(map(str, one.problems)),
        "verdict": None if one.verdict is None else verdict_fields(one.verdict),
    }


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    return value
