"""How one kind differs from the others when it is written: defaults, preparation, validation, admission.

The verbs are the same for all kinds; what is special is a `Strategy` of plain functions, as the API server's
registries have one per kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct, field

from lab.embedded.api.field_errors import FieldError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Object = dict[str, Any]
Errors = list[FieldError]


class Cluster(Protocol):
    """What admission may ask of the cluster: the objects there are now (never changed by the asker)."""

    def find(self, resource: str, namespace: str | None, name: str) -> Object | None:
        """One object, or None."""

    def all(self, resource: str, namespace: str | None = None) -> Sequence[Object]:
        """Objects of a resource, in one namespace or all."""


def _nothing(_obj: Object) -> None:
    return


def _no_errors(_obj: Object) -> Errors:
    return []


def _no_update_errors(_new: Object, _old: Object) -> Errors:
    return []


def _no_update(_new: Object, _old: Object) -> None:
    return


def _admit_all(_cluster: Cluster, _new: Object, _old: Object | None) -> None:
    return


class Strategy(Struct, frozen=True):
    """All functions get private objects; those that return None change them in place."""

    default: Callable[[Object], None] = _nothing
    """Fill in what was left out, as the API server's defaulting does."""
    prepare_create: Callable[[Object], None] = _nothing
    """Set what only the server may set on a new object (after its status was dropped)."""
    prepare_update: Callable[[Object, Object], None] = _no_update
    """(new, old): carry over what an update may leave out."""
    admit: Callable[[Cluster, Object, Object | None], None] = _admit_all
    """(cluster, new, old or None): admission and allocation.

    Raises:
        ApiError: the object is refused.
    """
    validate: Callable[[Object], Errors] = _no_errors
    validate_update: Callable[[Object, Object], Errors] = _no_update_errors
    """(new, old): what must not change, besides `validate`."""
    validate_part: Mapping[str, Callable[[Object, Object], Errors]] = field(default_factory=dict)
    """(new, old) by subresource: what must not change when only that part is written."""
    generation: bool = False
    """Whether `metadata.generation` counts changes of the spec."""
    orphans: bool = False
    """Whether a deletion without a propagation policy leaves the dependents alone (Jobs, for old clients)."""
    status: bool = False
    """Whether `status` can only be written through its subresource."""
