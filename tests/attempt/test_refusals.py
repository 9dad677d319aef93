"""What a manifest has no business with is refused, at its line, before anything is applied."""

from __future__ import annotations

import json
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


@pytest.mark.parametrize(
    ("kind", "meant"), [("Servize", "Service"), ("deployment", "Deployment"), ("Node", "")]
)
def test_a_slip_in_a_kind_names_the_nearest(kind: str, meant: str) -> None:
    text = f"apiVersion: v1\nkind: {kind}\nmetadata: {{name: x}}\n"
    (problem,) = refusals.outside(manifests.parse(text, "x.yaml"), "podlab-x")
    assert problem.remedy.startswith(f"did you mean {meant}?" if meant else "take this object out")


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


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"volumes": [{"name": "v", "nfs": {"server": "x", "path": "/"}}]}, "volumes[0].nfs"),
        ({"volumes": [{"name": "v", "csi": {"driver": "x"}}]}, "volumes[0].csi"),
        (
            {"volumes": [{"name": "v", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}}]},
            "volumes[0].projected.sources[0].serviceAccountToken",
        ),
        (
            {"ephemeralContainers": [{"name": "e", "securityContext": {"privileged": True}}]},
            "ephemeralContainers[0].securityContext.privileged",
        ),
        (
            {"initContainers": [{"name": "i", "securityContext": {"procMount": "Unmasked"}}]},
            "initContainers[0].securityContext.procMount",
        ),
        (
            {"containers": [{"name": "c", "securityContext": {"capabilities": {"add": ["CAP_SYS_ADMIN"]}}}]},
            "containers[0].securityContext.capabilities.add[0]",
        ),
        (
            {"securityContext": {"seccompProfile": {"type": "Unconfined"}}},
            "securityContext.seccompProfile.type",
        ),
        (
            {"containers": [{"name": "c", "livenessProbe": {"httpGet": {"host": "10.0.0.1", "port": 1}}}]},
            "containers[0].livenessProbe.httpGet.host",
        ),
        (
            {"containers": [{"name": "c", "lifecycle": {"preStop": {"httpGet": {"host": "x", "port": 1}}}}]},
            "containers[0].lifecycle.preStop.httpGet.host",
        ),
    ],
)
def test_the_less_known_ways_out_are_refused_also_inside_a_list(change: dict[str, Any], path: str) -> None:
    pod = {**POD, "spec": {**POD["spec"], **change}}
    assert refused(pod) == [f"spec.{path}"]
    assert refused({"apiVersion": "v1", "kind": "List", "items": [pod]}) == [f"spec.{path}"]


def test_what_an_exercise_needs_is_not_refused() -> None:
    volumes = [
        {"name": "a", "emptyDir": {}}, {"name": "b", "configMap": {"name": "c"}},
        {"name": "d", "projected": {"sources": [{"secret": {"name": "s"}}]}},
    ]  # fmt: skip
    probe = {"httpGet": {"path": "/", "port": 80}}
    container = {"name": "c", "livenessProbe": probe, "securityContext": {"runAsNonRoot": True}}
    assert refused({**POD, "spec": {"containers": [container], "volumes": volumes}}) == []


def test_a_custom_resource_of_a_known_kind_is_refused_and_a_slip_is_left_to_the_server() -> None:
    assert refused({**POD, "apiVersion": "evil.example.com/v1"}) == ["kind"]
    assert refused({**POD, "apiVersion": "apps/v1"}) == []


def test_anchors_and_json_hide_nothing() -> None:
    text = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\n"
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p, annotations: &host {hostNetwork: true}}\n"
        "spec:\n  <<: *host\n  containers: []\n"
    )
    (found,) = refusals.submission(manifests.parse(text, "f.yaml"), "ns")
    assert isinstance(found.where, Place)
    assert (found.where.file, found.where.path) == ("f.yaml", "spec.hostNetwork")
    assert found.where.line
    as_json = json.dumps({**POD, "spec": {"hostPID": True, "containers": []}}, indent=1)
    (found,) = refusals.submission(manifests.parse(as_json, "f.json"), "ns")
    assert "hostPID" in found.what
    assert str(found.where).startswith("f.json:")
