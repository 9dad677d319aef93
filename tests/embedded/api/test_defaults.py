"""What the API server fills in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lab.embedded.api.defaults.pods import default_pull_policy
from lab.embedded.objects.copying import copy_json
from tests.embedded.api.conftest import CLIENT, container, deployment, pod

if TYPE_CHECKING:
    from lab.embedded.api.verbs import ApiMachinery


def test_pods(api: ApiMachinery) -> None:
    probe = {"httpGet": {"port": "http"}, "initialDelaySeconds": 0}
    given = container(livenessProbe=probe, resources={"limits": {"cpu": 0.5}}, ports=[{"containerPort": 80}])
    spec = api.create("pods", "default", pod("web", given), CLIENT).object["spec"]
    assert spec["containers"] == [
        {
            "name": "app",
            "image": "nginx:1.25",
            "imagePullPolicy": "IfNotPresent",
            "terminationMessagePath": "/dev/termination-log",
            "terminationMessagePolicy": "File",
            "ports": [{"containerPort": 80, "protocol": "TCP"}],
            "resources": {"limits": {"cpu": "500m"}, "requests": {"cpu": "500m"}},
            "livenessProbe": {
                "httpGet": {"port": "http", "path": "/", "scheme": "HTTP"},
                "timeoutSeconds": 1,
                "periodSeconds": 10,
                "successThreshold": 1,
                "failureThreshold": 3,
            },
        }
    ]
    assert {key: value for key, value in spec.items() if key not in {"containers", "tolerations"}} == {
        "restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst",
        "schedulerName": "default-scheduler", "securityContext": {}, "enableServiceLinks": True,
        "serviceAccountName": "default", "serviceAccount": "default", "priority": 0,
        "preemptionPolicy": "PreemptLowerPriority",
    }  # fmt: skip
    assert [each["tolerationSeconds"] for each in spec["tolerations"]] == [300, 300]


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("nginx", "Always"), ("nginx:latest", "Always"), ("nginx:1", "IfNotPresent"),
        ("localhost:5000/nginx", "Always"), ("localhost:5000/nginx:1", "IfNotPresent"),
        ("a@sha256:0", "IfNotPresent"),
    ],
)  # fmt: skip
def test_pull_policies(image: str, policy: str) -> None:
    assert default_pull_policy(image) == policy


@pytest.mark.parametrize(
    ("resources", "quality"),
    [
        ({}, "BestEffort"),
        ({"requests": {"cpu": "1"}}, "Burstable"),
        ({"limits": {"cpu": "1"}}, "Burstable"),
        ({"limits": {"cpu": "1", "memory": "1Gi"}}, "Guaranteed"),
        ({"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "500m"}}, "Burstable"),
    ],
)
def test_quality_of_service(api: ApiMachinery, resources: dict[str, Any], quality: str) -> None:
    made = api.create("pods", "default", pod("web", container(resources=resources))).object
    assert made["status"]["qosClass"] == quality


def test_deployments(api: ApiMachinery) -> None:
    spec = api.create("deployments.apps", "default", deployment(), CLIENT).object["spec"]
    rolling = {"maxUnavailable": "25%", "maxSurge": "25%"}
    assert spec["strategy"] == {"type": "RollingUpdate", "rollingUpdate": rolling}
    assert (spec["replicas"], spec["revisionHistoryLimit"], spec["progressDeadlineSeconds"]) == (1, 10, 600)
    assert "enableServiceLinks" not in spec["template"]["spec"]


def test_services_and_their_addresses(api: ApiMachinery) -> None:
    def make(name: str, **spec: Any) -> dict[str, Any]:
        made: dict[str, Any] = api.create(
            "services", "default", {"metadata": {"name": name}, "spec": spec}
        ).object
        return made["spec"]  # type: ignore[no-any-return]

    ports = [{"port": 80}]
    assert make("a", ports=ports) == {
        "ports": [{"port": 80, "protocol": "TCP", "targetPort": 80}], "sessionAffinity": "None",
        "type": "ClusterIP", "internalTrafficPolicy": "Cluster", "clusterIP": "10.96.1.0",
        "clusterIPs": ["10.96.1.0"], "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack",
    }  # fmt: skip
    assert make("b", ports=ports, type="NodePort")["ports"][0]["nodePort"] == 30086
    assert make("c", ports=ports, type="NodePort")["ports"][0]["nodePort"] == 30087
    assert make("d", ports=ports, clusterIP="None")["clusterIP"] == "None"
    assert "clusterIP" not in make("e", type="ExternalName", externalName="example.com")


def test_defaulting_again_changes_nothing(api: ApiMachinery) -> None:
    for resource, obj in (("pods", pod()), ("deployments.apps", deployment())):
        made = api.create(resource, "default", obj, CLIENT).object
        assert api.update(resource, "default", "web", copy_json(made), CLIENT).object is made


def test_secrets_and_namespaces(api: ApiMachinery) -> None:
    secret = {"metadata": {"name": "s"}, "stringData": {"a": "b"}}
    made = api.create("secrets", "default", secret, CLIENT).object
    assert (made["data"], made["type"], "stringData" in made) == ({"a": "Yg=="}, "Opaque", False)
    labels = api.get("namespaces", None, "default")["metadata"]["labels"]
    assert labels == {"kubernetes.io/metadata.name": "default"}
