"""A node that runs out of memory: its condition, its taint, and the pods it gives up."""

from __future__ import annotations

from typing import Any

from tests.embedded.small_cluster import SmallCluster, pod

Json = dict[str, Any]
GIB = 1024**3
RUN = {"command": ["run", "obedient"]}


def _use(cluster: SmallCluster, name: str, amount: int) -> None:
    worker = cluster.kubelet.worker(cluster.pod(name)["metadata"]["uid"])
    assert worker is not None
    (instance,) = worker.instances.running()
    handle: Any = instance.handle
    handle.memory_usage = lambda: amount


def _pressure(cluster: SmallCluster) -> tuple[str, list[str]]:
    node = cluster.api.get("nodes", None, "podlab")
    (status,) = [each["status"] for each in node["status"]["conditions"] if each["type"] == "MemoryPressure"]
    return status, [each["key"] for each in node["spec"].get("taints") or ()]


def test_the_greediest_pod_goes_and_the_node_recovers() -> None:
    cluster = SmallCluster()
    fair = RUN | {"resources": {"requests": {"memory": "4Gi"}}}
    for name, container in (("fair", fair), ("greedy", RUN), ("small", RUN)):
        cluster.apply("pods", pod(container, name=name))
    cluster.agenda.advance(5)
    for name, amount in (("fair", 4 * GIB), ("greedy", 3 * GIB), ("small", GIB - 50 * 1024**2)):
        _use(cluster, name, amount)
    cluster.agenda.advance(6)
    status = cluster.pod("greedy")["status"]
    message = (
        "The node was low on resource: memory. Threshold quantity: 100Mi, available: 50Mi. Container app was "
        "using 3Gi, request is 0, has larger consumption of memory. "
    )
    assert (status["phase"], status["reason"], status["message"]) == ("Failed", "Evicted", message)
    assert status["containerStatuses"][0]["state"]["terminated"]["exitCode"] == 143
    target = next(each for each in status["conditions"] if each["type"] == "DisruptionTarget")
    assert target["reason"] == "TerminationByKubelet"
    assert ("Evicted", message, 1) in cluster.events("greedy")
    assert _pressure(cluster) == ("True", ["node.kubernetes.io/memory-pressure"])
    reasons = {reason for reason, _, _ in cluster.events("podlab")}
    assert {"NodeHasInsufficientMemory", "EvictionThresholdMet"} <= reasons
    cluster.agenda.advance(280)
    assert cluster.pod("fair")["status"]["phase"] == cluster.pod("small")["status"]["phase"] == "Running"
    assert _pressure(cluster)[0] == "True"
    cluster.agenda.advance(30)
    assert _pressure(cluster) == ("False", [])
