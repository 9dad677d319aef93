"""What learners get wrong, and how the API server says it."""

# ruff: noqa: E501, ISC004 (the messages are the server's and stay whole)

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.embedded.api.conftest import CLIENT, container, deployment, pod, refusal

if TYPE_CHECKING:
    from lab.embedded.api.verbs import ApiMachinery

HTTP = {"httpGet": {"port": 80}}
LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end "
    "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "A_b"}, f'name: Invalid value: "A_b": {LABEL}'),
        ({"image": ""}, "image: Required value"),
        (
            {"imagePullPolicy": "Sometimes"},
            'imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"',
        ),
        (
            {"ports": [{"containerPort": 70000}]},
            "ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive",
        ),
        ({"ports": [{"name": "a"}]}, "ports[0].containerPort: Required value"),
        (
            {"ports": [{"name": "a", "containerPort": 1}, {"name": "a", "containerPort": 2}]},
            'ports[1].name: Duplicate value: "a"',
        ),
        ({"livenessProbe": {}}, "livenessProbe: Required value: must specify a handler type"),
        (
            {"livenessProbe": {**HTTP, "tcpSocket": {"port": 1}}},
            "livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type",
        ),
        (
            {"livenessProbe": {**HTTP, "successThreshold": 2}},
            "livenessProbe.successThreshold: Invalid value: 2: must be 1",
        ),
        (
            {"readinessProbe": {**HTTP, "periodSeconds": -1}},
            "readinessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0",
        ),
        ({"livenessProbe": {"exec": {}}}, "livenessProbe.exec.command: Required value"),
        ({"lifecycle": {"preStop": {}}}, "lifecycle.preStop: Required value: must specify a handler type"),
        (
            {"resources": {"limits": {"memory": "32Mi"}, "requests": {"memory": "64Mi"}}},
            'resources.requests: Invalid value: "64Mi": must be less than or equal to memory limit of 32Mi',
        ),
        (
            {"resources": {"limits": {"memory": "-1"}, "requests": {"memory": "-2"}}},
            'resources.limits[memory]: Invalid value: "-1": must be greater than or equal to 0',
        ),
        ({"volumeMounts": [{"name": "v", "mountPath": "/x"}]}, 'volumeMounts[0].name: Not found: "v"'),
        ({"env": [{"value": "x"}]}, "env[0].name: Required value"),
        (
            {"env": [{"name": "A", "value": "x", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]},
            'env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty',
        ),
        (
            {"env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "spec.x"}}}]},
            'env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.x": error converting fieldPath: field label '
            "not supported: spec.x",
        ),
        ({"envFrom": [{"secretRef": {}}]}, "envFrom[0].secretRef.name: Required value"),
    ],
)
def test_containers(api: ApiMachinery, fields: dict[str, Any], message: str) -> None:
    refused = refusal(lambda: api.create("pods", "default", pod("web", container(**fields)), CLIENT))
    assert refused.code == 422
    assert f"spec.containers[0].{message}" in refused.message


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"replicas": -1}, "spec.replicas: Invalid value: -1: must be greater than or equal to 0"),
        (
            {"selector": {"matchLabels": {"app": "x"}}},
            'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
        ),
        (
            {"selector": None},
            '[spec.selector: Required value, spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` '
            "does not match template `labels`]",
        ),
        ({"selector": {}}, "spec.selector: Invalid value: {}: empty selector is invalid for deployment"),
        (
            {"strategy": {"type": "Recreate", "rollingUpdate": {}}},
            "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
        ),
        (
            {"strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}},
            "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0",
        ),
        (
            {"strategy": {"type": "Big"}},
            'spec.strategy: Unsupported value: {"type":"Big"}: supported values: "Recreate", "RollingUpdate"',
        ),
        (
            {"progressDeadlineSeconds": 5, "minReadySeconds": 5},
            "spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds",
        ),
    ],
)
def test_deployments(api: ApiMachinery, spec: dict[str, Any], message: str) -> None:
    refused = refusal(lambda: api.create("deployments.apps", "default", deployment(**spec), CLIENT))
    assert refused.message == f'Deployment.apps "web" is invalid: {message}'


def test_a_deployment_restarts_always(api: ApiMachinery) -> None:
    wrong = deployment(template={"restartPolicy": "Never"})
    refused = refusal(lambda: api.create("deployments.apps", "default", wrong, CLIENT))
    assert refused.message.endswith(
        'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'
    )


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({}, "spec.ports: Required value"),
        (
            {"ports": [{"port": 0, "targetPort": 1}]},
            "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
        ),
        ({"ports": [{"port": 1}, {"name": "b", "port": 2}]}, "spec.ports[0].name: Required value"),
        (
            {"ports": [{"port": 1, "nodePort": 30001}]},
            "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
        ),
        (
            {"ports": [{"port": 1}], "type": "Big"},
            'spec.type: Unsupported value: "Big": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
        ),
        (
            {"ports": [{"port": 1, "nodePort": 80}], "type": "NodePort"},
            "spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid "
            "ports is 30000-32767",
        ),
    ],
)
def test_services(api: ApiMachinery, spec: dict[str, Any], message: str) -> None:
    service = {"metadata": {"name": "web"}, "spec": spec}
    refused = refusal(lambda: api.create("services", "default", service, CLIENT))
    assert refused.message == f'Service "web" is invalid: {message}'


def test_a_cluster_ip_stays(api: ApiMachinery) -> None:
    service: dict[str, Any] = {"metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}]}}
    made = api.create("services", "default", service, CLIENT).object
    assert made["spec"]["clusterIP"].startswith("10.96.")
    assert api.update("services", "default", "web", service, CLIENT).object["spec"] == made["spec"]
    other = {**service, "spec": {**service["spec"], "clusterIP": "10.96.200.1"}}
    refused = refusal(lambda: api.update("services", "default", "web", other, CLIENT))
    assert 'spec.clusterIPs[0]: Invalid value: ["10.96.200.1"]: may not change once set' in refused.message


@pytest.mark.parametrize(
    ("volumes", "message"),
    [
        ([{"name": "a"}, {"name": "a"}], 'spec.volumes[1].name: Duplicate value: "a"'),
        ([{"name": "a", "configMap": {}}], "spec.volumes[0].configMap.name: Required value"),
        (
            [{"name": "a", "emptyDir": {}, "secret": {"secretName": "s"}}],
            "spec.volumes[0].secret: Forbidden: may not specify more than 1 volume type",
        ),
    ],
)
def test_volumes(api: ApiMachinery, volumes: list[dict[str, Any]], message: str) -> None:
    refused = refusal(lambda: api.create("pods", "default", pod(volumes=volumes), CLIENT))
    assert refused.message == f'Pod "web" is invalid: {message}'


def test_labels_and_keys(api: ApiMachinery) -> None:
    config = {"metadata": {"name": "c", "labels": {"a": "b c"}}, "data": {"x y": "1"}}
    message = refusal(lambda: api.create("configmaps", "default", config, CLIENT)).message
    assert 'metadata.labels: Invalid value: "b c": a valid label must be an empty string' in message
    assert 'data[x y]: Invalid value: "x y": a valid config key must consist of' in message


def test_all_that_is_wrong_is_said_with_causes(api: ApiMachinery) -> None:
    wrong = pod("W", container(image="", imagePullPolicy="x"))
    refused = refusal(lambda: api.create("pods", "default", wrong, CLIENT))
    assert [(each["field"], each["reason"]) for each in refused.details["causes"]] == [
        ("metadata.name", "FieldValueInvalid"),
        ("spec.containers[0].image", "FieldValueRequired"),
        ("spec.containers[0].imagePullPolicy", "FieldValueNotSupported"),
    ]
