"""Rules of containers (`validateContainers` in `pkg/apis/core/validation`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.api import field_errors
from lab.embedded.api.validation import common
from lab.embedded.api.validation.environment import validate_environment
from lab.embedded.api.validation.hosts import validate_identities
from lab.embedded.api.validation.probes import validate_lifecycle, validate_probes
from lab.embedded.api.validation.volumes import relative_path
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
_PROPAGATION = ("Bidirectional", "HostToContainer", "None")


def validate_containers(spec: Object, path: str, volumes: Collection[str]) -> Errors:
    """All containers of a pod's spec, whose names must differ."""
    found: Errors = []
    taken: set[str] = set()
    if not spec.get("containers"):
        found.append(field_errors.required(f"{path}.containers"))
    for index, container in enumerate(spec.get("containers") or ()):
        place = f"{path}.containers[{index}]"
        found += _validate_container(container, place, volumes, taken)
        found += validate_lifecycle(container.get("lifecycle") or {}, f"{place}.lifecycle")
        found += validate_probes(container, place)
    for index, container in enumerate(spec.get("initContainers") or ()):
        place = f"{path}.initContainers[{index}]"
        found += _validate_container(container, place, volumes, taken)
        found += _validate_init(container, place)
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
    claims: set[str] = set()
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
        if host := port.get("hostPort"):
            found += common.port(host, f"{place}.hostPort")
            claim = f"{port.get('protocol')}/{port.get('hostIP', '')}/{host}"
            if claim in claims:
                found.append(field_errors.duplicate(f"{place}.hostPort", claim))
            claims.add(claim)
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
        if expression := mount.get("subPathExpr"):
            if mount.get("subPath"):
                detail = "subPathExpr and subPath are mutually exclusive"
                found.append(field_errors.invalid(f"{place}.subPathExpr", expression, detail))
            found += relative_path(expression, f"{place}.subPathExpr")
        found += common.optional_one_of(
            mount.get("mountPropagation"), f"{place}.mountPropagation", _PROPAGATION
        )
    return found


def validate_resources(resources: Object, path: str) -> Errors:
    """Requests and limits: known resources, amounts that are not negative, requests within limits."""
    found: Errors = []
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    for group, amounts in (("limits", limits), ("requests", requests)):
        for name, amount in amounts.items():
            place = f"{path}.{group}[{name}]"
            found += validate_resource_name(name, place) + _amount(name, amount, place)
            if group == "requests":
                found += _within(name, amount, limits, path)
    names_given = {*limits, *requests}
    if any(_is_huge(name) for name in names_given) and not names_given & {"cpu", "memory"}:
        found.append(field_errors.forbidden(path, "HugePages require cpu or memory"))
    return found


def _amount(name: str, amount: Any, path: str) -> Errors:
    try:
        quantity = quantities.parse_quantity(amount)
    except ValueError as error:
        return [field_errors.invalid(path, amount, str(error))]
    if quantity.value < 0:
        return [field_errors.invalid(path, amount, "must be greater than or equal to 0")]
    if "/" in name and quantity.value.denominator != 1:
        return [field_errors.invalid(path, amount, "must be an integer")]
    return []


def _within(name: str, amount: Any, limits: Object, path: str) -> Errors:
    """A request is at most its limit; what cannot be overcommitted needs a limit as large."""
    whole = "/" in name or _is_huge(name)
    if name not in limits:
        detail = "Limit must be set for non overcommitable resources"
        return [field_errors.required(f"{path}.limits", detail)] if whole else []
    limit = limits[name]
    if whole and str(amount) != str(limit):
        return [field_errors.invalid(f"{path}.requests", amount, f"must be equal to {name} limit of {limit}")]
    if _exceeds(amount, limit):
        detail = f"must be less than or equal to {name} limit of {limit}"
        return [field_errors.invalid(f"{path}.requests", amount, detail)]
    return []


def _is_huge(name: str) -> bool:
    return name.startswith("hugepages-")


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
    if name in _STANDARD_RESOURCES or _is_huge(name) or "/" in name:
        return []
    return [
        field_errors.invalid(path, name, "must be a standard resource type or fully qualified"),
        field_errors.invalid(path, name, "must be a standard resource for containers"),
    ]


def _validate_security(context: Object, path: str) -> Errors:
    found = validate_identities(context, path, "runAsUser", "runAsGroup")
    if context.get("allowPrivilegeEscalation") is False and context.get("privileged"):
        detail = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"
        found.append(field_errors.invalid(path, context, detail))
    return found
