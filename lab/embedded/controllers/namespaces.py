"""Namespaces: what a new one is given, and how a deleted one is emptied.

Follows `pkg/controller/namespace`, the service-account controller and the root-CA publisher: every
namespace has a `default` ServiceAccount and a `kube-root-ca.crt` ConfigMap; one being deleted goes when
everything in it has gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.api.errors import ApiError
from lab.embedded.api.interface import Api, DeleteOptions
from lab.embedded.controllers.cache import Cache
from lab.embedded.controllers.namespace_conditions import conditions
from lab.embedded.controllers.queue import WorkQueue
from lab.embedded.objects.meta import is_deleting, name_of, namespace_of, uid_of
from lab.embedded.objects.times import format_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.embedded.api.interface import WatchEvent
    from lab.embedded.clock.agenda import Agenda

Json = dict[str, Any]
SYSTEM = ("default", "kube-node-lease", "kube-public", "kube-system")
_ROOT_CA = "kube-root-ca.crt"
_NOTE = (
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such "
    "as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions "
    "of Kubernetes clusters."
)
_NO_CA = (
    "# Podlab: there is no certificate in here. Nothing inside this cluster speaks TLS to its API server;\n"
    "# what kubectl verifies it by is made anew for every serving and stands in the kubeconfig.\n"
)
"""A run is a function of manifests, commands and seed, and a certificate would be none of them."""
_CHECK_AGAIN = 1.0


def create_system_namespaces(api: Api) -> None:
    """Create the namespaces that every cluster has."""
    for name in SYSTEM:
        if api.find("namespaces", None, name) is None:
            api.create(
                "namespaces", None, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            )


class NamespaceController:
    """Furnishes and empties namespaces."""

    def __init__(self, api: Api, agenda: Agenda, resources: Sequence[str]) -> None:
        """`resources`: all namespaced ones."""
        self._api = api
        self._resources = resources
        self._agenda = agenda
        self._namespaces = Cache(api, "namespaces")
        self._queue = WorkQueue(agenda, self._sync)

    def start(self) -> None:
        """Begin to work."""
        create_system_namespaces(self._api)
        self._namespaces.watch(lambda event, _: self._queue.add(uid_of(event.object)))
        self._api.subscribe("serviceaccounts", self._furniture_changed)
        self._api.subscribe("configmaps", self._furniture_changed)

    def _furniture_changed(self, event: WatchEvent) -> None:
        if event.type == "DELETED" and name_of(event.object) in {"default", _ROOT_CA}:
            namespace = self._api.find("namespaces", None, namespace_of(event.object))
            if namespace is not None:
                self._queue.add(uid_of(namespace))

    def _sync(self, uid: str) -> None:
        namespace = self._namespaces.by_uid(uid)
        if namespace is None:
            return
        if is_deleting(namespace):
            self._empty(namespace)
        else:
            self._furnish(name_of(namespace))

    def _furnish(self, name: str) -> None:
        if self._api.find("serviceaccounts", name, "default") is None:
            account = {
                "apiVersion": "v1",
                "kind": "ServiceAccount",
                "metadata": {"name": "default", "namespace": name},
            }
            self._api.create("serviceaccounts", name, account)
        if self._api.find("configmaps", name, _ROOT_CA) is None:
            metadata = {
                "name": _ROOT_CA,
                "namespace": name,
                "annotations": {"kubernetes.io/description": _NOTE},
            }
            data = {"ca.crt": _NO_CA}
            self._api.create(
                "configmaps",
                name,
                {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data},
            )

    def _empty(self, namespace: Json) -> None:
        name, left = name_of(namespace), dict[str, list[Json]]()
        for resource in self._resources:
            for obj in list(self._api.list(resource, name).items):
                if not is_deleting(obj):
                    self._delete(resource, obj)
                current = self._api.find(resource, name, name_of(obj))
                if current is not None:
                    left.setdefault(resource, []).append(current)
        if left:
            self._tell(namespace, left)
            self._queue.add(uid_of(namespace), _CHECK_AGAIN)
            return
        current = self._api.find("namespaces", None, name)
        if current is None:
            return
        held = current["spec"].get("finalizers") or []
        others = [each for each in held if each != "kubernetes"]
        if others != held:
            bare = {**current, "spec": {**current["spec"], "finalizers": others}}
            current = self._api.update("namespaces", None, name, bare, subresource="finalize").object
        if others:
            return
        if self._api.find("namespaces", None, name) is not None and not current["metadata"].get("finalizers"):
            self._api.delete("namespaces", None, name)

    def _tell(self, namespace: Json, left: dict[str, list[Json]]) -> None:
        now = format_time(self._agenda.now())

        def change(obj: Json) -> None:
            old = obj["status"].get("conditions") or ()
            obj["status"]["conditions"] = conditions(left, old, now)

        self._api.update_status("namespaces", namespace, change)

    def _delete(self, resource: str, obj: Json) -> None:
        try:
            options = DeleteOptions(propagation="Background")
            self._api.delete(resource, namespace_of(obj), name_of(obj), options)
        except ApiError as error:
            if error.code not in {404, 409}:
                raise
