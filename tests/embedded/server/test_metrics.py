"""What `kubectl top` reads: computed when asked for, as metrics-server would have scraped it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from lab.embedded.cluster import Cluster
from lab.embedded.server.messages import Answer, Request

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]
PODS = "/apis/metrics.k8s.io/v1beta1/namespaces/default/pods"
NODES = "/apis/metrics.k8s.io/v1beta1/nodes"


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    cluster = Cluster(host_now=lambda: 1_800_000_000.0)
    yield cluster
    cluster.close()


def get(cluster: Cluster, url: str, accept: str = "") -> tuple[int, Json]:
    parts = urlsplit(url)
    headers = {"podlab-time": "cluster", "accept": accept}
    answer = cluster.request(Request("GET", parts.path, parse_qs(parts.query), headers, b"", parts.query))
    assert isinstance(answer, Answer)
    return answer.status, orjson.loads(answer.body)


def run(cluster: Cluster, name: str, script: str, **resources: Any) -> None:
    container = {
        "name": "c",
        "image": "busybox:1.36",
        "command": ["sh", "-c", script],
        "resources": resources,
    }
    metadata = {"name": name, "labels": {"run": name}}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}}
    cluster.api.create("pods", "default", pod)
    cluster.settle()


def cpu(cluster: Cluster) -> dict[str, int]:
    """Nanocores of every pod that is told of."""
    items = get(cluster, PODS)[1]["items"]
    return {
        each["metadata"]["name"]: int(each["containers"][0]["usage"]["cpu"].rstrip("n")) for each in items
    }


def test_a_pod_is_told_of_once_a_scrape_has_seen_it_run_for_ten_seconds(cluster: Cluster) -> None:
    run(cluster, "idle", "sleep 1000")
    assert get(cluster, PODS)[1]["items"] == []
    assert get(cluster, f"{PODS}/idle")[1]["message"] == (
        'podmetrics.metrics.k8s.io "default/idle" not found'
    )
    assert get(cluster, f"{PODS}/nope")[1]["message"] == 'pods "default/nope" not found'
    cluster.advance(14)
    assert get(cluster, NODES)[1]["items"] == []
    cluster.advance(2)
    (node,) = get(cluster, NODES)[1]["items"]
    status, found = get(cluster, f"{PODS}/idle")
    assert status == 200
    assert found["metadata"]["labels"] == {"run": "idle"}
    assert found["timestamp"] == "2026-01-01T00:00:15Z"
    assert found["containers"] == [{"name": "c", "usage": {"cpu": "0", "memory": "512Ki"}}]
    assert node["usage"]["memory"] == "512Ki"
    cluster.api.delete("pods", "default", "idle")
    cluster.advance(31)
    assert get(cluster, PODS)[1]["items"] == []


def test_computing_counts_up_to_the_limit_and_waiting_does_not(cluster: Cluster) -> None:
    run(cluster, "spin", "while :; do :; done")
    run(cluster, "limited", "while :; do :; done", limits={"cpu": "100m"})
    run(cluster, "loop", "while sleep 1; do true; done")
    run(cluster, "ended", "sleep 40")
    cluster.advance(35)
    used = cpu(cluster)
    assert used["spin"] == pytest.approx(1e9, rel=0.05)
    assert used["limited"] == 100_000_000
    assert 0 < used["loop"] < 2_000_000
    assert used["ended"] == 0
    cluster.advance(8)
    assert "ended" not in cpu(cluster)  # nothing of it runs while it is backed off
    assert set(cpu(cluster)) == {"spin", "limited", "loop"}
    (selected,) = get(cluster, f"{PODS}?labelSelector=run%3Dspin")[1]["items"]
    assert selected["metadata"]["name"] == "spin"
    table = get(cluster, NODES, "application/json;as=Table;v=v1;g=meta.k8s.io")[1]
    assert [each["name"] for each in table["columnDefinitions"]] == ["Name", "cpu", "memory", "Window"]


def test_the_group_is_discovered(cluster: Cluster) -> None:
    resources = get(cluster, "/apis/metrics.k8s.io/v1beta1")[1]["resources"]
    assert [(each["name"], each["kind"], each["namespaced"]) for each in resources] == [
        ("nodes", "NodeMetrics", False), ("pods", "PodMetrics", True),
    ]  # fmt: skip
    assert get(cluster, f"{PODS}/x/log")[0] == 404
    assert get(cluster, "/apis/metrics.k8s.io/v1beta1/namespaces/default/nodes")[0] == 404
