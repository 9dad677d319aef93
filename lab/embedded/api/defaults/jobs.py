"""Defaults of Jobs, and the selector and labels that tie a Job to its pods.

From `pkg/apis/batch/v1/defaults.go` and `pkg/registry/batch/job/strategy.go` (`generateSelector`) of v1.36.
"""

from __future__ import annotations

from typing import Any

from lab.embedded.api.defaults.pods import default_template

Object = dict[str, Any]

JOB_NAME, CONTROLLER_UID = "batch.kubernetes.io/job-name", "batch.kubernetes.io/controller-uid"
_OLD_LABELS = {JOB_NAME: "job-name", CONTROLLER_UID: "controller-uid"}
BACKOFF_LIMIT = 6
UNLIMITED = 2**31 - 1
"""Retries of a whole Job whose indexes have limits of their own."""


def default_job(job: Object) -> None:
    """Fill in a Job: one completion by one pod at a time, six retries, no suspension."""
    spec = job.setdefault("spec", {})
    if "completions" not in spec and "parallelism" not in spec:
        spec["completions"] = 1
    spec.setdefault("parallelism", 1)
    per_index = spec.get("backoffLimitPerIndex") is not None
    spec.setdefault("backoffLimit", UNLIMITED if per_index else BACKOFF_LIMIT)
    spec.setdefault("completionMode", "NonIndexed")
    spec.setdefault("suspend", False)
    spec.setdefault("manualSelector", False)
    policy = spec.get("podFailurePolicy")
    spec.setdefault("podReplacementPolicy", "Failed" if policy is not None else "TerminatingOrFailed")
    for rule in (policy or {}).get("rules") or ():
        for pattern in rule.get("onPodConditions") or ():
            pattern.setdefault("status", "True")
    default_template(spec.setdefault("template", {}))


def prepare_job(job: Object) -> None:
    """A new Job selects its pods by its own UID; one without labels has its template's."""
    job["status"] = {}
    spec, metadata = job["spec"], job["metadata"]
    labels = spec["template"]["metadata"].setdefault("labels", {})
    if not spec["manualSelector"]:
        for key, value in ((JOB_NAME, metadata["name"]), (CONTROLLER_UID, metadata["uid"])):
            labels.setdefault(key, value)
            labels.setdefault(_OLD_LABELS[key], value)
        chosen = spec.setdefault("selector", {}).setdefault("matchLabels", {})
        chosen.setdefault(CONTROLLER_UID, metadata["uid"])
    if not metadata.get("labels") and labels:
        metadata["labels"] = dict(labels)
