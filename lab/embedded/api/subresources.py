"""Parts of objects with verbs of their own: scale, binding, eviction, ephemeral containers, finalize."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.api import errors, field_errors
from lab.embedded.api.eviction import Evictions
from lab.embedded.api.interface import WriteOptions, Written
from lab.embedded.objects import selectors
from lab.embedded.objects.copying import copy_json

if TYPE_CHECKING:
    from lab.embedded.api.deletes import Deletes
    from lab.embedded.api.kinds import Kind
    from lab.embedded.api.reads import Reads
    from lab.embedded.api.writes import Writes

Object = dict[str, Any]

_SUCCESS: Object = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}


class Subresources:
    """Reads and writes the parts; the whole object is always written through `writes`."""

    def __init__(self, reads: Reads, writes: Writes, deletes: Deletes) -> None:
        self._reads = reads
        self._writes = writes
        self._evictions = Evictions(reads, writes, deletes)

    def get(self, kind: Kind, namespace: str | None, name: str, subresource: str) -> Object:
        """The `scale` of an object; of other subresources the object itself.

        Raises:
            ApiError: 404; the object or the subresource does not exist.
        """
        if kind.subresource(subresource) is None:
            raise errors.no_such_resource()
        obj = self._reads.get(kind.resource, namespace, name)
        return scale_of(obj) if subresource == "scale" else obj

    def update(
        self, kind: Kind, current: Object, subresource: str, body: Object, options: WriteOptions
    ) -> Written:
        """Replace a part.

        Raises:
            ApiError: 404; there is no such part. 422; it is wrong.
        """
        if kind.subresource(subresource) is None:
            raise errors.no_such_resource()
        if subresource == "scale":
            return self._scale(kind, current, body, options)
        new = copy_json(current)
        if subresource == "ephemeralcontainers":
            new["spec"]["ephemeralContainers"] = body.get("spec", {}).get("ephemeralContainers", [])
            return self._writes.update(kind, current, new, options, subresource)
        if subresource == "finalize":
            new["spec"]["finalizers"] = body.get("spec", {}).get("finalizers") or []
            return Written(self._writes.commit(kind, new, current, options.dry_run))
        raise errors.method_not_allowed(kind)

    def create(
        self,
        kind: Kind,
        namespace: str | None,
        name: str,
        subresource: str,
        body: Object,
        options: WriteOptions,
    ) -> Written:
        """Bind a pod to a node, or evict it.

        Raises:
            ApiError: 404; no such pod or part. 409; it is bound already. 429; a disruption budget forbids it.
        """
        if kind.subresource(subresource) is None:
            raise errors.no_such_resource()
        pod = self._reads.get(kind.resource, namespace, name)
        if subresource == "binding":
            self._bind(kind, pod, body, options)
        elif subresource == "eviction":
            self._evictions.evict(kind, pod, body, options)
        else:
            raise errors.method_not_allowed(kind)
        return Written(_SUCCESS, created=True)

    def _scale(self, kind: Kind, current: Object, body: Object, options: WriteOptions) -> Written:
        replicas = body.get("spec", {}).get("replicas", 0)
        if not isinstance(replicas, int) or isinstance(replicas, bool):
            raise errors.bad_request(
                "json: cannot unmarshal into Go struct field ScaleSpec.spec.replicas of type int32"
            )
        if replicas < 0:
            wrong = field_errors.invalid("spec.replicas", replicas, "must be greater than or equal to 0")
            raise errors.invalid(errors.SCALE_NAMES, current["metadata"]["name"], [wrong])
        version = body.get("metadata", {}).get("resourceVersion")
        if version and version != current["metadata"]["resourceVersion"]:
            raise errors.modified(kind, current["metadata"]["name"])
        new = copy_json(current)
        new["spec"]["replicas"] = replicas
        return Written(scale_of(self._writes.update(kind, current, new, options).object))

    def _bind(self, kind: Kind, pod: Object, body: Object, options: WriteOptions) -> None:
        node, name = body.get("target", {}).get("name", ""), pod["metadata"]["name"]
        if (body.get("metadata") or {}).get("name", name) != name:
            raise errors.bad_request("name in URL does not match name in Binding object")
        if not node:
            wrong = field_errors.required("target.name")
            raise errors.invalid(kind, name, [wrong])
        if pod["metadata"].get("deletionTimestamp"):
            raise errors.conflict(kind, name, f"pod {name} is being deleted, cannot be assigned to a host")
        if pod["spec"].get("nodeName"):
            taken = pod["spec"]["nodeName"]
            raise errors.conflict(kind, name, f'pod {name} is already assigned to node "{taken}"')
        new = {**pod, "metadata": dict(pod["metadata"]), "spec": {**pod["spec"], "nodeName": node}}
        status = copy_json(pod.get("status", {}))
        new["status"] = {
            **status,
            "conditions": _scheduled(status.get("conditions") or [], self._writes.now()),
        }
        self._writes.commit(kind, new, pod, options.dry_run)


def _scheduled(conditions: list[Object], now: str) -> list[Object]:
    """The conditions of a pod that has just got its node (`assignPod` in the pod registry)."""
    kept = [each for each in conditions if each.get("type") != "PodScheduled"]
    scheduled = {"type": "PodScheduled", "status": "True", "lastProbeTime": None, "lastTransitionTime": now}
    return [*kept, scheduled]


def scale_of(obj: Object) -> Object:
    """The `autoscaling/v1 Scale` of an object with replicas and a selector."""
    metadata = obj["metadata"]
    selector = selectors.from_label_selector(obj["spec"].get("selector") or {})
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {key: metadata[key] for key in kept if key in metadata},
        "spec": {"replicas": obj["spec"].get("replicas", 0)},
        "status": {"replicas": obj.get("status", {}).get("replicas", 0), "selector": str(selector)},
    }
