"""Three-way apply: what kubectl would send, for each way a field can differ."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lab.kube import ApiError, Client, apply
from lab.kube.apply import LAST_APPLIED, three_way
from lab.providers.embedded.inprocess import InProcessProvider

if TYPE_CHECKING:
    from collections.abc import Iterator

Object = dict[str, Any]


def containers(*items: Object) -> Object:
    return {"spec": {"containers": list(items)}}


@pytest.mark.parametrize(
    ("original", "live", "wanted", "patch"),
    [
        ({"a": 1}, {"a": 1, "status": {}}, {"a": 1}, {}),
        ({"a": 1}, {"a": 2}, {"a": 1}, {"a": 1}),
        ({"a": 1, "b": 1}, {"a": 1, "b": 1}, {"a": 1}, {"b": None}),
        ({"a": 1, "b": 1}, {"a": 1}, {"a": 1}, {}),
        ({}, {"a": {"x": 1, "set": "by somebody"}}, {"a": {"x": 2}}, {"a": {"x": 2}}),
        ({}, {"a": [1, 2]}, {"a": [1, 3]}, {"a": [1, 3]}),
        ({}, {"a": 1}, {"a": None}, {"a": None}),
        (
            {},
            {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%"}}},
            {"strategy": {"type": "Recreate"}},
            {"strategy": {"type": "Recreate", "$retainKeys": ["type"]}},
        ),
    ],
)
def test_maps(original: Object, live: Object, wanted: Object, patch: Object) -> None:
    assert three_way(original, live, wanted) == patch


def test_lists_are_merged_by_their_key() -> None:
    original = containers({"name": "app", "image": "a:1", "tty": True}, {"name": "gone", "image": "b"})
    live = containers(
        {"name": "app", "image": "a:1", "tty": True, "imagePullPolicy": "Always"},
        {"name": "gone", "image": "b"},
        {"name": "injected", "image": "c"},
    )
    wanted = containers({"name": "app", "image": "a:2"}, {"name": "new", "image": "d"})
    assert three_way(original, live, wanted)["spec"] == {
        "$setElementOrder/containers": [{"name": "app"}, {"name": "new"}],
        "containers": [
            {"name": "app", "image": "a:2", "tty": None},
            {"name": "new", "image": "d"},
            {"name": "gone", "$patch": "delete"},
        ],
    }


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with InProcessProvider() as provider:
        connection = Client(provider.kubeconfig())
        yield connection
        connection.close()


def configmap(name: str, **data: str) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def test_apply_creates_configures_and_leaves_alone(client: Client) -> None:
    first = apply(client, configmap("a", x="1", y="1"), "default", labels={"made": "here"})
    assert first.change == "created"
    assert apply(client, configmap("a", x="1", y="1"), "default").change == "unchanged"
    client.patch("ConfigMap", "default", "a", {"data": {"z": "somebody's"}})
    second = apply(client, configmap("a", x="2"), "default")
    assert second.change == "configured"
    live = client.get("ConfigMap", "default", "a")
    assert live["data"] == {"x": "2", "z": "somebody's"}
    assert live["metadata"]["labels"] == {"made": "here"}
    assert "labels" not in json.loads(live["metadata"]["annotations"][LAST_APPLIED])["metadata"]


def test_a_dry_run_changes_nothing(client: Client) -> None:
    assert apply(client, configmap("dry", x="1"), "default", dry_run=True).change == "created"
    assert client.find("ConfigMap", "default", "dry") is None


def test_what_the_server_refuses_comes_with_its_fields(client: Client) -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": []}}
    with pytest.raises(ApiError) as caught:
        apply(client, pod, "default")
    assert caught.value.code == 422
    assert caught.value.causes[0].field == "spec.containers"


def test_an_unknown_kind_is_said_in_the_servers_words(client: Client) -> None:
    with pytest.raises(ApiError, match='no matches for kind "Widget"'):
        apply(client, {"apiVersion": "x.io/v1", "kind": "Widget", "metadata": {"name": "w"}}, "default")
