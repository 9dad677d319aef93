"""The admission plugin `ResourceQuota`: the last to be asked before an object is stored.

Follows `plugin/pkg/admission/resourcequota/controller.go` (`CheckRequest`). What is admitted is charged to
`status.used` of every quota it falls under at once, so that two requests never share what is left; the
controller later counts anew what exists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.api import errors
from lab.embedded.api.quota import usage
from lab.embedded.objects.pod_resources import add, parsed

if TYPE_CHECKING:
    from lab.embedded.api.kinds import Kind
    from lab.embedded.api.strategy import Cluster
    from lab.embedded.objects.pod_resources import Amounts

Object = dict[str, Any]
RESOURCE = "resourcequotas"
UNLIMITED = frozenset({"events", "events.events.k8s.io"})
"""Kinds no quota counts."""


def charges(
    cluster: Cluster, kind: Kind, new: Object, old: Object | None, now: float
) -> list[tuple[Object, Object]]:
    """The quotas a write is charged to, each as it is and as it becomes.

    Only Services are charged for what a change of them adds; all other kinds when they are made.

    Raises:
        ApiError: 403; a quota would be exceeded, or limits something that a container leaves open.
    """
    resource = kind.resource
    if not kind.namespaced or resource in UNLIMITED or (old is not None and resource != "services"):
        return []
    quotas = cluster.all(RESOURCE, new["metadata"]["namespace"])
    interesting = [each for each in quotas if _concerns(kind, new, each)]
    if not interesting:
        return []
    asked = usage.usage(resource, new, now)
    if old is not None:
        before = usage.usage(resource, old, now)
        asked = {name: amount - before.get(name, usage.NONE) for name, amount in asked.items()}
    asked = {name: amount for name, amount in asked.items() if amount > usage.NONE}
    return [changed for each in interesting if (changed := _charge(kind, new, each, asked)) is not None]


def _concerns(kind: Kind, obj: Object, quota: Object) -> bool:
    """Whether an object falls under a quota, which must be able to tell how much of it is used."""
    name, status = quota["metadata"]["name"], quota.get("status") or {}
    names = usage.tracked_names(kind.resource, status.get("hard") or {})
    if not names or not usage.in_scope(kind.resource, obj, quota):
        return False
    if kind.resource == "pods" and (left_open := usage.missing(obj, names)):
        listed = "; ".join(f"{each} for: {','.join(left_open[each])}" for each in left_open)
        raise _refused(kind, obj, f"failed quota: {name}: must specify {listed}")
    used = status.get("used") or {}
    if any(each not in used for each in names):
        listed = ",".join(sorted(names))
        raise _refused(kind, obj, f"status unknown for quota: {name}, resources: {listed}")
    return True


def _charge(kind: Kind, obj: Object, quota: Object, asked: Amounts) -> tuple[Object, Object] | None:
    status = quota["status"]
    hard, used = parsed(status["hard"]), parsed(status.get("used"))
    mine = {name: amount for name, amount in asked.items() if name in hard}
    if not mine:
        return None
    after = add(used, mine)
    exceeded = sorted(name for name in mine if after[name] > hard[name])
    if exceeded:
        parts = (("requested", mine), ("used", used), ("limited", hard))
        listed = [
            f"{word}: {','.join(f'{name}={amounts.get(name, usage.NONE)}' for name in exceeded)}"
            for word, amounts in parts
        ]
        raise _refused(kind, obj, f"exceeded quota: {quota['metadata']['name']}, {', '.join(listed)}")
    written = {name: str(amount) for name, amount in after.items()}
    return quota, quota | {"metadata": dict(quota["metadata"]), "status": {**status, "used": written}}


def _refused(kind: Kind, obj: Object, why: str) -> errors.ApiError:
    return errors.forbidden(kind, obj["metadata"]["name"], why)
