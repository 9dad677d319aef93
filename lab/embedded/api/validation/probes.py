"""Rules of probes and lifecycle hooks, and of the handlers they share."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from lab.embedded.api import field_errors
from lab.embedded.api.validation import common

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.embedded.api.field_errors import FieldError

Object = dict[str, Any]
Errors = list["FieldError"]

PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
PROBE_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc")
HOOK_HANDLERS = ("exec", "httpGet", "tcpSocket", "sleep")
_HEADER_NAME = re.compile("[-A-Za-z0-9]+")
_HEADER_RULE = (
    "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used "
    "for validation is '[-A-Za-z0-9]+')"
)
_NUMBERS = ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")


def validate_probes(container: Object, path: str) -> Errors:
    """All probes of a container."""
    found: Errors = []
    for name in PROBES:
        probe = container.get(name)
        if probe is None:
            continue
        place = f"{path}.{name}"
        found += _validate_handler(probe, place, PROBE_HANDLERS)
        for number in _NUMBERS:
            found += common.at_least_zero(probe.get(number), f"{place}.{number}")
        grace = probe.get("terminationGracePeriodSeconds")
        if grace is not None and grace <= 0:
            detail = "must be greater than 0"
            found.append(field_errors.invalid(f"{place}.terminationGracePeriodSeconds", grace, detail))
        if name == "readinessProbe":
            if grace is not None:
                detail = "must not be set for readinessProbes"
                found.append(field_errors.invalid(f"{place}.terminationGracePeriodSeconds", grace, detail))
        elif probe.get("successThreshold", 1) != 1:
            found.append(
                field_errors.invalid(f"{place}.successThreshold", probe["successThreshold"], "must be 1")
            )
    return found


def validate_lifecycle(lifecycle: Object, path: str) -> Errors:
    """`postStart` and `preStop`."""
    found: Errors = []
    for hook in ("postStart", "preStop"):
        if lifecycle.get(hook) is not None:
            found += _validate_handler(lifecycle[hook], f"{path}.{hook}", HOOK_HANDLERS)
    return found


def _validate_handler(owner: Object, path: str, handlers: Sequence[str]) -> Errors:
    """Exactly one handler, and that one right."""
    given = [each for each in handlers if owner.get(each) is not None]
    if not given:
        return [field_errors.required(path, "must specify a handler type")]
    found = [
        field_errors.forbidden(f"{path}.{each}", "may not specify more than 1 handler type")
        for each in given[1:]
    ]
    return found + _validate_action(given[0], owner[given[0]], f"{path}.{given[0]}")


def _validate_action(name: str, action: Object, path: str) -> Errors:
    if name == "exec":
        return [] if action.get("command") else [field_errors.required(f"{path}.command")]
    if name == "sleep":
        seconds = action.get("seconds", 0)
        detail = "must be a non-negative number"
        return [] if seconds >= 0 else [field_errors.invalid(path, seconds, detail)]
    if name == "grpc":
        return common.port(action.get("port", 0), f"{path}.port")
    found = common.port_reference(action.get("port"), f"{path}.port")
    if name == "httpGet":
        found += common.one_of(action.get("scheme"), f"{path}.scheme", ("HTTP", "HTTPS"))
        for index, header in enumerate(action.get("httpHeaders") or ()):
            name = header.get("name") or ""
            if not name:
                found.append(field_errors.required(f"{path}.httpHeaders[{index}].name"))
            elif not _HEADER_NAME.fullmatch(name):
                found.append(field_errors.invalid(f"{path}.httpHeaders", name, _HEADER_RULE))
    return found
