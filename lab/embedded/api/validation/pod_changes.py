"""What of a pod that exists may change (`ValidatePodUpdate`, `ValidatePodEphemeralContainersUpdate`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.api import field_errors
from lab.embedded.api.validation import common
from lab.embedded.api.validation.struct_difference import difference
from lab.embedded.objects import names

if TYPE_CHECKING:
    from lab.embedded.api.field_errors import FieldError

Object = dict[str, Any]
Errors = list["FieldError"]

_UPDATE = (
    "pod updates may not change fields other than `spec.containers[*].image`,"
    "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to "
    "existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was "
    "previously negative)\n"
)
_FREE = ("activeDeadlineSeconds", "tolerations", "schedulingGates")
_NOT_EPHEMERAL = (
    "lifecycle", "livenessProbe", "ports", "readinessProbe", "resizePolicy", "resources",
    "restartPolicy", "startupProbe",
)  # fmt: skip


def validate_pod_update(new: Object, old: Object) -> Errors:
    """Of a pod that exists only images, deadline and further tolerations may change."""
    after, before = new.get("spec") or {}, old.get("spec") or {}
    found: Errors = []
    for field in ("containers", "initContainers"):
        if len(after.get(field) or ()) != len(before.get(field) or ()):
            return [field_errors.forbidden(f"spec.{field}", "pod updates may not add or remove containers")]
    found += _deadline(after.get("activeDeadlineSeconds"), before.get("activeDeadlineSeconds"))
    if not _tolerations_kept(after, before):
        detail = "existing toleration can not be modified except its tolerationSeconds"
        found.append(field_errors.forbidden("spec.tolerations", detail))
    held = {each.get("name") for each in before.get("schedulingGates") or ()}
    for index, each in enumerate(after.get("schedulingGates") or ()):
        if each.get("name") not in held:
            detail = f"only deletion is allowed, but found new scheduling gate '{each.get('name', '')}'"
            found.append(field_errors.forbidden(f"spec.schedulingGates[{index}]", detail))
    munged = _munged(after, before)
    if munged != before:
        found.append(field_errors.forbidden("spec", _UPDATE + difference(munged, before)))
    return found


def validate_ephemeral_update(new: Object, old: Object) -> Errors:
    """Ephemeral containers are added; none is changed or taken away."""
    path = "spec.ephemeralContainers"
    after = new["spec"].get("ephemeralContainers") or []
    before = {each["name"]: each for each in old["spec"].get("ephemeralContainers") or ()}
    others = {
        each["name"] for field in ("containers", "initContainers") for each in new["spec"].get(field) or ()
    }
    found: Errors = []
    taken: set[str] = set()
    for index, each in enumerate(after):
        place, name = f"{path}[{index}]", each.get("name") or ""
        found += common.named(name, f"{place}.name", names.dns_label)
        if name in others or name in taken:
            found.append(field_errors.duplicate(f"{place}.name", name))
        taken.add(name)
        if not (each.get("image") or "").strip():
            found.append(field_errors.required(f"{place}.image"))
        detail = "cannot be set for an Ephemeral Container"
        found += [
            field_errors.forbidden(f"{place}.{field}", detail) for field in _NOT_EPHEMERAL if each.get(field)
        ]
        target = each.get("targetContainerName")
        if target and target not in others:
            found.append(field_errors.not_found(f"{place}.targetContainerName", target))
        if name in before and each != before[name]:
            detail = f'existing ephemeral containers "{name}" may not be changed'
            found.append(field_errors.forbidden(path, detail))
    for name in before:
        if name not in taken:
            detail = f'existing ephemeral containers "{name}" may not be removed'
            found.append(field_errors.forbidden(path, detail))
    return found


def _deadline(after: int | None, before: int | None) -> Errors:
    path = "spec.activeDeadlineSeconds"
    if before is None or after == before:
        return []
    if after is None:
        return [field_errors.invalid(path, "null", "must not update from a positive integer to nil value")]
    if after > before:
        return [field_errors.invalid(path, after, "must be less than or equal to previous value")]
    return []


def _munged(after: Object, before: Object) -> Object:
    """The new spec with the old values of all that may change: what differs now is not allowed."""
    munged = {key: value for key, value in after.items() if key not in _FREE}
    munged |= {key: before[key] for key in _FREE if key in before}
    for field in ("containers", "initContainers"):
        if field in munged:
            munged[field] = [
                {**each, "image": then["image"]} if "image" in then else each
                for each, then in zip(munged[field], before[field], strict=True)
            ]
    return munged


def _tolerations_kept(after: Object, before: Object) -> bool:
    def bare(toleration: Object) -> Object:
        return {key: value for key, value in toleration.items() if key != "tolerationSeconds"}

    now = [bare(each) for each in after.get("tolerations") or ()]
    return all(bare(each) in now for each in before.get("tolerations") or ())
