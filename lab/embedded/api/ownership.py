"""Who manages which field (`metadata.managedFields`)."""

from __future__ import annotations

from typing import Any


def record_update(
    new: dict[str, Any], old: dict[str, Any] | None, manager: str, subresource: str, now: str
) -> None:
    """TODO."""
