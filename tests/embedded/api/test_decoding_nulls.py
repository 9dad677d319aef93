"""What Go makes of nothing: null items of lists, and statuses that leave out what is always there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lab.embedded.api.errors import ApiError
from lab.embedded.api.interface import WriteOptions

if TYPE_CHECKING:
    from lab.embedded.api.verbs import ApiMachinery

CLIENT = WriteOptions(from_client=True)
MERGE = "application/merge-patch+json"


def pod(container: dict[str, Any], **spec: Any) -> dict[str, Any]:
    full = {"name": "c", "image": "busybox:1.36", **container}
    return {"kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [full], **spec}}


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        (pod({"env": [None]}), "spec.containers[0].env[0].name: Required value"),
        (pod({"ports": [None]}), "spec.containers[0].ports[0].containerPort: Required value"),
        (pod({"volumeMounts": [None]}), "spec.containers[0].volumeMounts[0].mountPath: Required value"),
        (pod({}, volumes=[None]), "spec.volumes[0].name: Required value"),
        (pod({}, schedulingGates=[None]), "spec.schedulingGates[0]: Invalid value: "),
        ({"kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [None]}}, "name: Required value"),
    ],
)
def test_an_item_that_was_left_empty_is_empty(
    api: ApiMachinery, manifest: dict[str, Any], message: str
) -> None:
    with pytest.raises(ApiError) as caught:
        api.create("pods", "default", manifest, CLIENT)
    assert caught.value.code == 422
    assert message in caught.value.message


def test_a_status_has_what_readers_rely_on(api: ApiMachinery) -> None:
    api.create("pods", "default", pod({"args": [None, "x"]}), CLIENT)
    patch = {"status": {"conditions": [None, {"type": "Ready"}], "containerStatuses": [{}]}}
    found = api.patch("pods", "default", "p", MERGE, patch, CLIENT, "status").object
    assert found["spec"]["containers"][0]["args"] == ["", "x"]
    assert found["status"]["conditions"] == [{"type": "", "status": ""}, {"type": "Ready", "status": ""}]
    assert found["status"]["containerStatuses"][0]["restartCount"] == 0


def test_a_spec_that_is_taken_away_is_empty(api: ApiMachinery) -> None:
    budget = {"kind": "PodDisruptionBudget", "metadata": {"name": "b"}, "spec": {"minAvailable": 1}}
    api.create("poddisruptionbudgets.policy", "default", budget, CLIENT)
    patched = api.patch("poddisruptionbudgets.policy", "default", "b", MERGE, {"spec": None}, CLIENT)
    assert patched.object["spec"] == {}


def test_an_apply_of_nothing_much(api: ApiMachinery) -> None:
    api.create("configmaps", "default", {"metadata": {"name": "c"}, "data": {"a": "b"}}, CLIENT)
    options = WriteOptions(from_client=True, field_manager="m")
    apply = "application/apply-patch+yaml"
    bare = {"apiVersion": "v1", "kind": "ConfigMap"}
    assert api.patch("configmaps", "default", "c", apply, bare, options).object["data"] == {"a": "b"}
    for body, message in (
        ({"kind": "ConfigMap"}, "Incorrect version specified in apply patch"),
        ({**bare, "metadata": ["x"]}, "the metadata of an object must be a map"),
    ):
        with pytest.raises(ApiError, match=message):
            api.patch("configmaps", "default", "c", apply, body, options)
