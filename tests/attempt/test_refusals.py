"""What a manifest has no business with is refused, at its line, before anything is applied."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from lab.attempt import manifests, refusals
from lab.errors import Place

POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "p"},
    "spec": {"containers": [{"name": "app", "image": "busybox"}]},
}


def refused(document: dict[str, Any], namespace: str = "podlab-x") -> list[str]:
    found = refusals.submission(manifests.parse(yaml.safe_dump(document), "f.yaml"), namespace)
    assert all(isinstance(one.where, Place) and one.where.line and one.remedy for one in found)
    return [str(one.where.path) for one in found if isinstance(one.where, Place)]


def wrapped(kind: str, pod: dict[str, Any]) -> dict[str, Any]:
    template = {"metadata": {}, "spec": pod["spec"]}
    spec: dict[str, Any] = {"template": template}
    if kind == "CronJob":
        spec = {"jobTemplate": {"spec": {"template": template}}}
    return {"apiVersion": "x/v1", "kind": kind, "metadata": {"name": "w"}, "spec": spec}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"hostNetwork": True}, "hostNetwork"),
        ({"hostPID": True}, "hostPID"),
        ({"hostIPC": True}, "hostIPC"),
        ({"nodeName": "n"}, "nodeName"),
        (
            {"volumes": [{"name": "a", "emptyDir": {}}, {"name": "v", "hostPath": {"path": "/"}}]},
            "volumes[1].hostPath",
        ),
        ({"securityContext": {"sysctls": [{"name": "a", "value": "b"}]}}, "securityContext.sysctls"),
        (
            {"containers": [{"name": "a", "securityContext": {"privileged": True}}]},
            "containers[0].securityContext.privileged",
        ),
        (
            {"initContainers": [{"name": "a", "securityContext": {"privileged": True}}]},
            "initContainers[0].securityContext.privileged",
        ),
        (
            {"containers": [{"name": "a", "ports": [{"containerPort": 1, "hostPort": 1}]}]},
            "containers[0].ports[0].hostPort",
        ),
        (
            {
                "containers": [
                    {"name": "a", "securityContext": {"capabilities": {"add": ["KILL", "SYS_ADMIN"]}}}
                ]
            },
            "containers[0].securityContext.capabilities.add[1]",
        ),
    ],
)
@pytest.mark.parametrize("kind", ["Pod", "Deployment", "Job", "CronJob"])
def test_what_reaches_the_node_is_refused_in_every_kind(kind: str, change: dict[str, Any], path: str) -> None:
    pod = {**POD, "spec": {**POD["spec"], **change}}
    document = pod if kind == "Pod" else wrapped(kind, pod)
    prefix = {"Pod": "spec", "CronJob": "spec.jobTemplate.spec.template.spec"}.get(kind, "spec.template.spec")
    assert refused(document) == [f"{prefix}.{path}"]


@pytest.mark.parametrize(
    "kind", ["Namespace", "ClusterRole", "ClusterRoleBinding", "PersistentVolume", "Role", "Node", "Invented"]
)
def test_other_kinds_are_refused(kind: str) -> None:
    assert refused({"apiVersion": "v1", "kind": kind, "metadata": {"name": "x"}}) == ["kind"]


def test_another_namespace_is_refused() -> None:
    elsewhere = {**POD, "metadata": {"name": "p", "namespace": "kube-system"}}
    assert refused(elsewhere) == ["metadata.namespace"]
    assert refused({**POD, "metadata": {"name": "p", "namespace": "podlab-x"}}) == []


@pytest.mark.parametrize(
    "spec", [{"type": "ExternalName"}, {"type": "LoadBalancer"}, {"externalIPs": ["1.2.3.4"]}]
)
def test_a_service_stays_inside(spec: dict[str, Any]) -> None:
    document = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": spec}
    assert len(refused(document)) == 1


def test_an_ordinary_pod_is_welcome() -> None:
    assert refused(POD) == []
    ordinary = {"securityContext": {"runAsNonRoot": True, "capabilities": {"drop": ["ALL"]}}, "name": "a"}
    assert (
        refused({**POD, "spec": {"containers": [ordinary], "volumes": [{"name": "a", "emptyDir": {}}]}}) == []
    )


@pytest.mark.parametrize("odd", [None, 1, "x", [], {}, [1], {"containers": 3}, {"containers": [None, 3]}])
def test_odd_shapes_do_not_break_it(odd: object) -> None:
    refused({**POD, "spec": odd})
    refused({**POD, "metadata": odd})
