"""Disks that fill: limits of ephemeral storage and of emptyDir volumes, on disk and in memory."""

from __future__ import annotations

import random
from typing import Any

import pytest

from lab.embedded.runtime.simulated import SimulatedRuntime
from tests.embedded.small_cluster import SmallCluster, pod

Json = dict[str, Any]
_MOUNT = [{"name": "cache", "mountPath": "/cache"}]


def _cluster() -> SmallCluster:
    return SmallCluster(lambda cluster: SimulatedRuntime(cluster.agenda, random.Random(1)))  # noqa: S311 (a simulation's dice)


def _writer(megabytes: int, path: str, **container: Any) -> Json:
    command = f"dd if=/dev/zero of={path} bs=1M count={megabytes} 2>/dev/null; echo ended $?; sleep 1000"
    return {"command": ["sh", "-c", command], **container}


@pytest.mark.parametrize(
    ("container", "volume", "message"),
    [
        (
            _writer(30, "/x", resources={"limits": {"ephemeral-storage": "10Mi"}}),
            None,
            "Pod ephemeral local storage usage exceeds the total limit of containers 10Mi. ",
        ),
        (
            _writer(30, "/cache/x", volumeMounts=_MOUNT),
            {"sizeLimit": "10Mi"},
            'Usage of EmptyDir volume "cache" exceeds the limit "10Mi". ',
        ),
    ],
)
def test_a_pod_that_uses_more_disk_than_it_may_is_evicted(
    container: Json, volume: Json | None, message: str
) -> None:
    cluster = _cluster()
    volumes = [{"name": "cache", "emptyDir": volume}] if volume is not None else []
    cluster.apply("pods", pod(container, volumes=volumes))
    cluster.agenda.advance(20)
    status = cluster.pod()["status"]
    assert (status["phase"], status["reason"], status["message"]) == ("Failed", "Evicted", message)
    cluster.agenda.advance(60)
    assert [each for each in cluster.events("app") if each[0] == "Evicted"] == [("Evicted", message, 1)]


def test_of_two_containers_the_one_that_exceeds_its_own_limit_is_named() -> None:
    cluster = _cluster()
    greedy = _writer(30, "/x", resources={"limits": {"ephemeral-storage": "10Mi"}})
    cluster.apply("pods", pod({"command": ["sleep", "999"]}, greedy))
    cluster.agenda.advance(20)
    assert (
        cluster.pod()["status"]["message"]
        == 'Container c1 exceeded its local ephemeral storage limit "10Mi". '
    )


def test_a_volume_in_memory_is_full_at_its_limit_and_counts_as_the_container_s_memory() -> None:
    cluster = _cluster()
    container = _writer(60, "/cache/x", volumeMounts=_MOUNT)
    cluster.apply(
        "pods",
        pod(container, volumes=[{"name": "cache", "emptyDir": {"medium": "Memory", "sizeLimit": "20Mi"}}]),
    )
    limited = container | {"resources": {"limits": {"memory": "32Mi"}}}
    cluster.apply("pods", pod(limited, name="small", restartPolicy="Never",
                              volumes=[{"name": "cache", "emptyDir": {"medium": "Memory"}}]))  # fmt: skip
    cluster.agenda.advance(20)
    assert cluster.pod()["status"]["phase"] == "Running"
    state = cluster.pod("small")["status"]["containerStatuses"][0]["state"]["terminated"]
    assert (state["reason"], state["exitCode"]) == ("OOMKilled", 137)
