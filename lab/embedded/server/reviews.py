"""Access reviews: one user, who may do everything (RBAC is not simulated)."""

from __future__ import annotations

from typing import Any

from lab.embedded.api.errors import no_such_resource

Object = dict[str, Any]
USER = "podlab"


def review(plural: str, body: Object) -> Object:
    """The answer to a posted review.

    Raises:
        ApiError: 404; no such kind of review.
    """
    answer = {**body, "metadata": {**(body.get("metadata") or {}), "creationTimestamp": None}}
    if plural == "selfsubjectaccessreviews":
        return {**answer, "status": {"allowed": True, "reason": "podlab lets its one user do everything"}}
    if plural == "selfsubjectrulesreviews":
        return {
            **answer,
            "status": {
                "resourceRules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}],
                "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
                "incomplete": False,
            },
        }
    if plural == "selfsubjectreviews":
        groups = ["system:masters", "system:authenticated"]
        return {**answer, "status": {"userInfo": {"username": USER, "groups": groups}}}
    raise no_such_resource()
