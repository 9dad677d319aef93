"""Rules of containers (`validateContainers` in `pkg/apis/core/validation`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.api import field_errors
from lab.embedded.api.validation import common
from lab.embedded.api.validation.environment import validate_environment
from lab.embedded.api.validation.probes import validate_lifecycle, validate_probes
from lab.embedded.objects import names, quantities

if TYPE_CHECKING:
    from collections.abc import Collection

    from lab.embedded.api.field_errors import FieldError

Object = dict[str, Any]
Errors = list["FieldError"]

PULL_POLICIES = ("Always", "IfNotPresent", "Never")
_MESSAGE_POLICIES = ("FallbackToLogsOnError", "File")
_STANDARD_RESOURCES = frozenset({"cpu", "memory", "ephemeral-storage"})
_SIDECAR_ONLY = ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe")
_LARGEST_ID = 2**31 - 1


def validate_containers(spec: Object, path: str, volumes: Collection[str]) -> Errors:
    """All containers of a pod's spec, whose names must differ."""
    found: Errors = []
    taken: set[str] = set()
    for index, container in enumerate(spec.get("initContainers") or ()):
        place = f"{path}.initContainers[{index}]"
        found += _validate_container(container, place, volumes, taken)
        found += _validate_init(container, place)
    if not spec.get("containers"):
        found.append(field_errors.required(f"{path}.containers"))
    for index, container in enumerate(spec.get("containers") or ()):
        place = f"{path}.containers[{index}]"
        found += _validate_container(container, place, volumes, taken)
        found += validate_lifecycle(container.get("lifecycle") or {}, f"{place}.lifecycle")
        found += validate_probes(container, place)
    return found


def _validate_init(container: Object, path: str) -> Errors:
    """A sidecar (restartPolicy Always) may have probes; any other init container may not."""
    policy = container.get("restartPolicy")
    if policy == "Always":
        found = validate_lifecycle(container.get("lifecycle") or {}, f"{path}.lifecycle")
        return found + validate_probes(container, path)
    found = common.optional_one_of(policy, f"{path}.restartPolicy", ("Always", "Never", "OnFailure"))
    detail = "may not be set for init containers without restartPolicy=Always"
    return found + [
        field_errors.forbidden(f"{path}.{field}", detail) for field in _SIDECAR_ONLY if container.get(field)
    ]


def _validate_container(container: Object, path: str, volumes: Collection[str], taken: set[str]) -> Errors:
    name = container.get("name") or ""
    found = common.named(name, f"{path}.name", names.dns_label)
    if name in taken:
        found.append(field_errors.duplicate(f"{path}.name", name))
    taken.add(name)
    image = container.get("image") or ""
    if not image.strip():
        found.append(field_errors.required(f"{path}.image"))
    elif image != image.strip():
        found.append(
            field_errors.invalid(f"{path}.image", image, "must not have leading or trailing whitespace")
        )
    policy = container.get("terminationMessagePolicy")
    found += common.optional_one_of(policy, f"{path}.terminationMessagePolicy", _MESSAGE_POLICIES)
    found += _validate_ports(container.get("ports") or [], f"{path}.ports")
    found += validate_environment(container, path)
    found += _validate_mounts(container.get("volumeMounts") or [], f"{path}.volumeMounts", volumes)
    found += common.one_of(container.get("imagePullPolicy"), f"{path}.imagePullPolicy", PULL_POLICIES)
    found += validate_resources(container.get("resources") or {}, f"{path}.resources")
    return found + _validate_security(container.get("securityContext") or {}, f"{path}.securityContext")


def _validate_ports(ports: list[Object], path: str) -> Errors:
    found: Errors = []
    taken: set[str] = set()
    for index, port in enumerate(ports):
        place = f"{path}[{index}]"
        if name := port.get("name"):
            messages = names.port_name(name)
            found += [field_errors.invalid(f"{place}.name", name, each) for each in messages]
            if not messages and name in taken:
                found.append(field_errors.duplicate(f"{place}.name", name))
            taken.add(name)
        if not port.get("containerPort"):
            found.append(field_errors.required(f"{place}.containerPort"))
        else:
            found += common.port(port["containerPort"], f"{place}.containerPort")
        if port.get("hostPort"):
            found += common.port(port["hostPort"], f"{place}.hostPort")
        found += common.one_of(port.get("protocol"), f"{place}.protocol", common.PROTOCOLS)
    return found


def _validate_mounts(mounts: list[Object], path: str, volumes: Collection[str]) -> Errors:
    found: Errors = []
    paths: set[str] = set()
    for index, mount in enumerate(mounts):
        place = f"{path}[{index}]"
        name, target = mount.get("name") or "", mount.get("mountPath") or ""
        if not name:
            found.append(field_errors.required(f"{place}.name"))
        if name not in volumes:
            found.append(field_errors.not_found(f"{place}.name", name))
        if not target:
            found.append(field_errors.required(f"{place}.mountPath"))
        if target in paths:
            found.append(field_errors.invalid(f"{place}.mountPath", target, "must be unique"))
        paths.add(target)
        found += relative_path(mount.get("subPath") or "", f"{place}.subPath")
    return found


def relative_path(value: str, path: str) -> Errors:
    """A path below something: not absolute, and never upwards."""
    if value.startswith("/"):
        return [field_errors.invalid(path, value, "must be a relative path")]
    if ".." in value.split("/"):
        return [field_errors.invalid(path, value, "must not contain '..'")]
    return []


def validate_resources(resources: Object, path: str) -> Errors:
    """Requests and limits: known resources, amounts that are not negative, requests within limits."""
    found: Errors = []
    limits = resources.get("limits") or {}
    for group in ("limits", "requests"):
        for name, amount in (resources.get(group) or {}).items():
            found += validate_resource_name(name, f"{path}.{group}[{name}]")
            try:
                quantity = quantities.parse_quantity(amount)
            except ValueError as error:
                found.append(field_errors.invalid(f"{path}.{group}[{name}]", amount, str(error)))
                continue
            if quantity.value < 0:
                detail = "must be greater than or equal to 0"
                found.append(field_errors.invalid(f"{path}.{group}[{name}]", amount, detail))
            if group == "requests" and name in limits and _exceeds(amount, limits[name]):
                detail = f"must be less than or equal to {name} limit of {limits[name]}"
                found.append(field_errors.invalid(f"{path}.requests", amount, detail))
    return found


def _exceeds(amount: Any, limit: Any) -> bool:
    try:
        return quantities.parse_quantity(amount) > quantities.parse_quantity(limit)
    except ValueError:
        return False


def validate_resource_name(name: str, path: str) -> Errors:
    """A resource that containers can ask for."""
    messages = names.qualified_name(name)
    if messages:
        return [field_errors.invalid(path, name, each) for each in messages]
    if name in _STANDARD_RESOURCES or name.startswith("hugepages-") or "/" in name:
        return []
    return [
        field_errors.invalid(path, name, "must be a standard resource type or fully qualified"),
        field_errors.invalid(path, name, "must be a standard resource for containers"),
    ]


def _validate_security(context: Object, path: str) -> Errors:
    found: Errors = []
    for field in ("runAsUser", "runAsGroup"):
        value = context.get(field)
        if value is not None and not 0 <= value <= _LARGEST_ID:
            detail = f"must be between 0 and {_LARGEST_ID}, inclusive"
            found.append(field_errors.invalid(f"{path}.{field}", value, detail))
    if context.get("allowPrivilegeEscalation") is False and context.get("privileged"):
        detail = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"
        found.append(field_errors.invalid(path, context, detail))
    return found
