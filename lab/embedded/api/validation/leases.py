"""Rules of Leases (`pkg/apis/coordination/validation`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.api import field_errors
from lab.embedded.api.validation import common

if TYPE_CHECKING:
    from lab.embedded.api.field_errors import FieldError

Object = dict[str, Any]


def validate_lease(lease: Object) -> list[FieldError]:
    """A whole Lease."""
    spec, found = lease.get("spec") or {}, []
    seconds = spec.get("leaseDurationSeconds")
    if seconds is not None and seconds <= 0:
        path = "spec.leaseDurationSeconds"
        found.append(field_errors.invalid(path, seconds, "must be greater than 0"))
    return found + common.at_least_zero(spec.get("leaseTransitions"), "spec.leaseTransitions")
