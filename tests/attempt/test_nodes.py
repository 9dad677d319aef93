"""Nodes of the lab's own cluster come back to how they began; those of a lent one are left alone."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from lab.attempt import nodes

if TYPE_CHECKING:
    from lab.attempt.lab import Lab
    from lab.kube import Client
    from lab.providers.base import Provider
    from lab.providers.embedded.inprocess import InProcessProvider


def spoil(client: Client) -> str:
    """Cordon, taint and label a node as kubectl would; its name."""
    node = client.list("Node", None).items[0]
    name = str(node["metadata"]["name"])
    taint = {"key": "team", "value": "a", "effect": "NoSchedule"}
    labels = {"disk": "ssd", "kubernetes.io/arch": None}
    patch = {"metadata": {"labels": labels}, "spec": {"unschedulable": True, "taints": [taint]}}
    client.patch("Node", None, name, patch, style="merge")
    return name


def shape(client: Client, name: str) -> tuple[dict[str, str], Any, Any]:
    node = client.get("Node", None, name)
    by_hand = [one for one in node["spec"].get("taints") or () if one["key"] == "team"]
    return node["metadata"]["labels"], node["spec"].get("unschedulable"), by_hand


def test_a_reset_brings_nodes_back_and_says_so(lab: Lab, cluster: InProcessProvider) -> None:
    attempt = lab.start("sample")
    client = attempt.client
    labels = dict(client.list("Node", None).items[0]["metadata"]["labels"])
    name = spoil(client)
    told: list[str] = []
    attempt.reset(narrate=told.append)
    line = (
        f"node/{name} is as it began: taken back cordon, taint team:NoSchedule, "
        "label disk, label kubernetes.io/arch"
    )
    assert line in told
    assert attempt.brought_back == (line,)
    assert shape(client, name) == (labels, None, [])
    told.clear()
    attempt.reset(narrate=told.append)
    assert not any(one.startswith("node/") for one in told)
    attempt.close()


def test_only_a_start_that_begins_brings_nodes_back(lab: Lab) -> None:
    attempt = lab.start("sample")
    name = spoil(attempt.client)
    again = lab.start("sample")
    assert again.brought_back == ()
    assert shape(attempt.client, name)[1]
    attempt.client.delete("Namespace", None, attempt.namespace)
    anew = lab.start("sample")
    assert "cordon" in anew.brought_back[0]
    assert not shape(attempt.client, name)[1]
    for one in (attempt, again, anew):
        one.close()


def test_a_lent_cluster_is_not_even_asked() -> None:
    lent = cast("Provider", SimpleNamespace(name="context:work"))
    assert nodes.bring_back(lent, cast("Client", None)) == ()


def test_taints_of_the_clusters_own_stay() -> None:
    pressed = {"key": "node.kubernetes.io/disk-pressure", "effect": "NoSchedule"}
    began = '{"labels": {}, "taints": []}'
    mine = {"key": "team", "effect": "NoExecute"}
    node = {
        "metadata": {"name": "n", "annotations": {nodes.BEGAN: began}},
        "spec": {"taints": [pressed, mine]},
    }
    written: list[Any] = []
    client = SimpleNamespace(
        list=lambda *_: SimpleNamespace(items=[node]),
        patch=lambda _kind, _space, _name, body, **_: written.append(body),
    )
    own = cast("Provider", SimpleNamespace(name="embedded"))
    assert nodes.bring_back(own, cast("Client", client)) == (
        "node/n is as it began: taken back taint team:NoExecute",
    )
    assert written == [{"spec": {"taints": [pressed]}}]
