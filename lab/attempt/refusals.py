"""What a manifest has no business with, found before anything is applied.

Two measures. A learner's own files may not leave their namespace: a lab that touches what is not its own
would be worse than none. A submission that is graded on somebody's behalf may besides not reach for the
node: host paths, host namespaces, host ports, privileges.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from lab.errors import ContentError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lab.attempt.manifests import Manifest

NAMESPACED = frozenset(
    {
        "ConfigMap", "CronJob", "DaemonSet", "Deployment", "HorizontalPodAutoscaler", "Ingress", "Job",
        "LimitRange", "NetworkPolicy", "PersistentVolumeClaim", "Pod", "PodDisruptionBudget",
        "ReplicaSet", "ReplicationController", "ResourceQuota", "Secret", "Service", "ServiceAccount",
        "StatefulSet",
    }
)  # fmt: skip
"""Kinds that live in a namespace and that an exercise may need. Everything else is refused: a list of what is
harmful would never be complete."""
_GROUPS = frozenset({"networking.k8s.io"})
"""Their API groups that have a dot in them."""
_VOLUMES = frozenset(
    {
        "name",
        "configMap",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "persistentVolumeClaim",
        "projected",
        "secret",
    }
)
"""What a volume may be: all others reach the node, the network or a driver on the node."""
_PROJECTED = frozenset({"configMap", "downwardAPI", "secret"})

_TEMPLATES = {
    "Pod": (),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}
_TEMPLATE = ("spec", "template")
_CONTAINERS = ("initContainers", "containers", "ephemeralContainers")
_CAPABILITIES = frozenset({"CHOWN", "KILL", "NET_BIND_SERVICE", "SETGID", "SETUID", "DAC_OVERRIDE", "FOWNER"})
"""Capabilities that reach nothing outside the container; each is also in the runtimes' default set."""
_EXTERNAL_NAME = "ExternalName"


def outside(manifests: Iterable[Manifest], namespace: str) -> tuple[ContentError, ...]:
    """Objects that would be outside `namespace`: cluster-wide kinds, and other namespaces."""
    return tuple(_outside(manifests, namespace))


def submission(manifests: Iterable[Manifest], namespace: str) -> tuple[ContentError, ...]:
    """All that a submission is refused for; `namespace` is the one its manifests may name."""
    known = tuple(manifests)
    found = list(_outside(known, namespace))
    for manifest in known:
        found.extend(_node(manifest))
        found.extend(_service(manifest))
    return tuple(found)


def _outside(manifests: Iterable[Manifest], namespace: str) -> Iterator[ContentError]:
    for manifest in manifests:
        group = str(manifest.object.get("apiVersion") or "").rpartition("/")[0]
        # Groups with a dot that are not Kubernetes' own are custom resources, for all we know cluster-wide. A
        # mere mistake in apiVersion is left to the server, which explains it better.
        if manifest.kind not in NAMESPACED or ("." in group and group not in _GROUPS):
            near = difflib.get_close_matches(manifest.kind, NAMESPACED - {manifest.kind}, n=1, cutoff=0.75)
            what = f"{manifest.object.get('apiVersion')} {manifest.kind} is no kind that an exercise needs"
            remedy = "take this object out; an exercise is solved inside its own namespace"
            if near:
                what, remedy = f"unknown kind {manifest.kind}", f"did you mean {near[0]}?"
            yield _refused(manifest, "kind", what, remedy)
            continue
        metadata = manifest.object.get("metadata")
        named = metadata.get("namespace") if isinstance(metadata, dict) else None
        if named not in {None, "", namespace}:
            yield _refused(
                manifest,
                "metadata.namespace",
                f"{manifest.reference} would be in another namespace, {named!r}",
                "take the line `namespace:` out; the lab puts everything into the exercise's own",
            )


def _node(manifest: Manifest) -> Iterator[ContentError]:
    """What reaches the node a pod runs on."""
    steps = (*_TEMPLATES.get(manifest.kind, _TEMPLATE), "spec")
    spec = _at(manifest.object, steps)
    if not isinstance(spec, dict):
        return
    base = ".".join(steps)
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(key):
            yield _refused(manifest, f"{base}.{key}", f"{key} takes the pod into the node's own namespaces")
    if spec.get("hostUsers") is True:
        yield _refused(manifest, f"{base}.hostUsers", "hostUsers takes the pod into the node's users")
    if spec.get("nodeName"):
        yield _refused(manifest, f"{base}.nodeName", "nodeName goes around the scheduler")
    for number, volume in enumerate(_list(spec.get("volumes"))):
        if isinstance(volume, dict):
            yield from _volume(manifest, volume, f"{base}.volumes[{number}]")
    yield from _security(manifest, spec.get("securityContext"), f"{base}.securityContext")
    for group in _CONTAINERS:
        for number, container in enumerate(_list(spec.get(group))):
            if isinstance(container, dict):
                yield from _container(manifest, container, f"{base}.{group}[{number}]")


def _volume(manifest: Manifest, volume: dict[str, Any], path: str) -> Iterator[ContentError]:
    for key in volume:
        if key == "hostPath":
            yield _refused(manifest, f"{path}.hostPath", "hostPath opens the node's file system")
        elif key not in _VOLUMES:
            yield _refused(manifest, f"{path}.{key}", f"a volume of the kind {key} reaches outside the pod")
    projected = volume.get("projected")
    for number, source in enumerate(_list(projected.get("sources")) if isinstance(projected, dict) else []):
        for key in source if isinstance(source, dict) else ():
            if key not in _PROJECTED:
                place = f"{path}.projected.sources[{number}].{key}"
                yield _refused(manifest, place, f"{key} hands the pod credentials for the cluster")


def _container(manifest: Manifest, container: dict[str, Any], path: str) -> Iterator[ContentError]:
    for number, port in enumerate(_list(container.get("ports"))):
        if isinstance(port, dict) and port.get("hostPort"):
            yield _refused(
                manifest, f"{path}.ports[{number}].hostPort", "hostPort takes a port of the node itself"
            )
    for place, asked in _asked_by_the_node(container):
        if isinstance(asked, dict) and asked.get("host"):
            yield _refused(
                manifest,
                f"{path}.{place}.host",
                "host makes the node ask another address than the pod's",
            )
    if container.get("volumeDevices"):
        yield _refused(manifest, f"{path}.volumeDevices", "volumeDevices opens a device of the node")
    yield from _security(manifest, container.get("securityContext"), f"{path}.securityContext")


def _asked_by_the_node(container: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Handlers of probes and hooks that the kubelet calls over the network."""
    lifecycle = container.get("lifecycle")
    hooks = (
        {f"lifecycle.{key}": hook for key, hook in lifecycle.items()} if isinstance(lifecycle, dict) else {}
    )
    probes = {key: container.get(key) for key in ("livenessProbe", "readinessProbe", "startupProbe")}
    for place, handler in {**probes, **hooks}.items():
        for how in ("httpGet", "tcpSocket"):
            if isinstance(handler, dict):
                yield f"{place}.{how}", handler.get(how)


def _security(manifest: Manifest, context: Any, path: str) -> Iterator[ContentError]:
    if not isinstance(context, dict):
        return
    if context.get("privileged"):
        yield _refused(manifest, f"{path}.privileged", "a privileged container owns the node")
    if context.get("procMount") not in {None, "Default"}:
        yield _refused(manifest, f"{path}.procMount", "procMount shows the kernel of the node")
    for key in ("seccompProfile", "appArmorProfile"):
        profile = context.get(key)
        if isinstance(profile, dict) and profile.get("type") not in {None, "RuntimeDefault"}:
            yield _refused(
                manifest,
                f"{path}.{key}.type",
                f"this {key} takes the node's protection off the container",
            )
    if context.get("sysctls"):
        yield _refused(manifest, f"{path}.sysctls", "sysctls change the kernel of the node")
    windows = context.get("windowsOptions")
    if isinstance(windows, dict) and windows.get("hostProcess"):
        yield _refused(manifest, f"{path}.windowsOptions.hostProcess", "hostProcess runs on the node itself")
    capabilities = context.get("capabilities")
    added = _list(capabilities.get("add")) if isinstance(capabilities, dict) else []
    for number, name in enumerate(added):
        if str(name).upper().removeprefix("CAP_") not in _CAPABILITIES:
            yield _refused(
                manifest,
                f"{path}.capabilities.add[{number}]",
                f"the capability {name} reaches beyond the container",
            )


def _service(manifest: Manifest) -> Iterator[ContentError]:
    if manifest.kind != "Service":
        return
    spec = manifest.object.get("spec")
    if not isinstance(spec, dict):
        return
    if spec.get("type") in {_EXTERNAL_NAME, "LoadBalancer"}:
        yield _refused(manifest, "spec.type", f"a Service of type {spec['type']} reaches outside the cluster")
    if spec.get("externalIPs"):
        yield _refused(manifest, "spec.externalIPs", "externalIPs take over addresses outside the cluster")


def _refused(manifest: Manifest, path: str, what: str, remedy: str = "") -> ContentError:
    return ContentError(
        f"refused: {what}",
        where=manifest.place(path),
        remedy=remedy or "take it out; no exercise needs it",
    )


def _at(value: Any, steps: tuple[str, ...]) -> Any:
    for step in steps:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
