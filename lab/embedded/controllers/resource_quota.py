"""The ResourceQuota controller: counts what a namespace's objects use and writes `status.hard` and `used`.

Follows `pkg/controller/resourcequota`. What is made is charged by admission already; here what vanishes is
given back, a changed quota is counted anew, and so is every quota each five minutes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.api.quota import usage
from lab.embedded.api.quota.admission import RESOURCE, UNLIMITED
from lab.embedded.controllers.queue import LATE, WorkQueue
from lab.embedded.objects.meta import namespace_of, uid_of
from lab.embedded.objects.pod_resources import Amounts, add

if TYPE_CHECKING:
    from lab.embedded.api.interface import WatchEvent
    from lab.embedded.api.verbs import ApiMachinery
    from lab.embedded.clock.agenda import Agenda
    from lab.embedded.controllers.cache import Cache

Json = dict[str, Any]
_RESYNC = 300.0


class ResourceQuotaController:
    """Keeps the status of every ResourceQuota."""

    def __init__(self, api: ApiMachinery, agenda: Agenda, quotas: Cache) -> None:
        self._api = api
        self._agenda = agenda
        self._quotas = quotas
        self._counted = [
            kind.resource
            for kind in api.kinds
            if kind.namespaced and kind.view is None and kind.resource not in UNLIMITED
        ]
        self._queue = WorkQueue(agenda, self._sync, LATE)

    def start(self) -> None:
        """Begin to work."""
        self._quotas.watch(self._quota_changed)
        for resource in self._counted:
            self._api.subscribe(resource, self._object_changed)

    def _quota_changed(self, event: WatchEvent, before: Json | None) -> None:
        if before is None or before["spec"] != event.object["spec"]:
            self._queue.add(uid_of(event.object))

    def _object_changed(self, event: WatchEvent) -> None:
        quotas = self._quotas.in_namespace(namespace_of(event.object))
        if not quotas or (event.type != "DELETED" and not self._gives_back(event)):
            return
        for each in quotas:
            self._queue.add(uid_of(each))

    def _gives_back(self, event: WatchEvent) -> bool:
        """Whether a change, rather than a deletion, made an object use less."""
        before, now = event.previous, self._agenda.now()
        if before is None:
            return False
        if event.object["kind"] == "Pod":
            return usage.counts(before, now) and not usage.counts(event.object, now)
        return bool(event.object["kind"] == "Service" and before["spec"] != event.object["spec"])

    def _sync(self, uid: str) -> None:
        quota = self._quotas.by_uid(uid)
        if quota is None:
            return
        hard = quota["spec"].get("hard") or {}
        used = {name: str(amount) for name, amount in self._used(quota, list(hard)).items()}

        def change(obj: Json) -> None:
            obj["status"] = {"hard": hard, "used": used}

        self._api.update_status(RESOURCE, quota, change)
        self._queue.add(uid, _RESYNC)

    def _used(self, quota: Json, hard: list[str]) -> Amounts:
        total: Amounts = {}
        for resource in self._counted:
            names = usage.tracked_names(resource, hard)
            if not names:
                continue
            total |= {name: total.get(name, usage.NONE) for name in names}
            for obj in self._api.list(resource, namespace_of(quota)).items:
                if usage.in_scope(resource, obj, quota):
                    own = usage.usage(resource, obj, self._agenda.now())
                    total = add(total, {name: amount for name, amount in own.items() if name in names})
        return total
