"""What the simulation does not honour: every such field that a manifest sets is named in a warning.

One table of declared gaps by place in the manifest; `docs/fidelity.md` is generated from it. A field that is
honoured is simply not in the table, and a test sees that the code reads it. Besides, here are the warnings a
real API server gives for pods.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.embedded.api.kinds import Kind

Object = dict[str, Any]

SENTENCE = "Podlab's embedded cluster does not honour this field"


class Gap(Struct, frozen=True):
    """One field that has no effect; values in `harmless` mean what the simulation does anyway."""

    field: str
    harmless: tuple[Any, ...] = (None, False, "", [], {})
    why: str = ""


def _gaps(*fields: str) -> tuple[Gap, ...]:
    return tuple(Gap(field) for field in fields)


POD = (
    *_gaps(
        "hostIPC", "hostNetwork", "hostPID", "hostnameOverride",
        "overhead", "priorityClassName", "resourceClaims", "resources", "runtimeClassName",
        "schedulingGroup",
    ),
    Gap("os", (None, {}, {"name": "linux"})),
    Gap("schedulerName", (None, "default-scheduler"), "no such scheduler runs here: the pod stays Pending"),
    Gap("hostUsers", (None, True)),
    Gap("preemptionPolicy", (None, "PreemptLowerPriority", "Never"), "nothing is ever preempted"),
)  # fmt: skip
POD_SECURITY = (
    Gap("fsGroupChangePolicy", (None, "Always", "OnRootMismatch"), "every volume here is new"),
    *_gaps(
        "appArmorProfile", "seLinuxChangePolicy", "seLinuxOptions", "seccompProfile", "sysctls",
        "windowsOptions",
    ),
)  # fmt: skip
CONTAINER = _gaps("resizePolicy", "restartPolicyRules", "volumeDevices")
CONTAINER_SECURITY = (
    *_gaps(
        "appArmorProfile",
        "procMount",
        "seLinuxOptions",
        "seccompProfile",
        "windowsOptions",
    ),
    Gap("privileged", (None, False), "all capabilities are granted, and nothing else"),
    Gap("allowPrivilegeEscalation", (None, True, False), "no program here could gain any"),
)
CAPABILITIES = frozenset({
    "ALL", "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "KILL", "NET_BIND_SERVICE", "SETGID",
    "SETUID", "SYS_PTRACE",
})  # fmt: skip
"""The capabilities that make a difference to programs here; adding another one is warned of."""
PORT = _gaps("hostIP", "hostPort")
MOUNT = _gaps("mountPropagation", "recursiveReadOnly")
VOLUME_SOURCES = frozenset({"emptyDir", "configMap", "secret", "projected", "downwardAPI", "hostPath"})
"""The volumes that exist here; a pod that asks for another is warned of."""
PROJECTION = _gaps("clusterTrustBundle", "podCertificate")
LIFECYCLE = _gaps("stopSignal")
VALUE_SOURCE = _gaps("fileKeyRef")
RESOURCES = _gaps("claims")
SERVICE = (
    *_gaps("externalIPs", "loadBalancerClass", "loadBalancerIP", "loadBalancerSourceRanges"),
    *_gaps("healthCheckNodePort", "trafficDistribution"),
    Gap("allocateLoadBalancerNodePorts", (None, True)),
    Gap("ipFamilies", (None, [], ["IPv4"])),
    Gap("ipFamilyPolicy", (None, "SingleStack", "PreferDualStack")),
    Gap("internalTrafficPolicy", (None, "Cluster")),
    Gap("externalTrafficPolicy", (None, "Cluster")),
    Gap("type", (None, "ClusterIP", "NodePort", "ExternalName"), "no load balancer is ever provisioned"),
)  # fmt: skip

JOB = (
    Gap("managedBy", (None, "kubernetes.io/job-controller"), "no other controller runs here: the Job waits"),
)

ACCOUNT = (Gap("secrets", why="any Secret may be mounted"),)
NODE = _gaps("configSource", "externalID", "providerID")
SLICE = (Gap("addressType", (None, "IPv4"), "only IPv4 endpoints are routed to"),)
ENDPOINT = _gaps("deprecatedTopology", "hints", "zone")

BY_DEFINITION: dict[str, tuple[Gap, ...]] = {
    "io.k8s.api.core.v1.PodSpec": POD,
    "io.k8s.api.core.v1.PodSecurityContext": POD_SECURITY,
    "io.k8s.api.core.v1.Container": CONTAINER,
    "io.k8s.api.core.v1.SecurityContext": CONTAINER_SECURITY,
    "io.k8s.api.core.v1.ContainerPort": PORT,
    "io.k8s.api.core.v1.VolumeMount": MOUNT,
    "io.k8s.api.core.v1.VolumeProjection": PROJECTION,
    "io.k8s.api.core.v1.Lifecycle": LIFECYCLE,
    "io.k8s.api.core.v1.EnvVarSource": VALUE_SOURCE,
    "io.k8s.api.core.v1.ResourceRequirements": RESOURCES,
    "io.k8s.api.core.v1.ServiceSpec": SERVICE,
    "io.k8s.api.batch.v1.JobSpec": JOB,
    "io.k8s.api.core.v1.ServiceAccount": ACCOUNT,
    "io.k8s.api.core.v1.NodeSpec": NODE,
    "io.k8s.api.discovery.v1.EndpointSlice": SLICE,
    "io.k8s.api.discovery.v1.Endpoint": ENDPOINT,
}
"""The gaps by the definition whose fields they are."""


def warnings(kind: Kind, obj: Object, old: Object | None) -> list[str]:
    """Warnings for a written object; an update that leaves the spec as it was gives none."""
    if kind.resource in _WITHOUT_SPEC:
        seen = set() if old is None else set(_WITHOUT_SPEC[kind.resource](old))
        return [each for each in _WITHOUT_SPEC[kind.resource](obj) if each not in seen]
    spec = obj.get("spec")
    if not isinstance(spec, dict) or (old is not None and old.get("spec") == spec):
        return []
    if kind.resource == "services":
        return list(_named(spec, "spec", SERVICE))
    if kind.resource == "nodes":
        return list(_named(spec, "spec", NODE))
    if kind.resource == "pods":
        return list(_of_pod(spec, "spec"))
    found = list(_named(spec, "spec", JOB)) if kind.resource == "jobs.batch" else []
    template = spec.get("template")
    if isinstance(template, dict):
        found += _of_pod(template.get("spec") or {}, "spec.template.spec")
    return found


def _named(obj: Object, path: str, gaps: tuple[Gap, ...]) -> Iterator[str]:
    for gap in gaps:
        if obj.get(gap.field) not in gap.harmless:
            place = f"{path}.{gap.field}" if path else gap.field
            yield f"{place}: {SENTENCE}" + (f" ({gap.why})" if gap.why else "")


def _of_account(account: Object) -> Iterator[str]:
    return _named(account, "", ACCOUNT)


def _of_slice(slice_: Object) -> Iterator[str]:
    yield from _named(slice_, "", SLICE)
    for index, endpoint in enumerate(slice_.get("endpoints") or ()):
        yield from _named(endpoint, f"endpoints[{index}]", ENDPOINT)


_WITHOUT_SPEC = {"serviceaccounts": _of_account, "endpointslices.discovery.k8s.io": _of_slice}


def _of_pod(spec: Object, path: str) -> Iterator[str]:
    yield from _named(spec, path, POD)
    yield from _named(spec.get("securityContext") or {}, f"{path}.securityContext", POD_SECURITY)
    for index, volume in enumerate(spec.get("volumes") or ()):
        for source in volume:
            if source != "name" and source not in VOLUME_SOURCES:
                yield f"{path}.volumes[{index}].{source}: {SENTENCE}"
        for number, source in enumerate((volume.get("projected") or {}).get("sources") or ()):
            yield from _named(source, f"{path}.volumes[{index}].projected.sources[{number}]", PROJECTION)
    for field in ("initContainers", "containers", "ephemeralContainers"):
        for index, container in enumerate(spec.get(field) or ()):
            yield from _of_container(container, f"{path}.{field}[{index}]")


def _of_container(container: Object, path: str) -> Iterator[str]:
    yield from _named(container, path, CONTAINER)
    security = container.get("securityContext") or {}
    yield from _named(security, f"{path}.securityContext", CONTAINER_SECURITY)
    for index, name in enumerate((security.get("capabilities") or {}).get("add") or ()):
        if name.upper() not in CAPABILITIES:
            place = f"{path}.securityContext.capabilities.add[{index}]"
            yield f"{place}: {SENTENCE} (no program here uses {name})"
    yield from _named(container.get("lifecycle") or {}, f"{path}.lifecycle", LIFECYCLE)
    yield from _named(container.get("resources") or {}, f"{path}.resources", RESOURCES)
    seen_ports: dict[tuple[Any, Any], int] = {}
    for index, port in enumerate(container.get("ports") or ()):
        yield from _named(port, f"{path}.ports[{index}]", PORT)
        key = (port.get("containerPort"), port.get("protocol"))
        if key in seen_ports:
            yield f"{path}.ports[{index}]: duplicate port definition with {path}.ports[{seen_ports[key]}]"
        seen_ports.setdefault(key, index)
    for index, mount in enumerate(container.get("volumeMounts") or ()):
        yield from _named(mount, f"{path}.volumeMounts[{index}]", MOUNT)
    names: set[str] = set()
    for index, variable in enumerate(container.get("env") or ()):
        name = variable.get("name", "")
        yield from _named(variable.get("valueFrom") or {}, f"{path}.env[{index}].valueFrom", VALUE_SOURCE)
        if name in names:
            yield (
                f'{path}.env[{index}]: hides previous definition of "{name}", '
                "which may be dropped when using apply"
            )
        names.add(name)
