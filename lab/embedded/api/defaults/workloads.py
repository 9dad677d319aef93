"""Defaults of Deployments and ReplicaSets (`pkg/apis/apps/v1/defaults.go`)."""

from __future__ import annotations

from typing import Any

from lab.embedded.api.defaults.pods import default_template

Object = dict[str, Any]


def default_deployment(deployment: Object) -> None:
    """Fill in a Deployment: one replica, a rolling update of a quarter, ten old revisions, ten minutes."""
    spec = deployment.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    strategy = spec.setdefault("strategy", {})
    if not strategy.get("type"):
        strategy["type"] = "RollingUpdate"
    if strategy["type"] == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", "25%")
        rolling.setdefault("maxSurge", "25%")
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("progressDeadlineSeconds", 600)
    default_template(spec.setdefault("template", {}))


def default_replica_set(replica_set: Object) -> None:
    """Fill in a ReplicaSet."""
    spec = replica_set.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    default_template(spec.setdefault("template", {}))
