"""Rules of Deployments and ReplicaSets (`pkg/apis/apps/validation`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.api import field_errors
from lab.embedded.api.validation import common
from lab.embedded.api.validation.pods import validate_template
from lab.embedded.objects import selectors

if TYPE_CHECKING:
    from lab.embedded.api.field_errors import FieldError

Object = dict[str, Any]
Errors = list["FieldError"]


def validate_deployment(deployment: Object) -> Errors:
    """A whole Deployment."""
    spec = deployment["spec"]
    found = common.at_least_zero(spec.get("replicas"), "spec.replicas")
    found += _validate_selection(spec, "deployment")
    found += _validate_strategy(spec.get("strategy") or {}, "spec.strategy")
    found += common.at_least_zero(spec.get("minReadySeconds"), "spec.minReadySeconds")
    found += common.at_least_zero(spec.get("revisionHistoryLimit"), "spec.revisionHistoryLimit")
    deadline = spec.get("progressDeadlineSeconds")
    found += common.at_least_zero(deadline, "spec.progressDeadlineSeconds")
    if deadline is not None and deadline <= spec.get("minReadySeconds", 0):
        detail = "must be greater than minReadySeconds"
        found.append(field_errors.invalid("spec.progressDeadlineSeconds", deadline, detail))
    return found


def validate_replica_set(replica_set: Object) -> Errors:
    """A whole ReplicaSet."""
    spec = replica_set["spec"]
    found = common.at_least_zero(spec.get("replicas"), "spec.replicas")
    found += common.at_least_zero(spec.get("minReadySeconds"), "spec.minReadySeconds")
    return found + _validate_selection(spec, "replicaset")


def validate_selector_update(new: Object, old: Object) -> Errors:
    """The selector of a workload never changes."""
    return common.unchanged(new["spec"], old["spec"], "selector", "spec.selector")


def _validate_selection(spec: Object, owner: str) -> Errors:
    """Selector and template, and that the one selects the other."""
    found: Errors = []
    selector, template = spec.get("selector"), spec.get("template") or {}
    if selector is None:
        found.append(field_errors.required("spec.selector"))
    else:
        found += common.label_selector(selector, "spec.selector")
        if not selector.get("matchLabels") and not selector.get("matchExpressions"):
            detail = f"empty selector is invalid for {owner}"
            found.append(field_errors.invalid("spec.selector", selector, detail))
    labels = (template.get("metadata") or {}).get("labels")
    chosen = selectors.from_label_selector(selector).matches(labels or {})
    if selector is None or (not found and not chosen):
        detail = "`selector` does not match template `labels`"
        found.append(field_errors.invalid("spec.template.metadata.labels", labels, detail))
    found += validate_template(template, "spec.template")
    return found + _validate_restarts(template.get("spec") or {}, "spec.template.spec")


def _validate_restarts(spec: Object, path: str) -> Errors:
    found: Errors = []
    if spec.get("restartPolicy") != "Always":
        found.append(
            field_errors.not_supported(f"{path}.restartPolicy", spec.get("restartPolicy"), ["Always"])
        )
    if spec.get("activeDeadlineSeconds") is not None:
        detail = "activeDeadlineSeconds in ReplicaSet is not Supported"
        found.append(field_errors.forbidden(f"{path}.activeDeadlineSeconds", detail))
    return found


def _validate_strategy(strategy: Object, path: str) -> Errors:
    kind, rolling = strategy.get("type"), strategy.get("rollingUpdate")
    if kind == "Recreate":
        if rolling is None:
            return []
        detail = "may not be specified when strategy `type` is 'Recreate'"
        return [field_errors.forbidden(f"{path}.rollingUpdate", detail)]
    if kind != "RollingUpdate":
        return [field_errors.not_supported(path, strategy, ["Recreate", "RollingUpdate"])]
    rolling = rolling or {}
    unavailable, surge = rolling.get("maxUnavailable"), rolling.get("maxSurge")
    place = f"{path}.rollingUpdate"
    found = common.count_or_percent(unavailable, f"{place}.maxUnavailable")
    found += common.count_or_percent(surge, f"{place}.maxSurge")
    if not found and _is_nothing(unavailable) and _is_nothing(surge):
        detail = "may not be 0 when `maxSurge` is 0"
        found.append(field_errors.invalid(f"{place}.maxUnavailable", unavailable, detail))
    return found + common.at_most_all(unavailable, f"{place}.maxUnavailable")


def _is_nothing(value: Any) -> bool:
    return value in {0, "0%", None}
