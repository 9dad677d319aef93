"""From a URL path to what it names: `RequestInfo` of the API server (`apiserver/pkg/endpoints/request`)."""

from __future__ import annotations

from msgspec import Struct


class ResourcePath(Struct, frozen=True):
    """A path under `/api/v1` or `/apis/GROUP/VERSION`."""

    group: str
    version: str
    plural: str
    namespace: str | None = None
    name: str = ""
    subresource: str = ""
    rest: str = ""
    """What follows the subresource (the proxy's path), with its leading slash."""


def parse_path(path: str) -> ResourcePath | None:
    """The resource a path names; None when it names none (discovery, health, …)."""
    parts = path.strip("/").split("/")
    if parts[0] == "api" and len(parts) >= 3:
        group, version, parts = "", parts[1], parts[2:]
    elif parts[0] == "apis" and len(parts) >= 4:
        group, version, parts = parts[1], parts[2], parts[3:]
    else:
        return None
    namespace: str | None = None
    if (
        parts[0] == "namespaces"
        and len(parts) >= 3
        and not (len(parts) == 3 and parts[2] in {"status", "finalize"})
    ):
        namespace, parts = parts[1], parts[2:]
    plural, name = parts[0], parts[1] if len(parts) > 1 else ""
    subresource = parts[2] if len(parts) > 2 else ""
    rest = ""
    if len(parts) > 3:
        rest = "/" + "/".join(parts[3:])
        if path.endswith("/"):
            rest += "/"
    elif subresource == "proxy" and path.endswith("/"):
        rest = "/"
    return ResourcePath(group, version, plural, namespace, name, subresource, rest)
