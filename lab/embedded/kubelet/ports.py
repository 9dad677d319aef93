"""Ports of containers by number or name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def resolve_port(container: Mapping[str, Any], port: int | str) -> int | None:
    """The number of a port given as number or name; None when the container has no port of that name."""
    if isinstance(port, int):
        return port
    for each in container.get("ports") or ():
        if each.get("name") == port:
            return int(each["containerPort"])
    return int(port) if port.isdigit() else None
