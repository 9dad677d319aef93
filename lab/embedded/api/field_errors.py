"""What is wrong with a field, in the words of apimachinery's `util/validation/field`.

The body is `Type: value: detail`; `Required`, `Forbidden` and `Too long` leave the value out. Strings are
quoted as Go's `%q` does, objects printed as JSON.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable

_REASONS = {
    "Required value": "FieldValueRequired",
    "Invalid value": "FieldValueInvalid",
    "Unsupported value": "FieldValueNotSupported",
    "Duplicate value": "FieldValueDuplicate",
    "Not found": "FieldValueNotFound",
    "Forbidden": "FieldValueForbidden",
    "Too long": "FieldValueTooLong",
    "Too many": "FieldValueTooMany",
}
_WITHOUT_VALUE = {"Required value", "Forbidden", "Too long"}
OMITTED = object()
"""The value of an error that shows none (`field.OmitValueType`)."""


class FieldError(Struct, frozen=True):
    """One wrong field: path such as `spec.containers[0].name`, the type of error, value and detail."""

    type: str
    path: str
    value: Any = None
    detail: str = ""

    @property
    def reason(self) -> str:
        """The machine-readable reason, as in `details.causes[].reason`."""
        return _REASONS[self.type]

    @property
    def body(self) -> str:
        """The message without the path."""
        bare = self.type in _WITHOUT_VALUE or self.value is OMITTED
        parts = [self.type] if bare else [self.type, _printed(self.value)]
        return ": ".join([*parts, self.detail] if self.detail else parts)

    def __str__(self) -> str:
        return f"{self.path}: {self.body}"


def _printed(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def required(path: str, detail: str = "") -> FieldError:
    """The field must be set."""
    return FieldError("Required value", path, detail=detail)


def invalid(path: str, value: Any, detail: str) -> FieldError:
    """The value does not fit."""
    return FieldError("Invalid value", path, value, detail)


def not_supported(path: str, value: Any, supported: Iterable[str]) -> FieldError:
    """The value is none of an enumeration's."""
    listed = ", ".join(f'"{each}"' for each in supported)
    return FieldError("Unsupported value", path, value, f"supported values: {listed}")


def duplicate(path: str, value: Any) -> FieldError:
    """The value must be unique and is not."""
    return FieldError("Duplicate value", path, value)


def not_found(path: str, value: Any) -> FieldError:
    """The value refers to nothing."""
    return FieldError("Not found", path, value)


def forbidden(path: str, detail: str) -> FieldError:
    """The field must not be set, or not be changed."""
    return FieldError("Forbidden", path, detail=detail)


def too_long(path: str, limit: int) -> FieldError:
    """The value is longer than `limit` bytes."""
    return FieldError("Too long", path, detail=f"may not be more than {limit} bytes")


def too_many(path: str, actual: int, limit: int) -> FieldError:
    """The list has more than `limit` items."""
    return FieldError("Too many", path, actual, f"must have at most {limit} items")
