"""Rules of pods and pod templates (`ValidatePodSpec`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.api import field_errors
from lab.embedded.api.validation import common
from lab.embedded.api.validation.affinity import validate_placing
from lab.embedded.api.validation.containers import validate_containers
from lab.embedded.api.validation.hosts import validate_host_use
from lab.embedded.api.validation.metadata import validate_labels
from lab.embedded.api.validation.volumes import validate_volumes
from lab.embedded.objects import names

if TYPE_CHECKING:
    from lab.embedded.api.field_errors import FieldError

Object = dict[str, Any]
Errors = list["FieldError"]

_RESTART_POLICIES = ("Always", "Never", "OnFailure")
_DNS_POLICIES = ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None")
_EFFECTS = ("NoExecute", "NoSchedule", "PreferNoSchedule")
_LARGEST = 2**31 - 1


def validate_pod(pod: Object) -> Errors:
    """A whole pod."""
    spec = pod.get("spec") or {}
    found = validate_pod_spec(spec, "spec")
    if spec.get("ephemeralContainers") and not pod["metadata"].get("resourceVersion"):
        found.append(field_errors.forbidden("spec.ephemeralContainers", "cannot be set on create"))
    return found


def validate_template(template: Object, path: str) -> Errors:
    """A pod template: its labels, and its spec."""
    found = validate_labels((template.get("metadata") or {}).get("labels"), f"{path}.labels")
    return found + validate_pod_spec(template.get("spec") or {}, f"{path}.spec")


def validate_pod_spec(spec: Object, path: str) -> Errors:
    """The spec of a pod or a template."""
    found, volumes = validate_volumes(spec.get("volumes") or [], f"{path}.volumes")
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
    found += validate_host_use(spec, path)
    found += validate_placing(spec, path)
    for index, gate in enumerate(spec.get("schedulingGates") or ()):
        place, name = f"{path}.schedulingGates[{index}]", gate.get("name") or ""
        found += [field_errors.invalid(place, name, each) for each in names.qualified_name(name)]
    if spec.get("nodeName") and spec.get("schedulingGates"):
        detail = "cannot be set until all schedulingGates have been cleared"
        found.append(field_errors.forbidden(f"{path}.nodeName", detail))
    return found + _validate_tolerations(spec.get("tolerations") or [], f"{path}.tolerations")


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
            found.append(field_errors.invalid(f"{place}.operator", toleration, detail))
        elif operator == "Equal":
            found += [
                field_errors.invalid(f"{place}.operator", toleration.get("value"), each)
                for each in names.label_value(toleration.get("value") or "")
            ]
        found += common.optional_one_of(operator, f"{place}.operator", ("Equal", "Exists"))
        if effect := toleration.get("effect"):
            found += common.optional_one_of(effect, f"{place}.effect", _EFFECTS)
        if toleration.get("tolerationSeconds") is not None and effect != "NoExecute":
            detail = "effect must be 'NoExecute' when `tolerationSeconds` is set"
            found.append(field_errors.invalid(f"{place}.effect", effect or "", detail))
    return found
