"""What a Job's own policies say of its pods: which failures count, and which successes are enough; pure.

Follows `pkg/controller/job/pod_failure_policy.go` and `success_policy.go` of v1.36: the first rule that
matches decides; a failure that no rule matches counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from lab.embedded.controllers import job_indexes
from lab.embedded.objects.meta import is_deleting, name_of, namespace_of

if TYPE_CHECKING:
    from collections.abc import Iterable

Json = dict[str, Any]


class Judgement(Struct, frozen=True):
    """What the failure policy makes of a failed pod."""

    counts: bool = True
    """Whether it counts towards the back-off limits."""
    fails_index: bool = False
    message: str = ""
    """Why the whole Job fails; empty when it does not."""


def replaces_only_failed(job: Json) -> bool:
    """Whether a pod on its way out is neither failed nor replaced before it has ended."""
    spec = job["spec"]
    return spec.get("podReplacementPolicy") == "Failed" or bool(spec.get("podFailurePolicy"))


def has_failed(job: Json, pod: Json) -> bool:
    """Whether a pod is a failure: it failed, or it is being deleted and the Job does not wait for its end."""
    phase = pod.get("status", {}).get("phase")
    if phase == "Failed":
        return True
    return not replaces_only_failed(job) and is_deleting(pod) and phase != "Succeeded"


def judge(job: Json, pod: Json) -> Judgement:
    """What the failure policy says of a failed pod."""
    rules = (job["spec"].get("podFailurePolicy") or {}).get("rules") or ()
    for number, rule in enumerate(rules):
        why = _matched(rule, pod)
        if why:
            action = rule["action"]
            text = f"{why} matching FailJob rule at index {number}" if action == "FailJob" else ""
            return Judgement(action != "Ignore", action == "FailIndex", text)
    return Judgement()


def failure_message(job: Json, pods: Iterable[Json]) -> str:
    """Why the policy fails the whole Job; empty when it does not."""
    if not job["spec"].get("podFailurePolicy"):
        return ""
    failed = (judge(job, pod).message for pod in pods if has_failed(job, pod))
    return next(filter(None, failed), "")


def success_message(job: Json, completed: set[int]) -> str:
    """Which rule of the success policy is met; empty when none is."""
    rules = (job["spec"].get("successPolicy") or {}).get("rules") or ()
    for number, rule in enumerate(rules):
        wanted = job_indexes.parse(rule["succeededIndexes"]) if rule.get("succeededIndexes") else None
        there = completed if wanted is None else completed & wanted
        enough = rule.get("succeededCount", len(wanted or ()))
        if len(there) >= enough:
            return f"Matched rules at index {number}"
    return ""


def _matched(rule: Json, pod: Json) -> str:
    """What of a pod a rule matches; empty for nothing."""
    where = f"{namespace_of(pod)}/{name_of(pod)}"
    if rule.get("onExitCodes"):
        found = _container(pod, rule["onExitCodes"])
        if found is not None:
            code = found["state"]["terminated"]["exitCode"]
            return f"Container {found['name']} for pod {where} failed with exit code {code}"
        return ""
    for pattern in rule.get("onPodConditions") or ():
        for each in pod.get("status", {}).get("conditions") or ():
            if each["type"] == pattern["type"] and each["status"] == pattern.get("status", "True"):
                return f"Pod {where} has condition {each['type']}"
    return ""


def _container(pod: Json, requirement: Json) -> Json | None:
    """The status of the first container that failed with one of the wanted exit codes."""
    status, wanted = pod.get("status", {}), requirement.get("containerName")
    for each in (*(status.get("containerStatuses") or ()), *(status.get("initContainerStatuses") or ())):
        ended = (each.get("state") or {}).get("terminated")
        if ended is None or not ended["exitCode"] or wanted not in {None, each["name"]}:
            continue
        if (ended["exitCode"] in requirement["values"]) == (requirement["operator"] == "In"):
            found: Json = each
            return found
    return None
