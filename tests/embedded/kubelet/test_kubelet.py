"""The kubelet on its own runtime of scripted programs: exact times, states, events, deletion."""

from __future__ import annotations

import pytest

from lab.embedded.api.errors import ApiError
from lab.embedded.api.interface import DeleteOptions, LogRequest
from lab.embedded.objects.times import parse_time
from lab.embedded.runtime.interface import HttpAnswer
from tests.embedded.small_cluster import SmallCluster, pod


def _restarts(cluster: SmallCluster, seconds: float) -> list[float]:
    """How many seconds after each end of the container its next instance was started."""
    waits: list[float] = []
    seen: set[str] = set()

    def changed(_: object) -> None:
        status = cluster.pod()["status"]["containerStatuses"][0]
        ended, began = status["lastState"].get("terminated"), status["state"].get("running")
        if ended and began and status["containerID"] not in seen:
            seen.add(status["containerID"])
            waits.append(parse_time(began["startedAt"]) - parse_time(ended["finishedAt"]))

    cluster.api.subscribe("pods", changed)
    cluster.agenda.advance(seconds)
    return waits


def test_restarts_come_at_once_then_after_exactly_10_20_40_to_300_seconds() -> None:
    cluster = SmallCluster()
    cluster.apply("pods", pod({"command": ["exit", "1", "1"]}))
    assert _restarts(cluster, 1300) == [0, 10, 20, 40, 80, 160, 300, 300, 300]


def test_a_run_is_a_function_of_the_seed() -> None:
    def states(seed: int) -> list[object]:
        cluster = SmallCluster(seed=seed)
        cluster.apply("pods", pod({"command": ["exit", "1", "1"]}))
        cluster.agenda.advance(310)
        return [cluster.pod(), cluster.events("app")]

    assert states(7) == states(7)


def test_back_off_starts_over_after_ten_good_minutes() -> None:
    cluster = SmallCluster()
    cluster.apply("pods", pod({"command": ["exit", "1", "700"]}))
    assert _restarts(cluster, 3000) == [0, 0, 0, 0]


def test_a_crashing_container_says_error_then_crash_loop() -> None:
    cluster = SmallCluster()
    cluster.apply("pods", pod({"command": ["exit", "3", "1"]}))
    cluster.agenda.advance(4.5)  # sandbox 2.5 s, run 1 s, restarted at once, run 1 s
    status = cluster.pod()["status"]["containerStatuses"][0]
    assert status["state"]["terminated"]["reason"] == "Error"
    cluster.agenda.advance(1)
    status = cluster.pod()["status"]["containerStatuses"][0]
    assert status["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    assert status["state"]["waiting"]["message"].startswith(
        "back-off 10s restarting failed container=app pod=app_"
    )
    assert status["lastState"]["terminated"]["exitCode"] == 3
    assert cluster.pod()["status"]["phase"] == "Running"


@pytest.mark.parametrize(("policy", "code", "phase"), [("Never", 3, "Failed"), ("OnFailure", 0, "Succeeded")])
def test_pods_that_are_done_reach_a_final_phase(policy: str, code: int, phase: str) -> None:
    cluster = SmallCluster()
    cluster.apply("pods", pod({"command": ["exit", str(code)]}, restartPolicy=policy))
    cluster.agenda.advance(5)
    assert cluster.pod()["status"]["phase"] == phase


def test_deletion_waits_for_the_grace_period_of_a_deaf_process() -> None:
    cluster = SmallCluster()
    cluster.apply("pods", pod({"command": ["run"]}, terminationGracePeriodSeconds=10))
    cluster.agenda.advance(5)
    cluster.api.delete("pods", "default", "app")
    cluster.agenda.advance(9.9)
    assert cluster.pod()["metadata"]["deletionTimestamp"]
    cluster.agenda.advance(0.2)
    assert cluster.api.find("pods", "default", "app") is None
    assert ("Killing", "Stopping container app", 1) in cluster.events("app")


def test_an_obedient_process_is_gone_at_once() -> None:
    cluster = SmallCluster()
    cluster.apply("pods", pod({"command": ["run", "obedient"]}))
    cluster.agenda.advance(5)
    cluster.api.delete("pods", "default", "app")
    cluster.agenda.settle()
    assert cluster.api.find("pods", "default", "app") is None


def test_forced_deletion_stops_the_process_unseen() -> None:
    cluster = SmallCluster()
    made = cluster.apply("pods", pod({"command": ["run"]}))
    cluster.agenda.advance(5)
    cluster.api.delete("pods", "default", "app", DeleteOptions(grace_period=0))
    cluster.agenda.settle()
    assert cluster.api.find("pods", "default", "app") is None
    cluster.agenda.advance(3)
    assert cluster.kubelet.worker(made["metadata"]["uid"]) is None


def test_a_missing_secret_mends_itself() -> None:
    cluster = SmallCluster()
    reference = {"secretKeyRef": {"name": "db", "key": "password"}}
    cluster.apply("pods", pod({"command": ["run"], "env": [{"name": "PASSWORD", "valueFrom": reference}]}))
    cluster.agenda.advance(20)
    waiting = cluster.pod()["status"]["containerStatuses"][0]["state"]["waiting"]
    assert waiting == {"reason": "CreateContainerConfigError", "message": 'secret "db" not found'}
    cluster.apply("secrets", {"metadata": {"name": "db"}, "data": {"password": "cw=="}})
    cluster.agenda.advance(16)
    assert cluster.pod()["status"]["phase"] == "Running"
    assert cluster.runtime.containers[-1].config.env["PASSWORD"] == "s"


def test_a_missing_volume_source_is_tried_again_with_a_growing_pause() -> None:
    cluster = SmallCluster()
    mounts = [{"name": "s", "mountPath": "/s"}]
    spec = pod(
        {"command": ["run"], "volumeMounts": mounts}, volumes=[{"name": "s", "secret": {"secretName": "tls"}}]
    )
    cluster.apply("pods", spec)
    cluster.agenda.advance(60)
    reasons = {reason: (message, count) for reason, message, count in cluster.events("app")}
    assert reasons["FailedMount"] == ('MountVolume.SetUp failed for volume "s" : secret "tls" not found', 7)
    cluster.apply("secrets", {"metadata": {"name": "tls"}, "data": {"key": "cw=="}})
    cluster.agenda.advance(6)
    assert cluster.pod()["status"]["phase"] == "Running"


def test_liveness_restarts_and_readiness_follows_its_probe() -> None:
    cluster = SmallCluster()
    cluster.runtime.http_answer = lambda now, call: HttpAnswer(
        503 if now > 20 and call.path == "/live" else 200
    )
    live = {"httpGet": {"path": "/live", "port": 8080}, "periodSeconds": 5, "failureThreshold": 2}
    ready = {"httpGet": {"path": "/ready", "port": 8080}, "periodSeconds": 5}
    cluster.apply(
        "pods", pod({"command": ["run", "obedient"], "livenessProbe": live, "readinessProbe": ready})
    )
    cluster.agenda.advance(3)
    assert cluster.pod()["status"]["containerStatuses"][0]["ready"]  # probed at once when it started
    cluster.agenda.advance(29)
    assert cluster.pod()["status"]["containerStatuses"][0]["restartCount"] == 1
    assert ("Killing", "Container app failed liveness probe, will be restarted", 1) in cluster.events("app")
    assert (
        "Unhealthy",
        "Liveness probe failed: HTTP probe failed with statuscode: 503",
        2,
    ) in cluster.events("app")


def test_init_containers_run_one_after_another_before_the_rest() -> None:
    cluster = SmallCluster()
    init = [
        {"name": name, "image": "busybox:1.36", "command": ["exit", "0", "3"]} for name in ("first", "second")
    ]
    cluster.apply("pods", pod({"command": ["run"]}, initContainers=init))
    cluster.agenda.advance(4)
    assert [each.config.name for each in cluster.runtime.containers] == ["first"]
    cluster.agenda.advance(5)
    assert [each.config.name for each in cluster.runtime.containers] == ["first", "second", "app"]
    assert cluster.pod()["status"]["phase"] == "Running"


def test_a_sidecar_starts_first_and_outlives_the_containers() -> None:
    cluster = SmallCluster()
    sidecar = {
        "name": "proxy",
        "image": "busybox:1.36",
        "command": ["run", "obedient"],
        "restartPolicy": "Always",
    }
    cluster.apply("pods", pod({"command": ["run", "obedient"]}, initContainers=[sidecar]))
    cluster.agenda.advance(3)
    assert [each.config.name for each in cluster.runtime.containers] == ["proxy", "app"]
    assert cluster.pod()["status"]["conditions"][2]["status"] == "True"


def test_image_pulls_fail_and_back_off() -> None:
    cluster = SmallCluster()
    cluster.runtime.absent.add("nobody/app:v9")
    cluster.apply("pods", pod({"image": "nobody/app:v9"}))
    cluster.agenda.advance(4)
    waiting = cluster.pod()["status"]["containerStatuses"][0]["state"]["waiting"]
    assert waiting["reason"] in {"ErrImagePull", "ImagePullBackOff"}
    cluster.agenda.advance(40)
    reasons = {(reason, message) for reason, message, _ in cluster.events("app")}
    assert ("BackOff", 'Back-off pulling image "nobody/app:v9"') in reasons
    assert ("Failed", "Error: ImagePullBackOff") in reasons


def test_logs_are_refused_in_the_api_servers_words() -> None:
    cluster = SmallCluster()
    cluster.apply("pods", pod({"command": ["run"]}))
    with pytest.raises(ApiError, match='container "app" in pod "app" is waiting to start: ContainerCreating'):
        cluster.agent.logs("default", "app", LogRequest())
    cluster.agenda.advance(3)
    with pytest.raises(ApiError, match='previous terminated container "app" in pod "app" not found'):
        cluster.agent.logs("default", "app", LogRequest(previous=True))
    chunks: list[bytes] = []
    cluster.agent.logs("default", "app", LogRequest()).start(chunks.append, lambda: None)
    assert chunks == [b"started\n"]


def test_a_hook_that_connects_is_no_hook_and_fails() -> None:
    cluster = SmallCluster()
    hook = {"postStart": {"tcpSocket": {"port": 80}}}
    cluster.apply("pods", pod({"command": ["run"], "lifecycle": hook}))
    cluster.agenda.advance(5)
    assert "FailedPostStartHook" in {reason for reason, _, _ in cluster.events("app")}
