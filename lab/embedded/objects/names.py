"""What names, labels and annotations may look like, with the API server's explanations.

From apimachinery's `util/validation/validation.go`; every function returns the messages of all that is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable

Rule = Callable[[str], list[str]]

_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_DNS_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_DNS_1035 = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_QUALIFIED = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
_CONFIG_KEY = re.compile(r"[-._a-zA-Z0-9]+")
_ENV_NAME = re.compile(r"[ -<>-~]+")
_PORT_NAME = re.compile(r"[-a-z0-9]+")

_LABEL_MESSAGE = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start "
    "and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
_SUBDOMAIN_MESSAGE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
    "start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_1035_MESSAGE = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
    "character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for "
    "validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
)
_QUALIFIED_MESSAGE = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
_VALUE_MESSAGE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "
    "start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used "
    "for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
_KEY_MESSAGE = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or "
    "'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
)
_ENV_MESSAGE = (
    "a valid environment variable name must consist only of printable ASCII characters other than '='"
)


def _checked(text: str, limit: int, pattern: re.Pattern[str], message: str) -> list[str]:
    found = [f"must be no more than {limit} bytes"] if len(text.encode()) > limit else []
    return found if pattern.fullmatch(text) else [*found, message]


def dns_label(text: str) -> list[str]:
    """An RFC 1123 label: container names, namespaces."""
    return _checked(text, 63, _DNS_LABEL, _LABEL_MESSAGE)


def dns_subdomain(text: str) -> list[str]:
    """An RFC 1123 subdomain: names of most objects."""
    return _checked(text, 253, _DNS_SUBDOMAIN, _SUBDOMAIN_MESSAGE)


def dns_1035_label(text: str) -> list[str]:
    """An RFC 1035 label: names of services."""
    return _checked(text, 63, _DNS_1035, _1035_MESSAGE)


def qualified_name(text: str) -> list[str]:
    """A label or annotation key: an optional DNS prefix and a name."""
    prefix, slash, name = text.rpartition("/")
    if "/" in prefix:
        shape = _QUALIFIED_MESSAGE.removeprefix("name part")
        optional = "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        return [f"a qualified name{shape} {optional}"]
    found = []
    if slash and not prefix:
        found.append("prefix part must be non-empty")
    elif slash:
        found += [f"prefix part {each}" for each in dns_subdomain(prefix)]
    if not name:
        return [*found, "name part must be non-empty"]
    if len(name.encode()) > 63:
        found.append("name part must be no more than 63 bytes")
    return found if _QUALIFIED.fullmatch(name) else [*found, _QUALIFIED_MESSAGE]


def label_value(text: str) -> list[str]:
    """The value of a label."""
    return _checked(text, 63, _LABEL_VALUE, _VALUE_MESSAGE)


def config_key(text: str) -> list[str]:
    """A key of a ConfigMap or Secret."""
    found = _checked(text, 253, _CONFIG_KEY, _KEY_MESSAGE)
    if text in {".", ".."}:
        return [*found, f"must not be '{text}'"]
    return [*found, "must not start with '..'"] if text.startswith("..") else found


def env_name(text: str) -> list[str]:
    """The name of an environment variable (relaxed rules, the default since 1.34)."""
    return [] if _ENV_NAME.fullmatch(text) else [_ENV_MESSAGE]


def port_name(text: str) -> list[str]:
    """The name of a container's or service's port (`IsValidPortName`)."""
    found = []
    if len(text) > 15:
        found.append("must be no more than 15 characters")
    if not _PORT_NAME.fullmatch(text):
        found.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not re.search("[a-z]", text):
        found.append("must contain at least one letter (a-z)")
    if "--" in text:
        found.append("must not contain consecutive hyphens")
    if text[:1] == "-" or text[-1:] == "-":
        found.append("must not begin or end with a hyphen")
    return found


def port_number(number: int) -> list[str]:
    """A port of TCP or UDP."""
    return [] if 1 <= number <= 65535 else ["must be between 1 and 65535, inclusive"]
