"""What a pod's status tells beyond phase and container states: resources, users, mounts, gates, probes."""

from __future__ import annotations

from typing import Any

from tests.embedded.small_cluster import SmallCluster, pod
from tests.traces.test_traces import runtime_with_busybox

Json = dict[str, Any]
RUN = ["sh", "-c", "trap 'sleep 8; exit 0' TERM; touch /up; while true; do sleep 0.1; done"]


def _cluster(manifest: Json, seconds: float = 5) -> SmallCluster:
    cluster = SmallCluster(runtime_with_busybox)
    cluster.apply("pods", manifest)
    cluster.agenda.advance(seconds)
    return cluster


def _conditions(cluster: SmallCluster) -> dict[str, tuple[str, str]]:
    return {
        each["type"]: (each["status"], each.get("reason", ""))
        for each in cluster.pod()["status"]["conditions"]
    }


def test_a_container_tells_what_it_was_given_and_who_it_is() -> None:
    resources = {"requests": {"cpu": "100m", "memory": "32Mi"}, "limits": {"memory": "64Mi"}}
    mounts = [{"name": "data", "mountPath": "/data"}, {"name": "data", "mountPath": "/ro", "readOnly": True}]
    status = _cluster(
        pod(
            {"command": RUN, "resources": resources, "volumeMounts": mounts},
            {"command": RUN},
            volumes=[{"name": "data", "emptyDir": {}}],
            securityContext={"runAsUser": 7, "fsGroup": 9},
        )
    ).pod()["status"]
    first, second = status["containerStatuses"]
    assert (first["resources"], first["allocatedResources"]) == (resources, resources["requests"])
    assert (second["resources"], "allocatedResources" in second) == ({}, False)
    assert first["user"] == {"linux": {"uid": 7, "gid": 0, "supplementalGroups": [0, 9]}}
    assert [each for each in first["volumeMounts"] if each["name"] == "data"] == [
        {"name": "data", "mountPath": "/data"},
        {"name": "data", "mountPath": "/ro", "readOnly": True, "recursiveReadOnly": "Disabled"},
    ]
    assert status["allocatedResources"] == resources["requests"]
    assert status["resources"] == {"requests": resources["requests"]}, "one container has no limit"


def test_last_words_can_be_left_by_anybody_wherever_the_manifest_says() -> None:
    """The kubelet mounts the file, so that neither the user nor a read-only root is in its way."""
    security = {"runAsUser": 1000, "readOnlyRootFilesystem": True}
    container = {"command": ["sh", "-c", "echo disk full > /var/why; exit 12"], "securityContext": security}
    cluster = _cluster(pod(container | {"terminationMessagePath": "/var/why"}, restartPolicy="Never"))
    ended = cluster.pod()["status"]["containerStatuses"][0]["state"]["terminated"]
    assert (ended["exitCode"], ended["message"]) == (12, "disk full\n")


def test_a_readiness_gate_holds_the_pod_back_until_its_condition_is_true() -> None:
    gate = "podlab.dev/in-pool"
    cluster = _cluster(pod({"command": RUN}, readinessGates=[{"conditionType": gate}]))
    assert _conditions(cluster)["Ready"] == ("False", "ReadinessGatesNotReady")
    assert _conditions(cluster)["ContainersReady"] == ("True", "")
    held = cluster.pod()["status"]["conditions"]
    body = {"status": {"conditions": [*held, {"type": gate, "status": "True"}]}}
    cluster.api.patch("pods", "default", "app", "merge-patch+json", body, subresource="status")
    cluster.agenda.advance(1)
    assert _conditions(cluster)["Ready"] == ("True", "")


def test_readiness_is_told_while_the_pod_is_being_stopped() -> None:
    probe = {"exec": {"command": ["cat", "/up"]}, "periodSeconds": 1, "failureThreshold": 1}
    script = RUN[2].replace("sleep 8", "rm /up; sleep 8")
    cluster = _cluster(pod({"command": ["sh", "-c", script], "readinessProbe": probe}))
    assert _conditions(cluster)["Ready"] == ("True", "")
    cluster.api.delete("pods", "default", "app")
    cluster.agenda.advance(3)
    assert _conditions(cluster)["Ready"] == ("False", "ContainersNotReady")
    assert cluster.pod()["status"]["containerStatuses"][0]["ready"] is False
    assert "running" in cluster.pod()["status"]["containerStatuses"][0]["state"]


def test_a_pod_whose_sidecar_restarts_stays_initialized() -> None:
    helper = {"name": "helper", "image": "busybox:1.36", "restartPolicy": "Always"}
    crash = helper | {"command": ["sh", "-c", "sleep 6; exit 1"]}
    cluster = _cluster(pod({"command": RUN}, initContainers=[crash]), seconds=24)
    status = cluster.pod()["status"]
    assert status["initContainerStatuses"][0]["restartCount"] == 1
    assert "running" not in status["initContainerStatuses"][0]["state"]
    assert (status["phase"], _conditions(cluster)["Initialized"]) == ("Running", ("True", ""))
