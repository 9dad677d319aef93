"""Rules that several kinds share: numbers, ports, enumerations, label selectors."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from lab.embedded.api import field_errors
from lab.embedded.api.validation.metadata import validate_labels
from lab.embedded.objects import names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lab.embedded.api.field_errors import FieldError

Object = dict[str, Any]
Errors = list["FieldError"]

PROTOCOLS = ("SCTP", "TCP", "UDP")
_OPERATORS = ("DoesNotExist", "Exists", "In", "NotIn")
_PERCENT = (
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex "
    "used for validation is '[0-9]+%')"
)
IMMUTABLE = "field is immutable"
NOT_AN_ADDRESS = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"


def at_least_zero(value: Any, path: str) -> Errors:
    """A number, if given, that is not negative."""
    if value is not None and value < 0:
        return [field_errors.invalid(path, value, "must be greater than or equal to 0")]
    return []


def one_of(value: Any, path: str, supported: Iterable[str]) -> Errors:
    """One of an enumeration's values; absent or empty is a missing value."""
    if value in {None, ""}:
        return [field_errors.required(path)]
    return optional_one_of(value, path, supported)


def optional_one_of(value: Any, path: str, supported: Iterable[str]) -> Errors:
    """One of an enumeration's values, or nothing."""
    listed = sorted(supported)
    return [] if value in {None, *listed} else [field_errors.not_supported(path, value, listed)]


def named(value: Any, path: str, rule: Callable[[str], list[str]]) -> Errors:
    """A name that must be there and follow a rule."""
    if not value:
        return [field_errors.required(path)]
    return [field_errors.invalid(path, value, each) for each in rule(value)]


def address(text: str, path: str) -> Errors:
    """An IP address of either family."""
    try:
        ip_address(text)
    except ValueError:
        return [field_errors.invalid(path, text, NOT_AN_ADDRESS)]
    return []


def port(number: Any, path: str) -> Errors:
    """A port number that must be in range."""
    return [field_errors.invalid(path, number, each) for each in names.port_number(number)]


def port_reference(value: Any, path: str) -> Errors:
    """A port by number or by the name of a container's port."""
    if isinstance(value, str):
        return [field_errors.invalid(path, value, each) for each in names.port_name(value)]
    return port(value if value is not None else 0, path)


def count_or_percent(value: Any, path: str) -> Errors:
    """A number that is not negative, or a percentage."""
    if isinstance(value, str):
        if not (value.endswith("%") and value[:-1].isdigit()):
            return [field_errors.invalid(path, value, _PERCENT)]
        return []
    return at_least_zero(value, path)


def at_most_all(value: Any, path: str) -> Errors:
    """A percentage that is not above a hundred."""
    if isinstance(value, str) and value[:-1].isdigit() and int(value[:-1]) > 100:
        return [field_errors.invalid(path, value, "must not be greater than 100%")]
    return []


def label_selector(selector: Object, path: str) -> Errors:
    """A `LabelSelector` object."""
    found = validate_labels(selector.get("matchLabels"), f"{path}.matchLabels")
    for index, each in enumerate(selector.get("matchExpressions") or ()):
        place = f"{path}.matchExpressions[{index}]"
        operator, values = each.get("operator"), each.get("values")
        if operator in {"In", "NotIn"} and not values:
            detail = "must be specified when `operator` is 'In' or 'NotIn'"
            found.append(field_errors.required(f"{place}.values", detail))
        elif operator in {"Exists", "DoesNotExist"} and values:
            detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            found.append(field_errors.forbidden(f"{place}.values", detail))
        elif operator not in _OPERATORS:
            found.append(
                field_errors.invalid(f"{place}.operator", operator or "", "not a valid selector operator")
            )
        found += [
            field_errors.invalid(f"{place}.key", each.get("key", ""), message)
            for message in names.qualified_name(each.get("key", ""))
        ]
    return found


def unchanged(new: Object, old: Object, field: str, path: str) -> Errors:
    """A field that must stay as it is."""
    if new.get(field) == old.get(field):
        return []
    return [field_errors.invalid(path, new.get(field), IMMUTABLE)]
