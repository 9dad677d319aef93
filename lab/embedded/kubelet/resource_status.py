"""What a pod's status says of resources, users and mounts; pure.

Follows `convertToAPIContainerStatuses` and `convertToAPIPodLevelResourcesStatus`
(`pkg/kubelet/kubelet_pods.go`) of v1.36. Nothing is resized in place here, so that what is allocated and
what is in force is always what the spec asks for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.objects.pod_resources import pod_total

if TYPE_CHECKING:
    from lab.embedded.kubelet.instances import Instance

Json = dict[str, Any]
_RESIZABLE = ("cpu", "memory")


def what_it_has(container: Json, instance: Instance) -> Json:
    """Resources and user of a container that has been made."""
    resources = container.get("resources") or {}
    found: Json = {"resources": resources}
    if resources.get("requests"):
        found["allocatedResources"] = resources["requests"]
    if instance.handle is not None:
        user = instance.handle.user
        found["user"] = {
            "linux": {"uid": int(user), "gid": user.gid, "supplementalGroups": list(user.groups)}
        }
    return found


def mount_status(mount: Json) -> Json:
    """A mount as the status tells it; what is read-only is not so recursively."""
    found: Json = {"name": mount["name"], "mountPath": mount["mountPath"]}
    if mount.get("readOnly"):
        found |= {"readOnly": True, "recursiveReadOnly": "Disabled"}
    return found


def pod_resources(pod: Json) -> Json:
    """What the pod as a whole has been given, and what its cgroup enforces; made once for each spec.

    A limit holds for the pod only where each of its containers has one.
    """
    told, spec = pod.get("status") or {}, pod["spec"]
    if "resources" in told and told.get("observedGeneration") == pod["metadata"].get("generation", 1):
        return {key: told[key] for key in ("resources", "allocatedResources") if key in told}
    every = [*spec["containers"], *(spec.get("initContainers") or ())]
    requests = {name: str(amount) for name, amount in pod_total(spec, "requests").items()}
    limits = {
        name: str(amount)
        for name, amount in pod_total(spec, "limits").items()
        if name in _RESIZABLE and all(_limited(each, name) for each in every)
    }
    enforced: Json = {"requests": {name: requests[name] for name in _RESIZABLE if name in requests}}
    enforced["limits"] = limits
    found: Json = {"resources": {key: value for key, value in enforced.items() if value}}
    return found | ({"allocatedResources": requests} if requests else {})


def _limited(container: Json, name: str) -> bool:
    return name in ((container.get("resources") or {}).get("limits") or {})
