"""Rules of a Job's policies: failures, successes, retries of each index (`pkg/apis/batch/validation`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.api import field_errors
from lab.embedded.api.validation import common

if TYPE_CHECKING:
    from lab.embedded.api.field_errors import FieldError

Object = dict[str, Any]
Errors = list["FieldError"]

_MOST_RULES, _MOST_VALUES, _MOST_PATTERNS = 20, 255, 20
_MOST_FAILED_INDEXES = 100_000
_MANY_COMPLETIONS = 100_000
_ACTIONS = ("Count", "FailIndex", "FailJob", "Ignore")
_OPERATORS = ("In", "NotIn")
_STATUSES = ("False", "True", "Unknown")
_REPLACEMENTS = ("Failed", "TerminatingOrFailed")


def validate_policies(spec: Object) -> Errors:
    """All of them."""
    found = _retries(spec)
    if spec.get("podFailurePolicy"):
        found += _failure_policy(spec)
    if spec.get("successPolicy") is not None:
        found += _success_policy(spec)
    supported = ("Failed",) if spec.get("podFailurePolicy") else _REPLACEMENTS
    return found + common.optional_one_of(
        spec.get("podReplacementPolicy"), "spec.podReplacementPolicy", supported
    )


def _indexed(spec: Object) -> bool:
    return bool(spec.get("completionMode") == "Indexed")


def _retries(spec: Object) -> Errors:
    found: Errors = []
    most, completions = spec.get("maxFailedIndexes"), spec.get("completions")
    for field in ("backoffLimitPerIndex", "maxFailedIndexes"):
        found += common.at_least_zero(spec.get(field), f"spec.{field}")
    if most is not None and spec.get("backoffLimitPerIndex") is None:
        detail = "when maxFailedIndexes is specified"
        found.append(field_errors.required("spec.backoffLimitPerIndex", detail))
    if not _indexed(spec):
        for field in ("backoffLimitPerIndex", "maxFailedIndexes"):
            if spec.get(field) is not None:
                detail = "requires indexed completion mode"
                found.append(field_errors.invalid(f"spec.{field}", spec[field], detail))
        return found
    path = "spec.maxFailedIndexes"
    if most is not None and completions is not None and most > completions:
        found.append(field_errors.invalid(path, most, "must be less than or equal to completions"))
    if most is not None and most > _MOST_FAILED_INDEXES:
        detail = f"must be less than or equal to {_MOST_FAILED_INDEXES}"
        found.append(field_errors.invalid(path, most, detail))
    many = (completions or 0) > _MANY_COMPLETIONS and spec.get("backoffLimitPerIndex") is not None
    if many and most is None:
        detail = f"must be specified when completions is above {_MANY_COMPLETIONS}"
        found.append(field_errors.required(path, detail))
    return found


def _failure_policy(spec: Object) -> Errors:
    found: Errors = []
    rules, path = spec["podFailurePolicy"].get("rules") or [], "spec.podFailurePolicy.rules"
    if len(rules) > _MOST_RULES:
        found.append(field_errors.too_many(path, len(rules), _MOST_RULES))
    policy = spec["template"].get("spec", {}).get("restartPolicy")
    if policy == "OnFailure":
        detail = 'only "Never" is supported when podFailurePolicy is specified'
        found.append(field_errors.invalid("spec.template.spec.restartPolicy", policy, detail))
    for index, rule in enumerate(rules):
        found += _rule(spec, rule, f"{path}[{index}]")
    return found


def _rule(spec: Object, rule: Object, path: str) -> Errors:
    found = _enumerated(rule.get("action"), f"{path}.action", _ACTIONS)
    if rule.get("action") == "FailIndex" and spec.get("backoffLimitPerIndex") is None:
        detail = "requires the backoffLimitPerIndex to be set"
        found.append(field_errors.invalid(f"{path}.action", rule["action"], detail))
    codes, patterns = rule.get("onExitCodes"), rule.get("onPodConditions") or []
    if codes is not None:
        found += _exit_codes(spec, codes, f"{path}.onExitCodes")
    if len(patterns) > _MOST_PATTERNS:
        found.append(field_errors.too_many(f"{path}.onPodConditions", len(patterns), _MOST_PATTERNS))
    for index, pattern in enumerate(patterns):
        found += _enumerated(pattern.get("status"), f"{path}.onPodConditions[{index}].status", _STATUSES)
    if codes is not None and patterns:
        detail = "specifying both OnExitCodes and OnPodConditions is not supported"
        found.append(field_errors.invalid(path, field_errors.OMITTED, detail))
    if codes is None and not patterns:
        detail = "specifying one of OnExitCodes and OnPodConditions is required"
        found.append(field_errors.invalid(path, field_errors.OMITTED, detail))
    return found


def _enumerated(value: Any, path: str, supported: tuple[str, ...]) -> Errors:
    if not value:
        listed = " ".join(f'"{each}"' for each in supported)
        return [field_errors.required(path, f"valid values: [{listed}]")]
    return common.optional_one_of(value, path, supported)


def _exit_codes(spec: Object, codes: Object, path: str) -> Errors:
    found = _enumerated(codes.get("operator"), f"{path}.operator", _OPERATORS)
    template = spec["template"].get("spec", {})
    containers = (*(template.get("containers") or ()), *(template.get("initContainers") or ()))
    name = codes.get("containerName")
    if name is not None and name not in {each.get("name") for each in containers}:
        detail = "must be one of the container or initContainer names in the pod template"
        found.append(field_errors.invalid(f"{path}.containerName", name, detail))
    values, place = codes.get("values") or [], f"{path}.values"
    if not values:
        found.append(field_errors.invalid(place, values, "at least one value is required"))
    elif len(values) > _MOST_VALUES:
        found.append(field_errors.too_many(place, len(values), _MOST_VALUES))
    for index, value in enumerate(values):
        if codes.get("operator") == "In" and value == 0:
            detail = "must not be 0 for the In operator"
            found.append(field_errors.invalid(f"{place}[{index}]", value, detail))
        if value in values[:index]:
            found.append(field_errors.duplicate(f"{place}[{index}]", value))
    if values != sorted(values):
        found.append(field_errors.invalid(place, values, "must be ordered"))
    return found


def _success_policy(spec: Object) -> Errors:
    policy, path = spec["successPolicy"], "spec.successPolicy"
    if not _indexed(spec):
        return [field_errors.invalid(path, policy, "requires indexed completion mode")]
    rules = policy.get("rules") or []
    found: Errors = []
    if not rules:
        detail = "at least one rules must be specified when the successPolicy is specified"
        found.append(field_errors.required(f"{path}.rules", detail))
    if len(rules) > _MOST_RULES:
        found.append(field_errors.too_many(f"{path}.rules", len(rules), _MOST_RULES))
    for index, rule in enumerate(rules):
        found += _success_rule(spec, rule, f"{path}.rules[{index}]")
    return found


def _success_rule(spec: Object, rule: Object, path: str) -> Errors:
    count, indexes = rule.get("succeededCount"), rule.get("succeededIndexes")
    completions = spec.get("completions") or 0
    if count is None and indexes is None:
        detail = "at least one of succeededCount or succeededIndexes must be specified"
        return [field_errors.required(path, detail)]
    found: Errors = []
    total = 0
    if indexes is not None:
        total, wrong = _count_indexes(indexes, completions)
        if wrong:
            detail = f"error parsing succeededIndexes: {wrong}"
            found.append(field_errors.invalid(f"{path}.succeededIndexes", indexes, detail))
    if count is None:
        return found
    place = f"{path}.succeededCount"
    found += common.at_least_zero(count, place)
    if count > completions:
        detail = f"must be less than or equal to {completions} (the number of specified completions)"
        found.append(field_errors.invalid(place, count, detail))
    if indexes is not None and count > total:
        detail = (
            f"must be less than or equal to {total} "
            "(the number of indexes in the specified succeededIndexes field)"
        )
        found.append(field_errors.invalid(place, count, detail))
    return found


def _count_indexes(text: str, completions: int) -> tuple[int, str]:
    """How many indexes `0-2,5` names, and what is wrong with it (`validateIndexesFormat`)."""
    total, last = 0, -1
    for part in text.split(",") if text else ():
        ends = part.split("-")
        if len(ends) > 2:
            rule = "an index interval can have at most two parts separated by '-'"
            return 0, f'the fragment "{part}" violates the requirement that {rule}'
        if not all(each.isdigit() for each in ends):
            return (
                0,
                f'cannot convert string to integer for index: "{next(e for e in ends if not e.isdigit())}"',
            )
        first, end = int(ends[0]), int(ends[-1])
        if max(first, end) >= completions:
            return 0, f'too large index: "{ends[-1] if end >= completions else ends[0]}"'
        if first <= last:
            return 0, f"non-increasing order, previous: {last}, current: {first}"
        if len(ends) == 2 and end <= first:
            return 0, f"non-increasing order, previous: {first}, current: {end}"
        total += end - first + 1
        last = end
    return total, ""
