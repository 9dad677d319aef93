"""Ports of containers by number or name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def resolve_port(container: Mapping[str, Any], port: int | str) -> int | str:
    """The number of a port given as number or name; a text says why there is none.

    Follows `ResolveContainerPort` (`pkg/probe/util.go`), which tries to read a name nobody has as a number
    and tells only what became of that.
    """
    if isinstance(port, str):
        named = [each["containerPort"] for each in container.get("ports") or () if each.get("name") == port]
        if not named and not port.isdigit():
            return f'strconv.Atoi: parsing "{port}": invalid syntax'
        port = int(named[0] if named else port)
    return port if 0 < port < 65536 else f"invalid port number: {port}"
