"""What guards, questions and symptoms can ask of a cluster's state: a closed union of predicates.

As in `checks`, the classes are the schema of `exercise.yaml`. Objects are named as kubectl names them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from lab.model.names import Ref, Seconds


@dataclass(frozen=True, kw_only=True)
class FieldIs:
    """A field of an object, or of every pod of a workload (`pods:deployment/web`), compared with a value.

    A path is dotted; `[*]` takes every element, `[0]` one, `[name=app]` those with that value, `["a/b"]` a
    key with dots or slashes in it, `a|b` whichever of these keys there are. Several comparisons must all
    hold. Quantities (`128Mi`, `500m`) compare as numbers.
    """

    kind: ClassVar[str] = "field"
    of: Annotated[
        str, "the object (`deployment/web`), or `pods:deployment/web` for every pod of the workload"
    ]
    path: Annotated[str, "path in the object, such as `spec.template.spec.containers[*].image`"]
    exists: Annotated[bool | None, "whether the path leads to anything"] = None
    equals: Annotated[Any, "a value the field has (any JSON value)"] = None
    not_equals: Annotated[Any, "a value the field has not"] = None
    at_least: Annotated[float | str | None, "a number or quantity; the field is not below it"] = None
    at_most: Annotated[float | str | None, "a number or quantity; the field is not above it"] = None
    matches: Annotated[str | None, "a regular expression found in the field"] = None
    quantifier: Annotated[
        Literal["any", "all"],
        "whether one value at the path is enough, or all (at least one) must compare; with `exists`: whether"
        " every element of the path's last `[*]` has it",
    ] = "any"


@dataclass(frozen=True, kw_only=True)
class Recreated:
    """The object is no longer the one that was there when the exercise began (another UID, or gone)."""

    kind: ClassVar[str] = "recreated"
    of: Ref


@dataclass(frozen=True, kw_only=True)
class FoundCode:
    """A check or experiment gave a finding with this code (`restarts`, `not-restarted`, …)."""

    kind: ClassVar[str] = "finding"
    id: Annotated[str, "id of the check or experiment"]
    code: Annotated[str, "the code of its finding"]
    cause: Annotated[
        Literal["", "liveness", "startup", "exit", "oom"],
        "what ended the container, where the finding is about a restart; empty: whatever it was",
    ] = ""


@dataclass(frozen=True, kw_only=True)
class Patience:
    """The kubelet waits longer than so many seconds before it acts on this probe of the workload.

    That is the longer one of `periodSeconds` and `timeoutSeconds`, times `failureThreshold`; or
    `initialDelaySeconds`, where that is more.
    """

    kind: ClassVar[str] = "patience"
    of: Annotated[str, "the workload, such as `deployment/web`"]
    probe: Annotated[Literal["livenessProbe", "readinessProbe", "startupProbe"], "which probe"] = (
        "livenessProbe"
    )
    longer_than: Seconds


@dataclass(frozen=True, kw_only=True)
class AllOf:
    """All of these hold."""

    kind: ClassVar[str] = "all"
    of: Annotated[tuple[Predicate, ...], "predicates"]


@dataclass(frozen=True, kw_only=True)
class AnyOf:
    """At least one of these holds."""

    kind: ClassVar[str] = "any"
    of: Annotated[tuple[Predicate, ...], "predicates"]


@dataclass(frozen=True, kw_only=True)
class Not:
    """This does not hold."""

    kind: ClassVar[str] = "not"
    of: Annotated[Predicate, "a predicate"]


Predicate = FieldIs | Recreated | FoundCode | Patience | AllOf | AnyOf | Not
