"""Schemas of the served kinds: strict checking, merge keys and `kubectl explain` from the same data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lab.embedded.api.kinds import Kind


def check(kind: Kind, obj: dict[str, Any], validation: str) -> list[str]:
    """TODO."""
    return []
