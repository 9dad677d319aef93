"""Query parameters, read as the API server reads them (`strconv.ParseBool`, `ParseInt`), with its errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from lab.embedded.api.errors import ApiError, bad_request
from lab.embedded.api.interface import DeleteOptions, WriteOptions

Query = Mapping[str, Sequence[str]]
Propagation = Literal["Background", "Foreground", "Orphan"]

_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})


def text(query: Query, name: str, default: str = "") -> str:
    """The first value of a parameter."""
    values = query.get(name)
    return values[0] if values else default


def boolean(query: Query, name: str, *, default: bool = False) -> bool:
    """A boolean as `conversion.Convert_Slice_string_To_bool` reads it: absent or `0`/`false` is false.

    An empty value (`?follow`) is true, as is any text that is not a written false.
    """
    values = query.get(name)
    if not values:
        return default
    value = values[0]
    return value in _TRUE or value.lower() not in {"0", "false", "f"}


def integer(query: Query, name: str) -> int | None:
    """A whole number, or None when absent.

    Raises:
        ApiError: BadRequest, in Go's words.
    """
    value = text(query, name)
    if not value:
        return None
    try:
        return int(value)
    except ValueError:
        raise bad_request(f'strconv.ParseInt: parsing "{value}": invalid syntax') from None


def write_options(query: Query) -> WriteOptions:
    """`dryRun`, `fieldManager`, `fieldValidation` and `force` of a write.

    Raises:
        ApiError: one of them has a value that the API server does not know.
    """
    validation = text(query, "fieldValidation", "Warn")
    if validation == "Ignore":
        level: Literal["Ignore", "Warn", "Strict"] = "Ignore"
    elif validation == "Warn":
        level = "Warn"
    elif validation == "Strict":
        level = "Strict"
    else:
        raise _unsupported("CreateOptions", "fieldValidation", validation, ("", "Ignore", "Strict", "Warn"))
    return WriteOptions(
        dry_run=dry_run(query.get("dryRun", ())),
        field_manager=text(query, "fieldManager"),
        field_validation=level,
        force=boolean(query, "force"),
        from_client=True,
    )


def revision(query: Query) -> str:
    """`resourceVersion`, or the empty string.

    Raises:
        ApiError: 400; it is no number.
    """
    given = text(query, "resourceVersion")
    if given and not given.isdigit():
        raise bad_request(
            f'resourceVersion: Invalid value: "{given}": strconv.ParseUint: parsing "{given}": invalid syntax'
        )
    return given


def check_force(query: Query, patch_type: str) -> None:
    """`force` is for those who apply.

    Raises:
        ApiError: 422; it came with another patch.
    """
    if "force" in query and patch_type != "application/apply-patch+yaml":
        raise _wrong_options("PatchOptions", "force: Forbidden: may not be specified for non-apply patch")


def check_revision(query: Query) -> None:
    """`resourceVersion` and `resourceVersionMatch` of a list. What is listed is always the newest.

    Raises:
        ApiError: 400, 422; they cannot be meant.
    """
    given, match = revision(query), text(query, "resourceVersionMatch")
    if match and not given:
        detail = "resourceVersionMatch is forbidden unless resourceVersion is provided"
        raise _wrong_options("ListOptions", f"resourceVersionMatch: Forbidden: {detail}")
    if match not in {"", "Exact", "NotOlderThan"}:
        known = ("Exact", "NotOlderThan", "")
        raise _unsupported("ListOptions", "resourceVersionMatch", match, known)


def _wrong_options(kind: str, what: str) -> ApiError:
    message = f'{kind}.meta.k8s.io "" is invalid: {what}'
    return ApiError(422, "Invalid", message, {"group": "meta.k8s.io", "kind": kind})


def dry_run(values: Sequence[str]) -> bool:
    """Whether `dryRun=All` was asked for.

    Raises:
        ApiError: any other value.
    """
    for value in values:
        if value != "All":
            raise _unsupported("CreateOptions", "dryRun", value, ("All",))
    return bool(values)


def delete_options(query: Query, body: Mapping[str, object]) -> DeleteOptions:
    """The options of a delete: from its body if there is one, else from the query.

    Raises:
        ApiError: BadRequest for values of the wrong type.
    """
    grace = body.get("gracePeriodSeconds")
    if grace is None:
        grace = integer(query, "gracePeriodSeconds")
    if grace is not None and (not isinstance(grace, int) or isinstance(grace, bool)):
        raise bad_request(
            "json: cannot unmarshal into Go struct field DeleteOptions.gracePeriodSeconds of type int64"
        )
    preconditions = body.get("preconditions")
    held = preconditions if isinstance(preconditions, Mapping) else {}
    dry = body.get("dryRun")
    values = [str(value) for value in dry] if isinstance(dry, list) else list(query.get("dryRun", ()))
    return DeleteOptions(
        grace_period=grace,
        propagation=_propagation(query, body),
        uid=held.get("uid"),
        resource_version=held.get("resourceVersion"),
        dry_run=dry_run(values),
    )


def _propagation(query: Query, body: Mapping[str, object]) -> Propagation | None:
    named = body.get("propagationPolicy") or text(query, "propagationPolicy")
    if named and (body.get("orphanDependents") is not None or "orphanDependents" in query):
        detail = "orphanDependents and deletionPropagation cannot be both set"
        raise _wrong_options("DeleteOptions", f'propagationPolicy: Invalid value: "{named}": {detail}')
    if named == "Background":
        return "Background"
    if named == "Foreground":
        return "Foreground"
    if named == "Orphan":
        return "Orphan"
    if named:
        raise _unsupported(
            "DeleteOptions", "propagationPolicy", str(named), ("Foreground", "Background", "Orphan", "nil")
        )
    orphan = body.get("orphanDependents")
    if orphan is None and "orphanDependents" in query:
        orphan = boolean(query, "orphanDependents")
    if orphan is None:
        return None
    return "Orphan" if orphan else "Background"


def _unsupported(kind: str, field: str, value: str, known: Sequence[str]) -> ApiError:
    listed = ", ".join(f'"{each}"' for each in known)
    message = (
        f'{kind}.meta.k8s.io "" is invalid: {field}: Unsupported value: "{value}": supported values: {listed}'
    )
    return ApiError(422, "Invalid", message, {"group": "meta.k8s.io", "kind": kind})
