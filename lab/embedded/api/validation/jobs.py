"""Rules of Jobs (`pkg/apis/batch/validation`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.api import field_errors
from lab.embedded.api.defaults.jobs import CONTROLLER_UID
from lab.embedded.api.validation import common
from lab.embedded.api.validation.job_policies import validate_policies
from lab.embedded.api.validation.pods import validate_template
from lab.embedded.objects import selectors

if TYPE_CHECKING:
    from lab.embedded.api.field_errors import FieldError

Object = dict[str, Any]
Errors = list["FieldError"]

_COUNTS = ("parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished")
_IMMUTABLE = (
    "completions", "selector", "completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy",
    "successPolicy",
)  # fmt: skip
_POLICIES = ("OnFailure", "Never")
_MOST_INDEXED = 100_000
_LONGEST_MANAGER = 63
_SCHEDULING = ("nodeSelector", "affinity", "tolerations", "schedulingGates")
"""What of a template may change while the Job is suspended and has not started."""


def validate_job(job: Object) -> Errors:
    """A whole Job."""
    spec = job["spec"]
    found: Errors = []
    for field in _COUNTS:
        found += common.at_least_zero(spec.get(field), f"spec.{field}")
    found += common.optional_one_of(
        spec.get("completionMode"), "spec.completionMode", ("Indexed", "NonIndexed")
    )
    found += _indexed(spec) if spec.get("completionMode") == "Indexed" else []
    found += _managed_by(spec.get("managedBy"))
    found += validate_policies(spec)
    found += validate_template(spec["template"], "spec.template")
    return found + _restarts(spec["template"].get("spec") or {}) + _selection(spec)


def validate_job_update(new: Object, old: Object) -> Errors:
    """What a Job does and for how often never changes; how many at a time and for how long may."""
    after, before = new["spec"], old["spec"]
    found: Errors = []
    for field in _IMMUTABLE:
        if field == "completions" and _elastic(after, before):
            continue
        found += common.unchanged(after, before, field, f"spec.{field}")
    if _fixed(after["template"], old) != _fixed(before["template"], old):
        found += common.unchanged(after, before, "template", "spec.template")
    return found


def _elastic(after: Object, before: Object) -> bool:
    """An indexed Job may be resized by changing completions and parallelism together."""
    return bool(
        before.get("completionMode") == "Indexed"
        and after.get("completions") is not None
        and after.get("completions") == after.get("parallelism")
    )


def _fixed(template: Object, old: Object) -> Object:
    if not old["spec"].get("suspend") or (old.get("status") or {}).get("startTime"):
        return template
    spec = {key: value for key, value in template["spec"].items() if key not in _SCHEDULING}
    metadata = {
        key: value for key, value in template["metadata"].items() if key not in {"labels", "annotations"}
    }
    return {"metadata": metadata, "spec": spec}


def _indexed(spec: Object) -> Errors:
    found: Errors = []
    if spec.get("completions") is None:
        found.append(field_errors.required("spec.completions", "when completion mode is Indexed"))
    if spec.get("parallelism", 0) > _MOST_INDEXED:
        detail = f"must be less than or equal to {_MOST_INDEXED} when completion mode is Indexed"
        found.append(field_errors.invalid("spec.parallelism", spec["parallelism"], detail))
    return found


def _managed_by(name: str | None) -> Errors:
    if name is None or ("/" in name.strip("/") and len(name) <= _LONGEST_MANAGER):
        return []
    path = "spec.managedBy"
    if len(name) > _LONGEST_MANAGER:
        return [field_errors.too_long(path, _LONGEST_MANAGER)]
    detail = 'must be a domain-prefixed path (such as "acme.io/foo")'
    return [field_errors.invalid(path, name, detail)]


def _restarts(spec: Object) -> Errors:
    policy, path = spec.get("restartPolicy"), "spec.template.spec.restartPolicy"
    if policy in _POLICIES:
        return []
    if policy in {None, "", "Always"}:
        return [field_errors.required(path, 'valid values: "OnFailure", "Never"')]
    return [field_errors.not_supported(path, policy, _POLICIES)]


def _generated(selector: Object) -> bool:
    """Whether a selector holds nothing but what the server puts there."""
    return not selector.get("matchExpressions") and not set(selector.get("matchLabels") or ()) - {
        CONTROLLER_UID, "controller-uid",
    }  # fmt: skip


def _selection(spec: Object) -> Errors:
    selector, labels = spec.get("selector"), (spec["template"].get("metadata") or {}).get("labels") or {}
    if selector is None:
        return [field_errors.required("spec.selector")]
    found = common.label_selector(selector, "spec.selector")
    if not spec.get("manualSelector") and not _generated(selector):
        found.append(field_errors.invalid("spec.selector", selector, "`selector` not auto-generated"))
    if not selectors.from_label_selector(selector).matches(labels):
        detail = "`selector` does not match template `labels`"
        found.append(field_errors.invalid("spec.template.metadata.labels", labels, detail))
    return found
