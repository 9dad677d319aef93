"""What the simulation does not honour, so that a manifest that asks for it is told so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lab.embedded.api.kinds import Kind


def warnings(kind: Kind, obj: dict[str, Any], old: dict[str, Any] | None) -> list[str]:
    """TODO."""
    return []
