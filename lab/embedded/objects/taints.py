"""Taints and tolerations; pure (`component-helpers/scheduling/corev1`, `api/core/v1/toleration.go`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

Object = dict[str, Any]


def tolerates(toleration: Object, taint: Object) -> bool:
    """Whether one toleration covers a taint: an empty key or effect covers all of them."""
    if toleration.get("effect") not in {None, "", taint["effect"]}:
        return False
    key, operator = toleration.get("key") or "", toleration.get("operator") or "Equal"
    if key not in {"", taint["key"]}:
        return False
    if operator == "Exists":
        return True
    return bool(key and (toleration.get("value") or "") == (taint.get("value") or ""))


def untolerated(taints: Iterable[Object], tolerations: Iterable[Object], *effects: str) -> Object | None:
    """The first taint of the given effects that nothing tolerates."""
    given = list(tolerations)
    for taint in taints:
        if taint["effect"] in effects and not any(tolerates(each, taint) for each in given):
            return taint
    return None


def toleration_seconds(taints: Iterable[Object], tolerations: Iterable[Object]) -> float | None:
    """For how long a pod tolerates `NoExecute` taints, all of them tolerated; None: for ever.

    Of the tolerations in use, the shortest counts; a negative time is none at all.
    """
    given, used = list(tolerations), []
    for taint in taints:
        used += [each for each in given if tolerates(each, taint)]
    times = [each["tolerationSeconds"] for each in used if each.get("tolerationSeconds") is not None]
    return float(max(0, min(times))) if times else None
