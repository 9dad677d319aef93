"""What goes wrong in the API, as the `Status` a real API server answers, in its words.

Wording follows apimachinery's `api/errors/errors.go`. A `Status` is what kubectl prints after
`Error from server (Reason):`, so learners can search for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.embedded.api.field_errors import FieldError

Object = dict[str, Any]


class Named(Protocol):
    """How a kind is named in messages: a row of the kinds table, or `Naming` below that table."""

    @property
    def group(self) -> str:
        """API group; empty for core."""

    @property
    def kind(self) -> str:
        """`Deployment`."""

    @property
    def plural(self) -> str:
        """`deployments`."""

    @property
    def resource(self) -> str:
        """`deployments.apps`."""


class Naming(Struct, frozen=True):
    """The names of a core kind, for modules the kinds table itself is built from."""

    kind: str
    plural: str
    group: str = ""

    @property
    def resource(self) -> str:
        """Plural name; the core group adds nothing."""
        return self.plural


POD_NAMES = Naming("Pod", "pods")
SERVICE_NAMES = Naming("Service", "services")
SCALE_NAMES = Naming("Scale", "scales", "autoscaling")


class ApiError(Exception):
    """A request that was refused: HTTP code, machine-readable reason, message and details."""

    def __init__(self, code: int, reason: str, message: str, details: Object | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details or {}
        self.metadata: Object = {}
        """The list metadata of the `Status`: a list that is too old tells how to go on."""

    def status(self) -> Object:
        """The `Status` object of the answer."""
        answer: Object = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": self.metadata,
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            "code": self.code,
        }
        if self.details:
            answer["details"] = self.details
        return answer


def _details(kind: Named, name: str, **more: Any) -> Object:
    return {"name": name, **({"group": kind.group} if kind.group else {}), "kind": kind.plural, **more}


def not_found(kind: Named, name: str) -> ApiError:
    """404: no such object."""
    return ApiError(404, "NotFound", f'{kind.resource} "{name}" not found', _details(kind, name))


def no_such_resource() -> ApiError:
    """404: no such kind, version or path."""
    return ApiError(404, "NotFound", "the server could not find the requested resource")


def already_exists(kind: Named, name: str, *, going: bool = False) -> ApiError:
    """409: the name is taken; `going`: by an object that is being deleted."""
    message = f'{kind.resource} "{name}" already exists'
    lead = "object is being deleted: " if going else ""
    return ApiError(409, "AlreadyExists", lead + message, _details(kind, name))


def conflict(kind: Named, name: str, why: str) -> ApiError:
    """409: the object is not (any more) what the caller took it for."""
    message = f'Operation cannot be fulfilled on {kind.resource} "{name}": {why}'
    return ApiError(409, "Conflict", message, _details(kind, name))


def modified(kind: Named, name: str) -> ApiError:
    """409: the resourceVersion is not the newest."""
    why = "the object has been modified; please apply your changes to the latest version and try again"
    return conflict(kind, name, why)


def precondition_failed(kind: Named, name: str, field: str, wanted: str, actual: str) -> ApiError:
    """409: an update's precondition does not hold."""
    why = f"Precondition failed: {field} in precondition: {wanted}, {field} in object meta: {actual}"
    return conflict(kind, name, why)


def deletion_refused(kind: Named, name: str, field: str, wanted: str, actual: str) -> ApiError:
    """409: a delete's precondition does not hold (`rest.BeforeDelete`)."""
    since = "modified" if field == "ResourceVersion" else "deleted and then recreated"
    message = (
        f'Operation cannot be fulfilled on {kind.kind} "{name}": the {field} in the precondition ({wanted}) '
        f"does not match the {field} in record ({actual}). The object might have been {since}"
    )
    return ApiError(409, "Conflict", message, _details(kind, name))


def invalid(kind: Named, name: str, errors: Sequence[FieldError]) -> ApiError:
    """422: fields are wrong; all of them are named."""
    return _invalid(kind.kind, kind.group, name, errors)


def nameless_invalid(kind: str, group: str, errors: Sequence[FieldError]) -> ApiError:
    """422 about the request itself rather than an object in it."""
    return _invalid(kind, group, "", errors)


def _invalid(kind: str, group: str, name: str, errors: Sequence[FieldError]) -> ApiError:
    texts = list(dict.fromkeys(str(each) for each in errors))
    listed = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    qualified = f"{kind}.{group}" if group else kind
    causes = [{"reason": each.reason, "message": each.body, "field": each.path} for each in errors]
    named = {"name": name, "group": group, "kind": kind}
    details: Object = {key: value for key, value in named.items() if value}
    return ApiError(
        422, "Invalid", f'{qualified} "{name}" is invalid: {listed}', {**details, "causes": causes}
    )


def bad_request(message: str) -> ApiError:
    """400: the request cannot be understood."""
    return ApiError(400, "BadRequest", message)


def forbidden(kind: Named, name: str, why: str, causes: Sequence[Object] = ()) -> ApiError:
    """403: admission refuses."""
    message = f'{kind.resource} "{name}" is forbidden: {why}'
    details = _details(kind, name, **({"causes": list(causes)} if causes else {}))
    return ApiError(403, "Forbidden", message, details)


def is_terminating_namespace(error: ApiError) -> bool:
    """Whether a creation was refused because its namespace is on its way out."""
    return any(each.get("reason") == "NamespaceTerminating" for each in error.details.get("causes") or ())


def method_not_allowed(kind: Named) -> ApiError:
    """405: the resource has no such verb."""
    details = {**({"group": kind.group} if kind.group else {}), "kind": kind.plural}
    return ApiError(
        405, "MethodNotAllowed", "the server does not allow this method on the requested resource", details
    )


def unsupported_media_type(accepted: Sequence[str]) -> ApiError:
    """415: a patch of a type nobody knows."""
    message = "the body of the request was in an unknown format - accepted media types include: " + ", ".join(
        accepted
    )
    return ApiError(415, "UnsupportedMediaType", message)


def expired(wanted: int, oldest: int) -> ApiError:
    """410: that part of the history is gone; list anew."""
    return ApiError(410, "Expired", f"too old resource version: {wanted} ({oldest})")


def too_many_requests(message: str, retry_after: int = 0, causes: Sequence[Object] = ()) -> ApiError:
    """429: not now (an eviction that a disruption budget forbids)."""
    details: Object = {"causes": list(causes)} if causes else {}
    if retry_after:
        details["retryAfterSeconds"] = retry_after
    return ApiError(429, "TooManyRequests", message, details)


def internal(message: str) -> ApiError:
    """500: the simulation's own fault."""
    return ApiError(500, "InternalError", f"Internal error occurred: {message}")
