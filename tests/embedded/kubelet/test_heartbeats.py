"""Heartbeats of a node: as they would have been written, for those who look; nothing for those who do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.objects.machines import ANNOTATION
from lab.embedded.objects.times import parse_time
from lab.embedded.runtime.interface import NodeImage
from tests.embedded.small_cluster import SmallCluster, pod

if TYPE_CHECKING:
    from lab.embedded.api.interface import WatchEvent

Json = dict[str, Any]
LEASES, SPACE = "leases.coordination.k8s.io", "kube-node-lease"


def _lease(cluster: SmallCluster) -> Json:
    cluster.api.look(LEASES)
    return cluster.api.get(LEASES, SPACE, "podlab")


def _renewed(cluster: SmallCluster) -> float:
    return parse_time(_lease(cluster)["spec"]["renewTime"])


def _heartbeats(cluster: SmallCluster) -> set[float]:
    cluster.api.look("nodes")
    conditions = cluster.api.get("nodes", None, "podlab")["status"]["conditions"]
    return {parse_time(each["lastHeartbeatTime"]) for each in conditions}


def _power(cluster: SmallCluster, state: str | None) -> None:
    patch = {"metadata": {"annotations": {ANNOTATION: state}}}
    cluster.api.patch("nodes", None, "podlab", "merge-patch+json", patch)
    cluster.agenda.settle()


def test_who_looks_sees_the_last_renewal_and_the_last_report() -> None:
    cluster = SmallCluster()
    born = _lease(cluster)
    assert born["spec"]["holderIdentity"] == "podlab"
    assert born["metadata"]["ownerReferences"][0]["kind"] == "Node"
    cluster.agenda.advance(1004)
    assert (_renewed(cluster), _heartbeats(cluster)) == (1000, {900})
    version = _lease(cluster)["metadata"]["resourceVersion"]
    assert int(version) > int(born["metadata"]["resourceVersion"])
    cluster.agenda.advance(3)
    assert _lease(cluster)["metadata"]["resourceVersion"] == version


def test_an_idle_node_that_nobody_looks_at_writes_nothing() -> None:
    cluster = SmallCluster()
    cluster.agenda.advance(10)
    before = cluster.api.revision
    assert cluster.agenda.next_due() is None or (cluster.agenda.next_due() or 0) > 3000
    cluster.agenda.advance(3000)
    assert cluster.api.revision == before


def test_a_lease_that_was_deleted_is_made_anew_at_the_next_renewal() -> None:
    cluster = SmallCluster()
    cluster.agenda.advance(12)
    cluster.api.look(LEASES)
    cluster.api.delete(LEASES, SPACE, "podlab")
    cluster.agenda.advance(5)
    cluster.api.look(LEASES)
    assert cluster.api.find(LEASES, SPACE, "podlab") is None
    cluster.agenda.advance(5)
    assert _renewed(cluster) == 20


def test_a_namespace_that_is_gone_does_not_keep_anybody_from_looking() -> None:
    cluster = SmallCluster()
    cluster.api.delete("namespaces", None, SPACE)
    cluster.agenda.advance(30)
    cluster.api.look(LEASES)
    assert not cluster.api.list(LEASES).items


def test_a_machine_without_power_renews_nothing() -> None:
    cluster = SmallCluster()
    cluster.agenda.advance(37)
    _power(cluster, "stopped")
    cluster.agenda.advance(400)
    assert (_renewed(cluster), _heartbeats(cluster)) == (30, {0})
    boot = cluster.api.get("nodes", None, "podlab")["status"]["nodeInfo"]["bootID"]
    _power(cluster, None)
    assert _renewed(cluster) == 437
    assert cluster.api.get("nodes", None, "podlab")["status"]["nodeInfo"]["bootID"] != boot


def test_the_lease_goes_with_its_node_and_is_not_made_anew() -> None:
    cluster = SmallCluster()
    cluster.api.delete("nodes", None, "podlab")
    cluster.agenda.advance(30)
    cluster.api.look(LEASES)
    assert cluster.api.find(LEASES, SPACE, "podlab") is None


def test_a_pulled_image_is_listed_when_the_kubelet_next_looks() -> None:
    cluster = SmallCluster()
    events: list[WatchEvent] = []
    cluster.api.subscribe("nodes", events.append)
    cluster.agenda.advance(3)
    cluster.runtime.node_images = lambda node: [NodeImage((f"{node}/a:1",), 5), NodeImage(("b:1",), 7)]  # type: ignore[method-assign]
    cluster.apply("pods", pod({"command": ["run"], "imagePullPolicy": "Always"}))
    cluster.agenda.advance(6)
    cluster.api.look("nodes")
    assert not cluster.api.get("nodes", None, "podlab")["status"]["images"]
    cluster.agenda.advance(10)
    cluster.api.look("nodes")
    listed = cluster.api.get("nodes", None, "podlab")["status"]["images"]
    assert listed == [
        {"names": ["b:1"], "sizeBytes": 7}, {"names": ["podlab/a:1"], "sizeBytes": 5},
    ]  # fmt: skip
