"""What the API server answers, as values: JSON left as it came, beside what its headers said."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

Object = dict[str, Any]


@dataclass(frozen=True)
class Response:
    """An answer that was no error."""

    status: int
    body: bytes
    warnings: tuple[str, ...] = ()

    def json(self) -> Object:
        """The body as JSON."""
        value: Object = json.loads(self.body)
        return value


@dataclass(frozen=True)
class Listed:
    """Objects of a kind at one resource version."""

    items: Sequence[Object]
    resource_version: str


@dataclass(frozen=True)
class WatchEvent:
    """ADDED, MODIFIED, DELETED or BOOKMARK, and the object."""

    type: str
    object: Object


@dataclass(frozen=True)
class ProxyAnswer:
    """What an application answered through the API server's proxy, or why it did not (`error`)."""

    status: int
    body: str
    error: str = ""


def warnings_of(headers: Any) -> tuple[str, ...]:
    """The texts of `Warning: 299 - "…"` headers."""
    found = []
    for value in headers.getlist("Warning") if hasattr(headers, "getlist") else ():
        _, _, quoted = value.partition('"')
        text = quoted.rpartition('"')[0] or value
        found.append(text.replace('\\"', '"'))
    return tuple(found)
