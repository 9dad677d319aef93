"""The disruption controller: how many pods each PodDisruptionBudget lets go now.

Follows `pkg/controller/disruption` of v1.36.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

from lab.embedded.api.events import EventRecorder
from lab.embedded.api.eviction import ALLOWED, BUDGETS, allowed_condition, selects
from lab.embedded.controllers.pod_facts import is_ready
from lab.embedded.controllers.queue import LATE, WorkQueue
from lab.embedded.objects.meta import controller_of, is_deleting, name_of, namespace_of, uid_of
from lab.embedded.objects.times import format_time, parse_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.embedded.api.interface import Api, WatchEvent
    from lab.embedded.clock.agenda import Agenda
    from lab.embedded.controllers.cache import Cache

Json = dict[str, Any]
Owner = tuple[str, int]
_PATIENCE = 120.0
"""Seconds after which an evicted pod that is still there counts as healthy again (`DeletionTimeout`)."""


class UncountableError(Exception):
    """The pods' owners do not tell how many pods there are to be."""


class DisruptionController:
    """Keeps the status of every PodDisruptionBudget."""

    def __init__(
        self, api: Api, agenda: Agenda, budgets: Cache, pods: Cache, owners: Sequence[Cache]
    ) -> None:
        """`owners`: the kinds with a number of replicas, each under those that own it: Deployments last."""
        self._api = api
        self._agenda = agenda
        self._budgets = budgets
        self._pods = pods
        self._owners = owners
        self._recorder = EventRecorder(api, agenda, "controllermanager")
        self._queue = WorkQueue(agenda, self._sync, LATE)

    def start(self) -> None:
        """Begin to work."""
        self._budgets.watch(lambda event, _: self._queue.add(uid_of(event.object)))
        self._pods.watch(self._pod_changed)
        for cache in self._owners:
            cache.watch(self._owner_changed)

    def _pod_changed(self, event: WatchEvent, before: Json | None) -> None:
        for budget in self._budgets.in_namespace(namespace_of(event.object)):
            if any(selects(budget, pod) for pod in (before, event.object) if pod):
                self._queue.add(uid_of(budget))

    def _owner_changed(self, event: WatchEvent, before: Json | None) -> None:
        if before is None or before["spec"].get("replicas") != event.object["spec"].get("replicas"):
            for budget in self._budgets.in_namespace(namespace_of(event.object)):
                self._queue.add(uid_of(budget))

    def _sync(self, uid: str) -> None:
        budget = self._budgets.by_uid(uid)
        if budget is None:
            return
        pods = [pod for pod in self._pods.in_namespace(namespace_of(budget)) if selects(budget, pod)]
        if not pods:
            self._recorder.record(budget, "Normal", "NoPods", "No matching pods found")
        try:
            expected, desired = self._expectation(budget, pods)
        except UncountableError as error:
            message = f"Failed to calculate the number of expected pods: {error}"
            self._recorder.record(budget, "Warning", "CalculateExpectedPodCountFailed", message)
            self._fail(budget, str(error))
            return
        disrupted = self._disrupted(budget, pods)
        healthy = sum(
            is_ready(pod) and not is_deleting(pod) and name_of(pod) not in disrupted for pod in pods
        )
        counters = {
            "disruptionsAllowed": max(0, healthy - desired) if expected > 0 else 0,
            "currentHealthy": healthy,
            "desiredHealthy": desired,
            "expectedPods": expected,
        }
        self._write(budget, counters, disrupted)
        if disrupted:
            due = min(parse_time(each) for each in disrupted.values()) + _PATIENCE
            self._queue.add(uid, max(0.0, due - self._agenda.now()))

    def _write(self, budget: Json, counters: Json, disrupted: Json) -> None:
        def change(obj: Json) -> None:
            status = counters | {"observedGeneration": obj["metadata"].get("generation", 1)}
            conditions = obj["status"].get("conditions") or []
            obj["status"] = status | ({"disruptedPods": disrupted} if disrupted else {})
            status = obj["status"]
            status["conditions"] = allowed_condition(obj, conditions, format_time(self._agenda.now()))

        self._api.update_status(BUDGETS, budget, change)

    def _fail(self, budget: Json, message: str) -> None:
        """Nothing is allowed while the numbers are not known."""

        def change(obj: Json) -> None:
            conditions = obj["status"].get("conditions") or []
            generation = obj["metadata"].get("generation", 1)
            obj["status"] |= {"disruptionsAllowed": 0, "observedGeneration": generation}
            obj["status"]["conditions"] = [
                each | {"reason": "SyncFailed", "message": message} if each["type"] == ALLOWED else each
                for each in allowed_condition(obj, conditions, format_time(self._agenda.now()))
            ]

        self._api.update_status(BUDGETS, budget, change)

    def _expectation(self, budget: Json, pods: list[Json]) -> tuple[int, int]:
        """How many pods there should be, and how many of them must stay healthy."""
        spec = budget["spec"]
        if "maxUnavailable" in spec:
            expected = self._scale(budget, pods)
            return expected, max(0, expected - _resolve(spec["maxUnavailable"], expected))
        minimum = spec.get("minAvailable")
        if isinstance(minimum, str):
            expected = self._scale(budget, pods)
            return expected, _resolve(minimum, expected)
        if minimum is None:
            return 0, 0
        return len(pods), minimum

    def _scale(self, budget: Json, pods: list[Json]) -> int:
        """The replicas of all that own the pods; pods nobody owns are told of, and count for nothing."""
        owned = [(pod, owner) for pod in pods if (owner := controller_of(pod)) is not None]
        if len(owned) < len(pods):
            self._tell_unmanaged(budget)
        return sum(dict(self._top_owner(pod, owner) for pod, owner in owned).values())

    def _tell_unmanaged(self, budget: Json) -> None:
        selector = _printed(budget["spec"].get("selector") or {})
        message = (
            f"Pods selected by this PodDisruptionBudget (selector: {selector}) were found to be unmanaged. "
            "As a result, the status of the PDB cannot be calculated correctly, which may result in "
            'undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB '
            "to an integer value."
        )
        self._recorder.record(budget, "Warning", "UnmanagedPods", message)

    def _top_owner(self, pod: Json, owner: Json) -> Owner:
        """The highest owner with a number of replicas: a ReplicaSet's Deployment, or itself."""
        found: Json | None = None
        reference: Json | None = owner
        for cache in self._owners:
            above = cache.by_uid(reference["uid"]) if reference else None
            if above is not None:
                found, reference = above, controller_of(above)
        if found is None and owner["kind"] == "Job":
            raise UncountableError("jobs.batch does not implement the scale subresource")
        if found is None:
            raise UncountableError(f'found no controllers for pod "{name_of(pod)}"')
        return uid_of(found), found["spec"].get("replicas", 1)

    def _disrupted(self, budget: Json, pods: list[Json]) -> dict[str, str]:
        """Evicted pods that are not gone yet and did not outstay the controller's patience."""
        noted: dict[str, str] = budget["status"].get("disruptedPods") or {}
        left = {}
        for pod in pods:
            since = noted.get(name_of(pod))
            if since is None or is_deleting(pod):
                continue
            if parse_time(since) + _PATIENCE <= self._agenda.now():
                message = (
                    f"Pod was expected by PDB {namespace_of(budget)}/{name_of(budget)} to be deleted but it "
                    "wasn't"
                )
                self._recorder.record(pod, "Warning", "NotDeleted", message)
            else:
                left[name_of(pod)] = since
        return left


def _resolve(value: int | str, total: int) -> int:
    """A number, or a percentage of `total`, rounded up."""
    return ceil(int(value[:-1]) * total / 100) if isinstance(value, str) else value


def _printed(selector: Json) -> str:
    """A selector as Go prints the struct."""
    labels = "".join(f"{key}: {value}," for key, value in sorted((selector.get("matchLabels") or {}).items()))
    expressions = "".join(
        f"LabelSelectorRequirement{{Key:{each['key']},Operator:{each['operator']},"
        f"Values:[{' '.join(each.get('values') or ())}],}},"
        for each in selector.get("matchExpressions") or ()
    )
    return (
        f"&LabelSelector{{MatchLabels:map[string]string{{{labels}}},"
        f"MatchExpressions:[]LabelSelectorRequirement{{{expressions}}},}}"
    )
