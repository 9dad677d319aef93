"""The eviction subresource: deletes a pod if its disruption budget allows it.

Follows `pkg/registry/core/pod/rest/eviction.go` of v1.36. An eviction takes one disruption from the budget at
once and notes the pod in it, so that evictions in quick succession cannot exceed it before the controller has
counted anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.api import errors
from lab.embedded.api.interface import DeleteOptions
from lab.embedded.objects import meta, selectors
from lab.embedded.objects.disruption import mark_disrupted
from lab.embedded.objects.times import parse_time

if TYPE_CHECKING:
    from lab.embedded.api.deletes import Deletes
    from lab.embedded.api.interface import WriteOptions
    from lab.embedded.api.kinds import Kind
    from lab.embedded.api.reads import Reads
    from lab.embedded.api.writes import Writes

Object = dict[str, Any]
BUDGETS = "poddisruptionbudgets.policy"
ALLOWED = "DisruptionAllowed"
_REFUSED = "Cannot evict pod as it would violate the pod's disruption budget."
_RETRY = 10


def selects(budget: Object, pod: Object) -> bool:
    """Whether a budget is about a pod: an absent selector is about none, an empty one about all."""
    return selectors.from_label_selector(budget["spec"].get("selector")).matches(meta.labels_of(pod))


def is_ready(pod: Object) -> bool:
    """Whether the pod's Ready condition holds."""
    conditions = pod.get("status", {}).get("conditions") or ()
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def allowed_condition(budget: Object, conditions: list[Object], now: str) -> list[Object]:
    """The conditions with `DisruptionAllowed` after the number in the (new) status."""
    enough = budget["status"]["disruptionsAllowed"] > 0
    old = next((each for each in conditions if each["type"] == ALLOWED), None)
    status = "True" if enough else "False"
    new = {
        "type": ALLOWED,
        "status": status,
        "observedGeneration": budget["status"].get("observedGeneration", 0),
        "lastTransitionTime": old["lastTransitionTime"] if old and old["status"] == status else now,
        "reason": "SufficientPods" if enough else "InsufficientPods",
        "message": "",
    }
    return [*(each for each in conditions if each["type"] != ALLOWED), new]


class Evictions:
    """Evicts pods."""

    def __init__(self, reads: Reads, writes: Writes, deletes: Deletes) -> None:
        self._reads = reads
        self._writes = writes
        self._deletes = deletes

    def evict(self, kind: Kind, pod: Object, body: Object, options: WriteOptions) -> None:
        """Delete a pod if that is allowed.

        Raises:
            ApiError: 429; the budget forbids it now. 500; the pod has several budgets. 409; a precondition.
        """
        named = (body.get("metadata") or {}).get("name")
        if named and named != pod["metadata"]["name"]:
            raise errors.bad_request("name in URL does not match name in Eviction object")
        wanted = body.get("deleteOptions") or {}
        dry_run = options.dry_run or bool(wanted.get("dryRun"))
        preconditions = wanted.get("preconditions") or {}
        if not _needs_no_budget(pod):
            self._charge(pod, dry_run=dry_run)
        if not dry_run:
            pod = self._mark(kind, pod)
        self._deletes.delete(
            kind,
            pod,
            DeleteOptions(
                grace_period=wanted.get("gracePeriodSeconds"),
                propagation=wanted.get("propagationPolicy"),
                uid=preconditions.get("uid"),
                dry_run=dry_run,
            ),
        )

    def _charge(self, pod: Object, *, dry_run: bool) -> None:
        namespace = meta.namespace_of(pod)
        budgets = [each for each in self._reads.all(BUDGETS, namespace) if selects(each, pod)]
        if not budgets:
            return
        if len(budgets) > 1:
            message = (
                "This pod has more than one PodDisruptionBudget, which the eviction subresource does not "
                "support."
            )
            raise errors.ApiError(500, "InternalError", message)
        budget = budgets[0]
        if not is_ready(pod) and _tolerates_unready(budget):
            return
        _check(budget)
        if dry_run:
            return
        now, status = self._writes.now(), budget["status"]
        disrupted = {**(status.get("disruptedPods") or {}), meta.name_of(pod): now}
        left = {**status, "disruptionsAllowed": status["disruptionsAllowed"] - 1, "disruptedPods": disrupted}
        new = {**budget, "metadata": dict(budget["metadata"]), "status": left}
        if not left["disruptionsAllowed"]:
            left["conditions"] = allowed_condition(new, left.get("conditions") or [], now)
        self._writes.commit(self._reads.kind(BUDGETS), new, budget)

    def _mark(self, kind: Kind, pod: Object) -> Object:
        """Say in the pod why it goes."""
        changed = {**pod, "metadata": dict(pod["metadata"]), "status": dict(pod.get("status") or {})}
        now = parse_time(self._writes.now())
        mark_disrupted(changed, "EvictionByEvictionAPI", "Eviction API: evicting", now)
        return self._writes.commit(kind, changed, pod)


def _needs_no_budget(pod: Object) -> bool:
    """A pod that has ended, has not begun or is going already counts for no budget (`canIgnorePDB`)."""
    phase = pod.get("status", {}).get("phase")
    return phase in {"Succeeded", "Failed", "Pending"} or meta.is_deleting(pod)


def _tolerates_unready(budget: Object) -> bool:
    """Whether an unready pod may go without being charged."""
    if budget["spec"].get("unhealthyPodEvictionPolicy") == "AlwaysAllow":
        return True
    status = budget["status"]
    return bool(status["currentHealthy"] >= status["desiredHealthy"] > 0)


def _check(budget: Object) -> None:
    name, status = meta.name_of(budget), budget["status"]
    if status.get("observedGeneration", 0) < budget["metadata"].get("generation", 1):
        raise _too_many(f"The disruption budget {name} is still being processed by the server.", _RETRY)
    if status["disruptionsAllowed"] > 0:
        return
    failed = next((each for each in status.get("conditions") or () if each["reason"] == "SyncFailed"), None)
    if failed is not None:
        message = (
            f"The disruption budget {name} does not allow evicting pods currently because it failed sync: "
            f"{failed['message']}"
        )
        raise _too_many(message, 0)
    wanted, held = status["desiredHealthy"], status["currentHealthy"]
    raise _too_many(f"The disruption budget {name} needs {wanted} healthy pods and has {held} currently", 0)


def _too_many(cause: str, retry_after: int) -> errors.ApiError:
    return errors.too_many_requests(_REFUSED, retry_after, [{"reason": "DisruptionBudget", "message": cause}])
