"""How pods end: minimal grace, sidecars in order, a grace period cut short, deadlines, failed probes."""

from __future__ import annotations

from typing import Any

import pytest

from lab.embedded.api.errors import ApiError
from lab.embedded.api.interface import DeleteOptions
from tests.embedded.small_cluster import SmallCluster, pod
from tests.traces.test_traces import runtime_with_busybox

Json = dict[str, Any]
DEAF = ["sh", "-c", "trap '' TERM; while true; do sleep 1; done"]
OBEDIENT = ["sh", "-c", "trap 'exit 0' TERM; while true; do sleep 0.1; done"]


def _cluster(manifest: Json, seconds: float = 5) -> SmallCluster:
    cluster = SmallCluster(runtime_with_busybox)
    cluster.apply("pods", manifest)
    cluster.agenda.advance(seconds)
    return cluster


def _gone_after(cluster: SmallCluster, grace: int | None) -> float:
    """Seconds from a deletion until the pod is gone."""
    began = cluster.agenda.now()
    cluster.api.delete("pods", "default", "app", DeleteOptions(grace_period=grace))
    cluster.agenda.settle()
    while cluster.api.find("pods", "default", "app") is not None:
        cluster.agenda.advance(0.25)
    return cluster.agenda.now() - began


def _killed(cluster: SmallCluster) -> list[str]:
    return [message for reason, message, _ in cluster.events("app") if reason == "Killing"]


@pytest.mark.parametrize(("grace", "seconds"), [(1, 2.0), (5, 5.0), (None, 30.0)])
def test_a_deaf_process_has_its_grace_but_never_less_than_two_seconds(
    grace: int | None, seconds: float
) -> None:
    assert _gone_after(_cluster(pod({"command": DEAF})), grace) == pytest.approx(seconds, abs=0.25)


def test_a_grace_period_of_zero_in_the_spec_still_lets_a_process_end_by_itself() -> None:
    probe = {"exec": {"command": ["false"]}, "periodSeconds": 5, "failureThreshold": 1}
    cluster = _cluster(
        pod({"command": OBEDIENT, "livenessProbe": probe}, terminationGracePeriodSeconds=0), seconds=12
    )
    assert cluster.pod()["status"]["containerStatuses"][0]["lastState"]["terminated"]["exitCode"] == 0


def test_a_second_deletion_cuts_the_grace_period_short() -> None:
    cluster = _cluster(pod({"command": DEAF}))
    cluster.api.delete("pods", "default", "app")
    cluster.agenda.advance(10)
    assert _gone_after(cluster, 1) == pytest.approx(2.0, abs=0.25)


def test_a_deletion_does_not_wait_for_a_kill_that_takes_longer() -> None:
    probe = {"exec": {"command": ["false"]}, "periodSeconds": 5, "failureThreshold": 1}
    cluster = _cluster(pod({"command": DEAF, "livenessProbe": probe}), seconds=12)
    assert _killed(cluster) == ["Container app failed liveness probe, will be restarted"]
    assert _gone_after(cluster, 4) == pytest.approx(4.0, abs=0.25)
    assert _killed(cluster)[1:] == ["Stopping container app"]


def _with_sidecar(command: list[str], sidecar: list[str], **spec: Any) -> Json:
    helper = {"name": "helper", "image": "busybox:1.36", "restartPolicy": "Always", "command": sidecar}
    return pod({"command": command}, initContainers=[helper], **spec)


def test_a_sidecar_gets_its_signal_when_the_containers_have_ended() -> None:
    """All are told at once; the sidecar's grace period runs meanwhile (`terminationOrdering`)."""
    slow = ["sh", "-c", "trap 'sleep 6; exit 0' TERM; while true; do sleep 0.1; done"]
    cluster = _cluster(_with_sidecar(slow, OBEDIENT))
    cluster.api.delete("pods", "default", "app")
    cluster.agenda.advance(4)
    assert sorted(_killed(cluster)) == ["Stopping container app", "Stopping container helper"]
    status = cluster.kubelet.worker(cluster.pod()["metadata"]["uid"])
    assert status is not None
    assert sorted(each.name for each in status.instances.running()) == ["app", "helper"]
    cluster.agenda.advance(3)
    with pytest.raises(ApiError):
        cluster.pod()


def test_a_deaf_sidecar_has_what_is_left_of_the_grace_period() -> None:
    slow = ["sh", "-c", "trap 'sleep 6; exit 0' TERM; while true; do sleep 0.1; done"]
    cluster = _cluster(_with_sidecar(slow, DEAF, terminationGracePeriodSeconds=10))
    assert _gone_after(cluster, None) == pytest.approx(10.0, abs=1.0)


def test_a_job_is_over_when_its_sidecar_has_been_stopped() -> None:
    slow = ["sh", "-c", "trap 'sleep 4; exit 0' TERM; while true; do sleep 0.1; done"]
    cluster = _cluster(_with_sidecar(["sleep", "5"], slow, restartPolicy="Never"), seconds=9)
    status = cluster.pod()["status"]
    assert status["phase"] == "Running"
    assert "terminated" in status["containerStatuses"][0]["state"]
    assert _killed(cluster) == ["Stopping container helper"]
    cluster.agenda.advance(5)
    status = cluster.pod()["status"]
    assert status["phase"] == "Succeeded"
    assert status["initContainerStatuses"][0]["state"]["terminated"]["exitCode"] == 0


def test_a_liveness_failure_without_restart_stops_the_pod() -> None:
    probe = {"exec": {"command": ["false"]}, "periodSeconds": 5, "failureThreshold": 1}
    cluster = _cluster(pod({"command": OBEDIENT, "livenessProbe": probe}, restartPolicy="Never"), seconds=12)
    assert _killed(cluster) == ["Stopping container app"]
    assert cluster.pod()["status"]["phase"] == "Succeeded"


def test_of_two_containers_only_the_one_that_fails_its_probe_is_stopped() -> None:
    probe = {"exec": {"command": ["false"]}, "periodSeconds": 5, "failureThreshold": 1}
    cluster = _cluster(
        pod({"command": OBEDIENT, "livenessProbe": probe}, {"command": DEAF}, restartPolicy="Never"),
        seconds=12,
    )
    assert _killed(cluster) == ["Container app failed liveness probe"]
    assert cluster.pod()["status"]["phase"] == "Running"


def test_a_deadline_is_told_whenever_the_status_is_made_and_never_again() -> None:
    """Once by the sync that finds it, then when termination begins, ends, and is over."""
    manifest = pod({"command": DEAF}, activeDeadlineSeconds=10, terminationGracePeriodSeconds=3)
    cluster = _cluster(manifest, seconds=300)
    status = cluster.pod()["status"]
    assert (status["phase"], status["reason"]) == ("Failed", "DeadlineExceeded")
    assert [count for reason, _, count in cluster.events("app") if reason == "DeadlineExceeded"] == [4]
    cluster.api.delete("pods", "default", "app")
    cluster.agenda.settle()
    assert cluster.api.find("pods", "default", "app") is None


def test_a_label_that_changes_reaches_the_downward_api_at_once() -> None:
    item = {"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}
    look = "while true; do cat /info/labels; echo; sleep 1; done"
    manifest = pod(
        {"command": ["sh", "-c", look], "volumeMounts": [{"name": "info", "mountPath": "/info"}]},
        volumes=[{"name": "info", "downwardAPI": {"items": [item]}}],
    )
    cluster = _cluster(manifest)
    labels = {"metadata": {"labels": {"tier": "front"}}}
    cluster.api.patch("pods", "default", "app", "merge-patch+json", labels)
    cluster.agenda.advance(1.5)
    worker = cluster.kubelet.worker(cluster.pod()["metadata"]["uid"])
    assert worker is not None
    handle = worker.instances.running()[0].handle
    assert handle is not None
    assert handle.logs.lines()[-1].data == b'tier="front"'


def _interrupted(script: str) -> Json:
    """What became of a container whose PID 1 got SIGINT from inside."""
    cluster = _cluster(pod({"command": ["sh", "-c", script]}, restartPolicy="Never"))
    argv = ["kill", "-INT", "1"]
    cluster.agent.exec(
        "default",
        "app",
        None,
        argv,
        stdin=False,
        tty=False,
        on_output=lambda *_: None,
        on_exit=lambda _: None,
    )
    cluster.agenda.advance(10)
    status: Json = cluster.pod()["status"]["containerStatuses"][0]["state"]
    return status


def test_an_interrupt_ends_a_script_even_as_the_first_process() -> None:
    """As ash does it, which catches SIGINT; a program that takes the shell's place ignores it."""
    ended = _interrupted("trap 'echo clean > /dev/termination-log' EXIT; while true; do sleep 1; done")
    assert (ended["terminated"]["exitCode"], ended["terminated"]["message"]) == (130, "clean\n")
    assert _interrupted("while true; do sleep 1; done")["terminated"]["exitCode"] == 130
    assert "running" in _interrupted("exec sleep 1000")
    assert "running" in _interrupted("trap '' INT; while true; do sleep 1; done")
