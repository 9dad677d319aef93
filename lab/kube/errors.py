"""What the API server refused, in its own words, shortened; transport errors become `ObservationLost`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from lab.errors import LabError, ObservationLost
from lab.kube.transport import reason_of

LIMIT = 2000
"""Characters of a server's message that are kept."""


@dataclass(frozen=True)
class Cause:
    """One field the server objected to."""

    field: str
    message: str
    reason: str = ""


class ApiError(LabError):
    """A `Status` the API server answered with."""

    def __init__(
        self, code: int, reason: str, message: str, *, request: str, causes: tuple[Cause, ...] = ()
    ) -> None:
        super().__init__(message, where=request, remedy=_remedy(code))
        self.code = code
        """HTTP status."""
        self.reason = reason
        """`NotFound`, `Conflict`, `Invalid`, …; empty when the answer was no Status."""
        self.causes = causes

    @property
    def not_found(self) -> bool:
        """Whether the object, the namespace or the kind is not there."""
        return self.code == 404


class WatchExpired(ObservationLost):
    """The history a watch asked for is no longer kept (410): there is a hole in what was seen."""


def from_response(status: int, body: bytes, request: str) -> ApiError:
    """The error an answer stands for."""
    try:
        value: Any = json.loads(body)
    except ValueError:
        value = None
    if not isinstance(value, dict) or value.get("kind") != "Status":
        text = body.decode("utf-8", "replace").strip()
        return ApiError(status, "", text[:LIMIT] or f"HTTP status {status}", request=request)
    details = value.get("details") or {}
    causes = tuple(
        Cause(
            str(cause.get("field", "")), str(cause.get("message", ""))[:LIMIT], str(cause.get("reason", ""))
        )
        for cause in details.get("causes") or ()
        if isinstance(cause, dict)
    )
    message = str(value.get("message") or f"HTTP status {status}")[:LIMIT]
    return ApiError(
        int(value.get("code") or status),
        str(value.get("reason") or ""),
        message,
        request=request,
        causes=causes,
    )


def lost(error: Exception, host: str) -> ObservationLost:
    """The cluster cannot be reached, or stopped answering."""
    return ObservationLost(
        f"the cluster does not answer: {reason_of(error)}",
        where=host,
        remedy="see podlab cluster status --provider NAME; podlab cluster up starts the lab's own again",
    )


def _remedy(code: int) -> str:
    if code in {401, 403}:
        return "the kubeconfig's user lacks the right for this; choose another context or provider"
    return ""
