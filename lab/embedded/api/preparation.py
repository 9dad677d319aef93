"""What only the server sets on new and changed objects (`PrepareForCreate` and `PrepareForUpdate`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.api.accounts import admit_account
from lab.embedded.api.defaults.pods import admit_priority, admit_tolerations
from lab.embedded.api.errors import POD_NAMES
from lab.embedded.api.limit_ranges import admit_limits
from lab.embedded.objects import quantities

if TYPE_CHECKING:
    from lab.embedded.api.strategy import Cluster

Object = dict[str, Any]


def prepare_pod(pod: Object) -> None:
    """A new pod is Pending, and says so if it is not to be scheduled yet."""
    pod["status"] = {"phase": "Pending"}
    if pod["spec"].get("schedulingGates"):
        gated = {
            "type": "PodScheduled",
            "status": "False",
            "lastProbeTime": None,
            "lastTransitionTime": pod["metadata"].get("creationTimestamp"),
            "reason": "SchedulingGated",
            "message": "Scheduling is blocked due to non-empty scheduling gates",
        }
        pod["status"]["conditions"] = [gated]


def admit_a_pod(cluster: Cluster, pod: Object, old: Object | None) -> None:
    """What admission adds to a pod: most of it when it is made, some again at every change."""
    spec = pod["spec"]
    if old is None:
        admit_limits(POD_NAMES, cluster, pod)
        admit_account(POD_NAMES, cluster, pod)
        admit_priority(spec)
        pod["status"]["qosClass"] = quality_of_service(spec)  # of what the limits have left
    else:
        for field in ("priority", "preemptionPolicy"):
            if field in old["spec"]:
                spec.setdefault(field, old["spec"][field])
    admit_tolerations(spec)


def prepare_namespace(namespace: Object) -> None:
    """A new namespace is active and held by the finalizer that empties it, besides those it came with."""
    wanted = (namespace.get("spec") or {}).get("finalizers") or []
    namespace["spec"] = {"finalizers": [*wanted, *(["kubernetes"] if "kubernetes" not in wanted else [])]}
    namespace["status"] = {"phase": "Active"}


def keep_namespace(new: Object, old: Object) -> None:
    """A namespace's finalizers change only through `finalize`."""
    new["spec"] = old.get("spec", {})


def keep_status(new: Object, old: Object) -> None:
    """An update of the whole object leaves the status alone (a Node brings one when it is made)."""
    new.pop("status", None)
    if "status" in old:
        new["status"] = old["status"]


def prepare_workload(workload: Object) -> None:
    """A new workload has an empty status."""
    workload["status"] = {}


def prepare_replica_set(replica_set: Object) -> None:
    """A new ReplicaSet counts from nought."""
    replica_set["status"] = {"replicas": 0}


def prepare_service(service: Object) -> None:
    """A new Service has no load balancer yet."""
    service["status"] = {"loadBalancer": {}}


def quality_of_service(spec: Object) -> str:
    """`Guaranteed`, `Burstable` or `BestEffort`, as `pkg/apis/core/v1/helper/qos` computes it."""
    requests: dict[str, quantities.Quantity] = {}
    limits: dict[str, quantities.Quantity] = {}
    guaranteed = True
    for container in (*(spec.get("containers") or ()), *(spec.get("initContainers") or ())):
        resources = container.get("resources") or {}
        limited = _add(limits, resources.get("limits") or {})
        _add(requests, resources.get("requests") or {})
        guaranteed = guaranteed and limited == {"cpu", "memory"}
    if not requests and not limits:
        return "BestEffort"
    if guaranteed and requests == limits:
        return "Guaranteed"
    return "Burstable"


def _add(totals: dict[str, quantities.Quantity], amounts: Object) -> set[str]:
    """Add positive amounts of CPU and memory to the totals; returns which there were."""
    present = set()
    for name in ("cpu", "memory"):
        try:
            amount = quantities.parse_quantity(amounts.get(name, 0))
        except ValueError:
            continue  # validation names it
        if amount.value > 0:
            totals[name] = totals[name] + amount if name in totals else amount
            present.add(name)
    return present
