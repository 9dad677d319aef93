"""Rules of pods and pod templates (`ValidatePodSpec`, `ValidatePodUpdate`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.api import field_errors
from lab.embedded.api.validation import common
from lab.embedded.api.validation.affinity import validate_placing
from lab.embedded.api.validation.containers import relative_path, validate_containers
from lab.embedded.api.validation.metadata import validate_labels
from lab.embedded.objects import names

if TYPE_CHECKING:
    from lab.embedded.api.field_errors import FieldError

Object = dict[str, Any]
Errors = list["FieldError"]

_RESTART_POLICIES = ("Always", "Never", "OnFailure")
_DNS_POLICIES = ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None")
_EFFECTS = ("NoExecute", "NoSchedule", "PreferNoSchedule")
_LARGEST = 2**31 - 1
_NAMED_SOURCES = {
    "configMap": "name",
    "secret": "secretName",
    "hostPath": "path",
    "persistentVolumeClaim": "claimName",
}
_UPDATE = (
    "pod updates may not change fields other than `spec.containers[*].image`,"
    "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to "
    "existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was "
    "previously negative)"
)


def validate_pod(pod: Object) -> Errors:
    """A whole pod."""
    return validate_pod_spec(pod.get("spec") or {}, "spec")


def validate_template(template: Object, path: str) -> Errors:
    """A pod template: its labels, and its spec."""
    found = validate_labels((template.get("metadata") or {}).get("labels"), f"{path}.metadata.labels")
    return found + validate_pod_spec(template.get("spec") or {}, f"{path}.spec")


def validate_pod_spec(spec: Object, path: str) -> Errors:
    """The spec of a pod or a template."""
    found, volumes = _validate_volumes(spec.get("volumes") or [], f"{path}.volumes")
    found += validate_containers(spec, path, volumes)
    found += common.one_of(spec.get("restartPolicy"), f"{path}.restartPolicy", _RESTART_POLICIES)
    found += common.one_of(spec.get("dnsPolicy"), f"{path}.dnsPolicy", _DNS_POLICIES)
    found += validate_labels(spec.get("nodeSelector"), f"{path}.nodeSelector")
    found += common.at_least_zero(
        spec.get("terminationGracePeriodSeconds"), f"{path}.terminationGracePeriodSeconds"
    )
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is not None and not 1 <= deadline <= _LARGEST:
        detail = f"must be between 1 and {_LARGEST}, inclusive"
        found.append(field_errors.invalid(f"{path}.activeDeadlineSeconds", deadline, detail))
    if account := spec.get("serviceAccountName"):
        messages = names.dns_subdomain(account)
        found += [field_errors.invalid(f"{path}.serviceAccountName", account, each) for each in messages]
    if host := spec.get("hostname"):
        found += [field_errors.invalid(f"{path}.hostname", host, each) for each in names.dns_label(host)]
    found += validate_placing(spec, path)
    if spec.get("nodeName") and spec.get("schedulingGates"):
        detail = "cannot be set until all schedulingGates have been cleared"
        found.append(field_errors.forbidden(f"{path}.nodeName", detail))
    return found + _validate_tolerations(spec.get("tolerations") or [], f"{path}.tolerations")


def _validate_volumes(volumes: list[Object], path: str) -> tuple[Errors, set[str]]:
    found: Errors = []
    taken: set[str] = set()
    for index, volume in enumerate(volumes):
        place = f"{path}[{index}]"
        name = volume.get("name") or ""
        found += common.named(name, f"{place}.name", names.dns_label)
        if name in taken:
            found.append(field_errors.duplicate(f"{place}.name", name))
        taken.add(name)
        found += _validate_source(volume, place)
    return found, taken


def _validate_source(volume: Object, path: str) -> Errors:
    sources = [key for key in volume if key != "name"]
    if not sources:
        return [field_errors.required(path, "must specify a volume type")]
    found = [
        field_errors.forbidden(f"{path}.{each}", "may not specify more than 1 volume type")
        for each in sources[1:]
    ]
    kind, source = sources[0], volume[sources[0]]
    required = _NAMED_SOURCES.get(kind)
    if required and not source.get(required):
        found.append(field_errors.required(f"{path}.{kind}.{required}"))
    mode = source.get("defaultMode")
    if mode is not None and not 0 <= mode <= 0o777:
        detail = "must be a number between 0 and 0777 (octal), both inclusive"
        found.append(field_errors.invalid(f"{path}.{kind}.defaultMode", mode, detail))
    for index, item in enumerate(source.get("items") or ()):
        place = f"{path}.{kind}.items[{index}]"
        if kind != "downwardAPI" and not item.get("key"):
            found.append(field_errors.required(f"{place}.key"))
        if not item.get("path"):
            found.append(field_errors.required(f"{place}.path"))
        found += relative_path(item.get("path") or "", f"{place}.path")
    return found


def _validate_tolerations(tolerations: list[Object], path: str) -> Errors:
    found: Errors = []
    for index, toleration in enumerate(tolerations):
        place = f"{path}[{index}]"
        operator = toleration.get("operator") or "Equal"
        if key := toleration.get("key"):
            found += [field_errors.invalid(f"{place}.key", key, each) for each in names.qualified_name(key)]
        elif operator != "Exists":
            detail = (
                'operator must be Exists when `key` is empty, which means "match all values and all keys"'
            )
            found.append(field_errors.invalid(f"{place}.operator", toleration.get("operator", ""), detail))
        if operator == "Exists" and toleration.get("value"):
            detail = "value must be empty when `operator` is 'Exists'"
            found.append(field_errors.invalid(f"{place}.operator", toleration["value"], detail))
        found += common.optional_one_of(operator, f"{place}.operator", ("Equal", "Exists"))
        if effect := toleration.get("effect"):
            found += common.optional_one_of(effect, f"{place}.effect", _EFFECTS)
        if toleration.get("tolerationSeconds") is not None and effect != "NoExecute":
            detail = "effect must be 'NoExecute' when `tolerationSeconds` is set"
            found.append(field_errors.invalid(f"{place}.effect", effect or "", detail))
    return found


def validate_pod_update(new: Object, old: Object) -> Errors:
    """Of a pod that exists only images, deadline and further tolerations may change."""
    after, before = new.get("spec") or {}, old.get("spec") or {}
    found: Errors = []
    for field in ("containers", "initContainers"):
        if len(after.get(field) or ()) != len(before.get(field) or ()):
            detail = f"pod updates may not add or remove {_COLLECTIVES[field]}"
            return [field_errors.forbidden(f"spec.{field}", detail)]
    if not _tolerations_kept(after, before):
        detail = "existing toleration can not be modified except its tolerationSeconds"
        found.append(field_errors.forbidden("spec.tolerations", detail))
    held = {each["name"] for each in before.get("schedulingGates") or ()}
    for index, each in enumerate(after.get("schedulingGates") or ()):
        if each["name"] not in held:
            detail = f"only deletion is allowed, but found new scheduling gate '{each['name']}'"
            found.append(field_errors.forbidden(f"spec.schedulingGates[{index}]", detail))
    if _fixed(after) != _fixed(before):
        found.append(field_errors.forbidden("spec", _UPDATE))
    return found


_COLLECTIVES = {"containers": "containers", "initContainers": "initContainers"}
_FREE = ("activeDeadlineSeconds", "tolerations", "ephemeralContainers", "schedulingGates")


def _fixed(spec: Object) -> Object:
    """What of a spec must not change."""
    fixed = {key: value for key, value in spec.items() if key not in _FREE}
    for field in ("containers", "initContainers"):
        if field in fixed:
            fixed[field] = [
                {key: value for key, value in each.items() if key != "image"} for each in fixed[field]
            ]
    return fixed


def _tolerations_kept(after: Object, before: Object) -> bool:
    def bare(toleration: Object) -> Object:
        return {key: value for key, value in toleration.items() if key != "tolerationSeconds"}

    now = [bare(each) for each in after.get("tolerations") or ()]
    return all(bare(each) in now for each in before.get("tolerations") or ())
