"""Rules of PodDisruptionBudgets (`pkg/apis/policy/validation`), and what a new one begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.api import field_errors
from lab.embedded.api.validation import common

if TYPE_CHECKING:
    from lab.embedded.api.field_errors import FieldError

Object = dict[str, Any]
Errors = list["FieldError"]

_POLICIES = ("AlwaysAllow", "IfHealthyBudget")


def prepare_budget(budget: Object) -> None:
    """A new budget allows nothing until it was counted."""
    budget.setdefault("spec", {})
    counters = ("disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods")
    budget["status"] = dict.fromkeys(counters, 0)


def validate_budget(budget: Object) -> Errors:
    """A whole PodDisruptionBudget."""
    spec, found = budget["spec"], []
    if "minAvailable" in spec and "maxUnavailable" in spec:
        detail = "minAvailable and maxUnavailable cannot be both set"
        found.append(field_errors.invalid("spec", spec, detail))
    for field in ("minAvailable", "maxUnavailable"):
        path = f"spec.{field}"
        found += common.count_or_percent(spec.get(field), path) + common.at_most_all(spec.get(field), path)
    found += common.label_selector(spec.get("selector") or {}, "spec.selector")
    policy = spec.get("unhealthyPodEvictionPolicy")
    return found + common.optional_one_of(policy, "spec.unhealthyPodEvictionPolicy", _POLICIES)
