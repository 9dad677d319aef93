"""What may change of a pod that exists, and how the refusal shows the difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lab.embedded.api.errors import ApiError
from lab.embedded.api.interface import WriteOptions
from lab.embedded.api.validation.struct_difference import difference

if TYPE_CHECKING:
    from lab.embedded.api.verbs import ApiMachinery

CLIENT = WriteOptions(from_client=True)
STRATEGIC = "application/strategic-merge-patch+json"


@pytest.fixture
def pod(api: ApiMachinery) -> dict[str, Any]:
    spec = {"activeDeadlineSeconds": 10, "containers": [{"name": "c", "image": "busybox:1.36"}]}
    manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec}
    return api.create("pods", "default", manifest, CLIENT).object


def refusal(api: ApiMachinery, spec: dict[str, Any], subresource: str | None = None) -> str:
    with pytest.raises(ApiError) as caught:
        api.patch("pods", "default", "p", STRATEGIC, {"spec": spec}, CLIENT, subresource)
    assert caught.value.code == 422
    return caught.value.message


def test_the_difference_is_shown_as_go_shows_it(api: ApiMachinery, pod: dict[str, Any]) -> None:
    assert pod["spec"]
    message = refusal(api, {"containers": [{"name": "c", "env": [{"name": "A", "value": "b"}]}]})
    assert message.startswith(
        'Pod "p" is invalid: spec: Forbidden: pod updates may not change fields other than '
        "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"
    )
    assert (
        '- \t\t\tEnv:          []core.EnvVar{{Name: "A", Value: "b"}},\n+ \t\t\tEnv:          nil,' in message
    )
    assert "\t\t\t... // 5 identical fields\n" in message


def test_only_what_differs_is_in_the_difference() -> None:
    old = {"terminationGracePeriodSeconds": 30, "restartPolicy": "Always", "containers": [{"name": "c"}]}
    assert difference({**old, "terminationGracePeriodSeconds": 5}, old).splitlines() == [
        "  core.PodSpec{",
        "  \t... // 3 identical fields",
        "  \tEphemeralContainers:           nil,",
        '  \tRestartPolicy:                 "Always",',
        "- \tTerminationGracePeriodSeconds: &5,",
        "+ \tTerminationGracePeriodSeconds: &30,",
        "  \tActiveDeadlineSeconds:         nil,",
        '  \tDNSPolicy:                     "",',
        "  \t... // 28 identical fields",
        "  }",
    ]


def test_a_deadline_only_shrinks(api: ApiMachinery, pod: dict[str, Any]) -> None:
    assert pod["spec"]["activeDeadlineSeconds"] == 10
    assert refusal(api, {"activeDeadlineSeconds": 20}).endswith(
        "spec.activeDeadlineSeconds: Invalid value: 20: must be less than or equal to previous value"
    )
    assert refusal(api, {"activeDeadlineSeconds": None}).endswith(
        'Invalid value: "null": must not update from a positive integer to nil value'
    )
    api.patch("pods", "default", "p", STRATEGIC, {"spec": {"activeDeadlineSeconds": 5}}, CLIENT)


def test_ephemeral_containers_come_by_their_own_way_only(api: ApiMachinery, pod: dict[str, Any]) -> None:
    assert pod["spec"]
    debugger = {"name": "debug", "image": "busybox:1.36", "targetContainerName": "c"}
    assert "pod updates may not change fields" in refusal(api, {"ephemeralContainers": [debugger]})
    part = "ephemeralcontainers"
    wrong = {"name": "c", "image": "", "targetContainerName": "x", "ports": [{"containerPort": 1}]}
    message = refusal(api, {"ephemeralContainers": [wrong]}, part)
    for each in (
        'name: Duplicate value: "c"', "image: Required value", 'targetContainerName: Not found: "x"',
        "ports: Forbidden: cannot be set for an Ephemeral Container",
    ):  # fmt: skip
        assert f"spec.ephemeralContainers[0].{each}" in message
    api.patch("pods", "default", "p", STRATEGIC, {"spec": {"ephemeralContainers": [debugger]}}, CLIENT, part)
    changed = {**debugger, "image": "alpine"}
    assert 'existing ephemeral containers "debug" may not be changed' in refusal(
        api, {"ephemeralContainers": [changed]}, part
    )


def test_what_an_ephemeral_container_asks_in_vain_is_named(api: ApiMachinery, pod: dict[str, Any]) -> None:
    assert pod["spec"]
    spec = {
        "ephemeralContainers": [
            {"name": "debug", "image": "x", "volumeDevices": [{"name": "v", "devicePath": "/v"}]}
        ]
    }
    written = api.patch("pods", "default", "p", STRATEGIC, {"spec": spec}, CLIENT, "ephemeralcontainers")
    (warning,) = written.warnings
    assert warning.startswith("spec.ephemeralContainers[0].volumeDevices: Podlab's embedded cluster")
