"""Nodes: cordon, taints that drive pods away, machines that lose their power and come back."""

from __future__ import annotations

from typing import Any

from lab.embedded.api.interface import LogRequest
from lab.embedded.objects.machines import ANNOTATION
from tests.embedded.api.conftest import CLIENT, refusal
from tests.embedded.small_cluster import SmallCluster, deployment, pod

Json = dict[str, Any]
LOG = LogRequest()
RUN = {"command": ["run", "obedient"]}
TARGET = "DisruptionTarget"


def _node(cluster: SmallCluster) -> Json:
    return cluster.api.get("nodes", None, "podlab")


def _patch(cluster: SmallCluster, patch: Json) -> None:
    cluster.api.patch("nodes", None, "podlab", "merge-patch+json", patch)
    cluster.agenda.settle()


def _power(cluster: SmallCluster, state: str | None) -> None:
    _patch(cluster, {"metadata": {"annotations": {ANNOTATION: state}}})


def _taints(cluster: SmallCluster) -> list[str]:
    return [f"{each['key']}:{each['effect']}" for each in _node(cluster)["spec"].get("taints") or ()]


def _ready(obj: Json) -> str:
    return str(next(each["status"] for each in obj["status"]["conditions"] if each["type"] == "Ready"))


def test_a_cordon_is_a_taint_and_an_event() -> None:
    cluster = SmallCluster()
    _patch(cluster, {"spec": {"unschedulable": True}})
    assert _taints(cluster) == ["node.kubernetes.io/unschedulable:NoSchedule"]
    _patch(cluster, {"spec": {"unschedulable": None, "taints": [{"key": "mine", "effect": "NoSchedule"}]}})
    assert _taints(cluster) == ["mine:NoSchedule"]
    reasons = [reason for reason, _, _ in cluster.events("podlab")]
    assert {"RegisteredNode", "NodeNotSchedulable", "NodeSchedulable"} <= set(reasons)


def test_pods_leave_a_node_whose_taint_they_do_not_tolerate() -> None:
    cluster = SmallCluster()

    def tolerating(name: str, **more: Any) -> None:
        toleration = {"key": "fire", "operator": "Exists", "effect": "NoExecute", **more}
        cluster.apply("pods", pod(RUN, name=name, tolerations=[toleration]))

    cluster.apply("pods", pod(RUN, name="plain"))
    tolerating("patient", tolerationSeconds=60)
    tolerating("proof")
    cluster.agenda.advance(5)
    _patch(cluster, {"spec": {"taints": [{"key": "fire", "effect": "NoExecute"}]}})
    cluster.agenda.advance(2)
    names = [each["metadata"]["name"] for each in cluster.api.list("pods", "default").items]
    assert names == ["patient", "proof"]
    assert ("TaintManagerEviction", "Marking for deletion Pod default/plain", 1) in cluster.events("plain")
    cluster.agenda.advance(61)
    names = [each["metadata"]["name"] for each in cluster.api.list("pods", "default").items]
    assert names == ["proof"]


def test_a_taint_that_goes_in_time_spares_the_pods() -> None:
    cluster = SmallCluster()
    toleration = {"key": "fire", "operator": "Exists", "tolerationSeconds": 60, "effect": "NoExecute"}
    cluster.apply("pods", pod(RUN, tolerations=[toleration]))
    cluster.agenda.advance(5)
    _patch(cluster, {"spec": {"taints": [{"key": "fire", "effect": "NoExecute"}]}})
    cluster.agenda.advance(30)
    _patch(cluster, {"spec": {"taints": None}})
    cluster.agenda.advance(60)
    assert _ready(cluster.pod()) == "True"
    assert ("TaintManagerEviction", "Cancelling deletion of Pod default/app", 1) in cluster.events("app")


def test_a_machine_without_power_is_noticed_and_its_pods_are_replaced() -> None:
    cluster = SmallCluster()
    cluster.apply("deployments.apps", deployment(RUN))
    cluster.agenda.advance(5)
    name = cluster.api.list("pods", "default").items[0]["metadata"]["name"]
    _power(cluster, "stopped")
    cluster.agenda.advance(49)
    assert _ready(_node(cluster)) == _ready(cluster.pod(name)) == "True"
    cluster.agenda.advance(2)
    assert _ready(_node(cluster)) == "Unknown"
    assert _taints(cluster) == [
        "node.kubernetes.io/unreachable:NoExecute", "node.kubernetes.io/unreachable:NoSchedule",
    ]  # fmt: skip
    assert _ready(cluster.pod(name)) == "False"
    assert ("NodeNotReady", "Node is not ready", 1) in cluster.events(name)
    assert "connect: no route to host" in refusal(lambda: cluster.agent.logs("default", name, LOG)).message
    cluster.agenda.advance(298)
    assert len(cluster.api.list("pods", "default").items) == 1
    cluster.agenda.advance(2)
    pods = {each["metadata"]["name"]: each for each in cluster.api.list("pods", "default").items}
    assert [each["spec"].get("nodeName") for each in pods.values() if each is not pods[name]] == [None]
    # Nobody is there to end it: the old pod stays in deletion.
    assert "deletionTimestamp" in pods[name]["metadata"]
    target = next(each for each in pods[name]["status"]["conditions"] if each["type"] == TARGET)
    assert target["reason"] == "DeletionByTaintManager"
    cluster.agenda.advance(60)
    _power(cluster, None)
    cluster.agenda.advance(10)
    assert not _taints(cluster)
    (left,) = cluster.api.list("pods", "default").items
    assert (left["metadata"]["name"] != name, _ready(left)) == (True, "True")


def test_after_a_short_cut_the_containers_start_again() -> None:
    cluster = SmallCluster()
    cluster.apply("pods", pod(RUN))
    cluster.agenda.advance(5)
    _power(cluster, "stopped")
    cluster.agenda.advance(20)
    assert cluster.pod()["status"]["containerStatuses"][0]["restartCount"] == 0
    _power(cluster, "running")
    cluster.agenda.advance(20)
    (status,) = cluster.pod()["status"]["containerStatuses"]
    assert (status["ready"], status["restartCount"]) == (True, 1)
    reasons = [reason for reason, _, _ in cluster.events("podlab")]
    assert "Rebooted" in reasons
    assert "NodeNotReady" not in reasons


def test_pods_of_a_deleted_node_follow_it() -> None:
    cluster = SmallCluster()
    cluster.apply("deployments.apps", deployment(RUN))
    cluster.agenda.advance(5)
    (before,) = cluster.api.list("pods", "default").items
    cluster.api.delete("nodes", None, "podlab")
    cluster.agenda.advance(39)
    assert cluster.pod(before["metadata"]["name"])
    cluster.agenda.advance(2)
    (after,) = cluster.api.list("pods", "default").items
    assert after["metadata"]["uid"] != before["metadata"]["uid"]
    assert after["status"]["conditions"][0]["message"] == "no nodes available to schedule pods"


def test_a_machine_that_was_off_stays_off_when_the_cluster_comes_back() -> None:
    cluster = SmallCluster()
    _power(cluster, "stopped")
    cluster.kubelet.start()
    assert not cluster.kubelet.running


def test_a_node_made_by_hand_is_its_machines_or_nobodys() -> None:
    cluster = SmallCluster()
    cluster.api.delete("nodes", None, "podlab")
    cluster.agenda.advance(60)
    for name in ("podlab", "ghost"):
        made = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}
        cluster.api.create("nodes", None, made, CLIENT)
    cluster.agenda.settle()
    node = _node(cluster)
    assert (_ready(node), node["spec"]["podCIDR"]) == ("True", "10.244.0.0/24")
    assert node["metadata"]["labels"]["kubernetes.io/hostname"] == "podlab"
    ghost = cluster.api.get("nodes", None, "ghost")
    assert [each["key"] for each in ghost["spec"]["taints"]] == ["node.kubernetes.io/not-ready"]
    cluster.agenda.advance(51)
    ghost = cluster.api.get("nodes", None, "ghost")
    assert {(each["status"], each["reason"]) for each in ghost["status"]["conditions"]} == {
        ("Unknown", "NodeStatusNeverUpdated")
    }


def test_a_pod_on_a_node_that_never_was_is_collected() -> None:
    cluster = SmallCluster()
    cluster.apply("pods", pod(RUN, nodeName="nowhere"))
    cluster.agenda.advance(39)
    assert cluster.pod()["status"]["phase"] == "Pending"
    cluster.agenda.advance(2)
    assert cluster.api.find("pods", "default", "app") is None
