"""How two pod specs differ, printed as the API server prints it: as a difference of Go values.

Follows the look of `cmp.Diff` over `core.PodSpec`: fields in the order of the Go type, two of what is the
same around what differs, the rest counted. Values are printed from their JSON form, so that of deep ones the
look is only near.
"""

from __future__ import annotations

import json
from typing import Any

Object = dict[str, Any]
Line = tuple[str, str, str]
"""Mark (` `, `-`, `+`), field name (empty: no field), text."""

_POD = (
    "volumes", "initContainers", "containers", "ephemeralContainers", "restartPolicy",
    "terminationGracePeriodSeconds", "activeDeadlineSeconds", "dnsPolicy", "nodeSelector",
    "serviceAccountName", "automountServiceAccountToken", "nodeName", "securityContext", "imagePullSecrets",
    "hostname", "subdomain", "setHostnameAsFQDN", "affinity", "schedulerName", "tolerations", "hostAliases",
    "priorityClassName", "priority", "preemptionPolicy", "dnsConfig", "readinessGates", "runtimeClassName",
    "overhead", "enableServiceLinks", "topologySpreadConstraints", "os", "schedulingGates", "resourceClaims",
    "resources", "hostnameOverride", "schedulingGroup",
)  # fmt: skip
_CONTAINER = (
    "name", "image", "command", "args", "workingDir", "ports", "envFrom", "env", "resources", "resizePolicy",
    "restartPolicy", "restartPolicyRules", "volumeMounts", "volumeDevices", "livenessProbe", "readinessProbe",
    "startupProbe", "lifecycle", "terminationMessagePath", "terminationMessagePolicy", "imagePullPolicy",
    "securityContext", "stdin", "stdinOnce", "tty",
)  # fmt: skip
_TYPES = {
    "containers": "Container", "initContainers": "Container", "ephemeralContainers": "EphemeralContainer",
    "env": "EnvVar", "envFrom": "EnvFromSource", "ports": "ContainerPort",
}  # fmt: skip
_POINTERS = frozenset(
    {
        "terminationGracePeriodSeconds", "activeDeadlineSeconds", "automountServiceAccountToken", "priority",
        "preemptionPolicy", "enableServiceLinks", "setHostnameAsFQDN", "runtimeClassName", "hostnameOverride",
    }
)  # fmt: skip
_STRINGS = frozenset(
    {
        "restartPolicy", "dnsPolicy", "serviceAccountName", "nodeName", "hostname", "subdomain",
        "schedulerName", "priorityClassName", "name", "image", "workingDir", "terminationMessagePath",
        "terminationMessagePolicy", "imagePullPolicy",
    }
)  # fmt: skip
_FLAGS = frozenset({"stdin", "stdinOnce", "tty"})
_MAPS = frozenset({"nodeSelector", "overhead"})
_NAMES = {
    "dnsPolicy": "DNSPolicy", "dnsConfig": "DNSConfig", "os": "OS", "tty": "TTY",
    "setHostnameAsFQDN": "SetHostnameAsFQDN",
}  # fmt: skip
_HOST_FIELDS = ("hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers")
"""Fields that the internal type keeps in the security context."""
_CONTEXT = 2


def difference(new: Object, old: Object) -> str:
    """The text of what differs between two pod specs; `-` is the new one, `+` the old one."""
    lines = ["  core.PodSpec{", *_struct(_internal(new), _internal(old), _POD, "\t"), "  }", ""]
    return "\n".join(lines)


def _internal(spec: Object) -> Object:
    """The spec in the shape of the internal type."""
    moved = {key: spec[key] for key in _HOST_FIELDS if key in spec}
    kept = {key: value for key, value in spec.items() if key not in moved and key != "serviceAccount"}
    return {**kept, "securityContext": {**(spec.get("securityContext") or {}), **moved}}


def _struct(new: Object, old: Object, fields: tuple[str, ...], indent: str) -> list[str]:
    changed = [field for field in fields if (new.get(field) or None) != (old.get(field) or None)]
    shown: set[int] = set()
    for field in changed:
        place = fields.index(field)
        shown |= set(range(max(0, place - _CONTEXT), min(len(fields), place + _CONTEXT + 1)))
    lines: list[str] = []
    block: list[Line] = []
    hidden = 0
    for index, field in enumerate(fields):
        if index not in shown:
            hidden += 1
            continue
        if hidden:
            lines += [*_aligned(block, indent), _elided(hidden, "field", indent)]
            block, hidden = [], 0
        if field not in changed:
            block.append((" ", field, _value(field, new.get(field), typed=False)))
        elif field in _TYPES and len(new.get(field) or ()) == len(old.get(field) or ()):
            lines += [*_aligned(block, indent), *_elements(field, new[field], old[field], indent)]
            block = []
        else:
            for mark, spec in (("-", new), ("+", old)):
                block.append((mark, field, _value(field, spec.get(field), typed=True)))
    lines += _aligned(block, indent)
    return [*lines, _elided(hidden, "field", indent)] if hidden else lines


def _elements(field: str, new: list[Object], old: list[Object], indent: str) -> list[str]:
    lines = [f"  {indent}{_name(field)}: []core.{_TYPES[field]}{{"]
    hidden = 0
    for now, then in zip(new, old, strict=True):
        if now == then:
            hidden += 1
            continue
        if hidden:
            lines.append(_elided(hidden, "element", indent + "\t"))
            hidden = 0
        inner = _struct(now, then, _CONTAINER, indent + "\t\t")
        lines += [f"  {indent}\t{{", *inner, f"  {indent}\t}},"]
    if hidden:
        lines.append(_elided(hidden, "element", indent + "\t"))
    return [*lines, f"  {indent}}},"]


def _aligned(block: list[Line], indent: str) -> list[str]:
    width = max((len(_name(field)) for _, field, _ in block), default=0) + 2
    return [f"{mark} {indent}{_name(field) + ':':<{width}}{text}," for mark, field, text in block]


def _elided(count: int, what: str, indent: str) -> str:
    return f"  {indent}... // {count} identical {what}{'' if count == 1 else 's'}"


def _name(field: str) -> str:
    return _NAMES.get(field) or field[:1].upper() + field[1:]


def _value(field: str, value: Any, *, typed: bool) -> str:
    """A field's value as Go would write it; what is the same goes without its type."""
    if value in (None, "", [], {}):
        empty = {"resources": "{}", **dict.fromkeys(_STRINGS, '""'), **dict.fromkeys(_FLAGS, "false")}
        return empty.get(field, "nil")
    if isinstance(value, list | dict) and not typed:
        return _plain(value)
    if isinstance(value, list):
        kind = _TYPES.get(field, _name(field).removesuffix("s"))
        return f"[]{'string' if isinstance(value[0], str) else f'core.{kind}'}{_plain(value)}"
    if isinstance(value, dict):
        if field in _MAPS:
            members = ", ".join(f"{json.dumps(key)}: {_plain(each)}" for key, each in value.items())
            return f"map[string]string{{{members}}}"
        if field == "resources":
            return f"core.ResourceRequirements{_plain(value)}"
        return f"&core.{_struct_name(field)}{_plain(value)}"
    return f"&{_plain(value)}" if field in _POINTERS else _plain(value)


def _struct_name(field: str) -> str:
    return "Probe" if field.endswith("Probe") else _name(field)


def _members(value: Object) -> str:
    return ", ".join(f"{_name(key)}: {_plain(each)}" for key, each in value.items() if each not in (None, ""))


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{{_members(value)}}}"
    if isinstance(value, list):
        return f"{{{', '.join(_plain(each) for each in value)}}}"
    return json.dumps(value, ensure_ascii=False)
