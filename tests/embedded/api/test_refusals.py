"""Manifests that a real API server refuses, and its words for it (compared with a real one's)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lab.embedded.api.errors import ApiError
from lab.embedded.api.interface import WriteOptions

if TYPE_CHECKING:
    from lab.embedded.api.verbs import ApiMachinery

CLIENT = WriteOptions(from_client=True, dry_run=True)
Json = dict[str, Any]


def refusal(api: ApiMachinery, resource: str, obj: Json) -> str:
    with pytest.raises(ApiError) as caught:
        api.create(resource, "default", obj, CLIENT)
    return caught.value.message


def pod(container: Json | None = None, metadata: Json | None = None, **spec: Any) -> Json:
    containers = [{"name": "c", "image": "busybox:1.36", **(container or {})}]
    return {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", **(metadata or {})},
        "spec": {"containers": containers, **spec},
    }  # fmt: skip


def env(**source: Any) -> Json:
    return {"env": [{"name": "A", "valueFrom": source}]}


def volume(**source: Any) -> list[Json]:
    return [{"name": "v", **source}]


def downward(**item: Any) -> list[Json]:
    return volume(downwardAPI={"items": [{"path": "x", **item}]})


OWNER = {"apiVersion": "v1", "kind": "Event", "name": "e", "uid": "u"}
RANGE = "must be between 0 and 2147483647, inclusive"


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        (pod(initContainers=[{"name": "c", "image": "x"}]), 'initContainers[0].name: Duplicate value: "c"'),
        (
            pod({"ports": [{"containerPort": 1, "hostPort": 9}, {"containerPort": 2, "hostPort": 9}]}),
            'spec.containers[0].ports[1].hostPort: Duplicate value: "TCP//9"',
        ),
        (
            pod(env(fieldRef={"fieldPath": "metadata.labels['a b']"})),
            'spec.containers[0].env[0].valueFrom.fieldRef: Invalid value: "a b": name part must consist of',
        ),
        (
            pod(env(fieldRef={"fieldPath": "status.phase"})),
            'fieldRef.fieldPath: Unsupported value: "status.phase": supported values: "metadata.name"',
        ),
        (
            pod(env(resourceFieldRef={"resource": "limits.cpu", "divisor": "1Mi"})),
            "divisor: Invalid value: \"limits.cpu\": only divisor's values 1m and 1 are supported",
        ),
        (pod(env(configMapKeyRef={"key": "k"})), 'configMapKeyRef.name: Invalid value: "": a lowercase'),
        (
            pod(volumes=volume(emptyDir={"sizeLimit": "-1"})),
            "spec.volumes[0].emptyDir.sizeLimit: Forbidden: SizeLimit field must be a valid",
        ),
        (
            pod(volumes=volume(projected={"sources": [{"configMap": {}}]})),
            "spec.volumes[0].projected.sources[0].configMap.name: Required value",
        ),
        (
            pod(volumes=volume(projected={"sources": [{"serviceAccountToken": {"expirationSeconds": 5}}]})),
            "expirationSeconds: Invalid value: 5: may not specify a duration less than 10 minutes",
        ),
        (
            pod(volumes=downward(fieldRef={"fieldPath": "status.podIP"})),
            'Unsupported value: "status.podIP": supported values: "metadata.annotations", "metadata.labels"',
        ),
        (
            pod(volumes=downward()),
            "spec.volumes[0].downwardAPI: Required value: one of fieldRef and resourceFieldRef is required",
        ),
        (
            pod(volumes=downward(resourceFieldRef={"resource": "limits.cpu"})),
            "spec.volumes[0].downwardAPI.resourceFieldRef.containerName: Required value",
        ),
        (
            pod({"livenessProbe": {"httpGet": {"port": 1, "httpHeaders": [{"name": "a b"}]}}}),
            'httpGet.httpHeaders: Invalid value: "a b": a valid HTTP header must consist of',
        ),
        (
            pod({"resources": {"requests": {"example.com/x": "1"}}}),
            "resources.limits: Required value: Limit must be set for non overcommitable resources",
        ),
        (pod({"resources": {"limits": {"hugepages-2Mi": "2Mi"}}}), "HugePages require cpu or memory"),
        (pod(metadata={"finalizers": ["abc"]}), "name is neither a standard finalizer name nor is it fully"),
        (pod(metadata={"generateName": "Bad_"}), 'metadata.generateName: Invalid value: "Bad_": a lowercase'),
        (
            pod(metadata={"ownerReferences": [OWNER]}),
            "/v1, Kind=Event is disallowed from being an owner",
        ),
        (
            pod(tolerations=[{"key": "a", "operator": "Equal", "value": "a b"}]),
            'spec.tolerations[0].operator: Invalid value: "a b": a valid label must be an empty string',
        ),
        (pod(subdomain="C_d"), 'spec.subdomain: Invalid value: "C_d": a lowercase RFC 1123 label'),
        (pod(nodeName="A_b"), 'spec.nodeName: Invalid value: "A_b": a lowercase RFC 1123 subdomain'),
        (pod(securityContext={"fsGroup": -1}), f"spec.securityContext.fsGroup: Invalid value: -1: {RANGE}"),
        (
            pod(securityContext={"supplementalGroups": [1, -1]}),
            f"spec.securityContext.supplementalGroups[1]: Invalid value: -1: {RANGE}",
        ),
        (pod(shareProcessNamespace=True, hostPID=True), "ShareProcessNamespace and HostPID cannot both be"),
        (pod(hostAliases=[{"ip": "x"}]), 'spec.hostAliases[0].ip: Invalid value: "x": must be a valid IP'),
        (pod(dnsPolicy="None"), "spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy`"),
        (pod(ephemeralContainers=[{"name": "e"}]), "ephemeralContainers: Forbidden: cannot be set"),
    ],
)  # fmt: skip
def test_pods(api: ApiMachinery, manifest: Json, message: str) -> None:
    assert message in refusal(api, "pods", manifest)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            {"type": "NodePort", "clusterIP": "None", "ports": [{"port": 1}]},
            "spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for NodePort services",
        ),
        ({"type": "ExternalName", "externalName": "A_b"}, 'spec.externalName: Invalid value: "A_b": a'),
        (
            {"type": "ExternalName", "externalName": "a.b", "clusterIP": "10.96.0.9"},
            "spec.clusterIPs: Forbidden: may not be set for ExternalName services",
        ),
        (
            {"ports": [{"port": 1}], "externalTrafficPolicy": "Local"},
            "spec.externalTrafficPolicy: Invalid value: \"Local\": may only be set for externally-accessible",
        ),
        (
            {"type": "NodePort", "ports": [
                {"port": 1, "name": "a", "nodePort": 30001}, {"port": 2, "name": "b", "nodePort": 30001},
            ]},
            "spec.ports[1].nodePort: Duplicate value: 30001",
        ),
        (
            {"ports": [{"port": 1}], "externalIPs": ["127.0.0.1"]},
            'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range',
        ),
    ],
)  # fmt: skip
def test_services(api: ApiMachinery, spec: Json, message: str) -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": spec}
    assert message in refusal(api, "services", service)


@pytest.mark.parametrize(
    ("kind", "content", "message"),
    [
        ("ConfigMap", {"data": {"..": "x"}}, "data[..]: Invalid value: \"..\": must not be '..'"),
        (
            "Secret",
            {"type": "kubernetes.io/dockerconfigjson", "stringData": {".dockerconfigjson": "x"}},
            "data[.dockerconfigjson]: Invalid value: \"<secret contents redacted>\": invalid character 'x'",
        ),
        ("Secret", {"type": "kubernetes.io/basic-auth"}, "data[username]: Required value"),
        (
            "Secret",
            {"type": "kubernetes.io/service-account-token"},
            "metadata.annotations[kubernetes.io/service-account.name]: Required value",
        ),
    ],
)  # fmt: skip
def test_configuration(api: ApiMachinery, kind: str, content: Json, message: str) -> None:
    manifest = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "x"}, **content}
    assert message in refusal(api, f"{kind.lower()}s", manifest)


def test_a_cluster_ip_stays(api: ApiMachinery) -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "s"},
        "spec": {"ports": [{"port": 1}]},
    }
    api.create("services", "default", service)
    patch = {"spec": {"clusterIP": "10.96.9.9", "clusterIPs": ["10.96.9.9"]}}
    with pytest.raises(ApiError, match="may not change once set"):
        api.patch("services", "default", "s", "application/merge-patch+json", patch, CLIENT)
