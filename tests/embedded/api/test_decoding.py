"""Strict decoding: wrong types and unknown fields, in the words of the server."""

# ruff: noqa: E501, ISC004 (the messages are the server's and stay whole)

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tests.embedded.api.conftest import CLIENT, container, deployment, refusal

if TYPE_CHECKING:
    from lab.embedded.api.verbs import ApiMachinery

CANNOT = 'Deployment in version "v1" cannot be handled as a Deployment: '
FIELD = "json: cannot unmarshal {} into Go struct field {}.spec.template.spec.containers.{} of type {}"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"ports": [{"containerPort": "80"}]},
            FIELD.format("string", "ContainerPort", "ports.containerPort", "int32"),
        ),
        ({"env": [{"name": "A", "value": 1}]}, FIELD.format("number", "EnvVar", "env.value", "string")),
        ({"env": {"A": "b"}}, FIELD.format("object", "Container", "env", "[]v1.EnvVar")),
        ({"command": "sh"}, FIELD.format("string", "Container", "command", "[]string")),
        ({"tty": "yes"}, FIELD.format("string", "Container", "tty", "bool")),
        (
            {"resources": {"limits": ["x"]}},
            FIELD.format("array", "ResourceRequirements", "resources.limits", "map[string]resource.Quantity"),
        ),
        ({"resources": {"limits": {"memory": "64mi"}}}, "unable to parse quantity's suffix"),
        (
            {"resources": {"limits": {"memory": "64MB"}}},
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        ),
        (
            {"imagee": "x", "Ports": []},
            'strict decoding error: unknown field "spec.template.spec.containers[0].Ports", '
            'unknown field "spec.template.spec.containers[0].imagee"',
        ),
    ],
)
def test_what_does_not_decode(api: ApiMachinery, fields: dict[str, Any], message: str) -> None:
    refused = refusal(
        lambda: api.create("deployments.apps", "default", deployment(container(**fields)), CLIENT)
    )
    assert (refused.code, refused.message) == (400, CANNOT + message)


@pytest.mark.parametrize(
    ("replicas", "value"),
    [("3", "string"), (2.5, "number 2.5"), (2**40, "number 1099511627776"), (True, "bool")],
)
def test_numbers(api: ApiMachinery, replicas: Any, value: str) -> None:
    refused = refusal(
        lambda: api.create("deployments.apps", "default", deployment(replicas=replicas), CLIENT)
    )
    assert refused.message == (
        f"{CANNOT}json: cannot unmarshal {value} into Go struct field DeploymentSpec.spec.replicas of type int32"
    )


@pytest.mark.parametrize(("text", "place"), [("###", 0), ("aGk*", 3), ("abc", 0), ("aGVsb", 4)])
def test_secrets_are_base64(api: ApiMachinery, text: str, place: int) -> None:
    secret = {"metadata": {"name": "s"}, "data": {"k": text}}
    refused = refusal(lambda: api.create("secrets", "default", secret, CLIENT))
    assert refused.message.endswith(f"illegal base64 data at input byte {place}")


def test_a_body_of_another_kind(api: ApiMachinery) -> None:
    bodies: list[Any] = [{"kind": "Service"}, {"apiVersion": "apps/v1"}, ["x"]]
    for body in bodies:
        assert refusal(partial(api.create, "pods", "default", body, CLIENT)).code == 400


def test_null_is_absence(api: ApiMachinery) -> None:
    config = {"metadata": {"name": "c", "labels": None, "creationTimestamp": None}, "data": {"a": "1"}}
    made = api.create("configmaps", "default", config, CLIENT).object
    assert "labels" not in made["metadata"]
