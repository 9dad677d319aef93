"""Getting images: names that are none, registries that are none, pull secrets that are missing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.embedded.small_cluster import SmallCluster, pod
from tests.traces.test_traces import runtime_with_busybox

Json = dict[str, Any]


def _cluster(manifest: Json, seconds: float = 5) -> SmallCluster:
    cluster = SmallCluster(runtime_with_busybox)
    cluster.apply("pods", manifest)
    cluster.agenda.advance(seconds)
    return cluster


@pytest.mark.parametrize(
    ("image", "wrong"),
    [
        ("BusyBox:1.36", "invalid reference format: repository name (library/BusyBox) must be lowercase"),
        ("docker.io/Team/app", "invalid reference format: repository name (Team/app) must be lowercase"),
        ("busybox:", "invalid reference format"),
        ("busybox@sha256:12", "invalid reference format"),
        ("a//b", "invalid reference format"),
        ("-host.example/app:1", "invalid reference format"),
        ("a" * 64, f"invalid repository name ({'a' * 64}), cannot specify 64-byte hexadecimal strings"),
    ],
)
def test_what_is_no_reference_is_not_pulled(image: str, wrong: str) -> None:
    status = _cluster(pod({"image": image})).pod()["status"]["containerStatuses"][0]
    message = (
        f'Failed to apply default image tag "{image}": couldn\'t parse image reference "{image}": {wrong}'
    )
    assert status["state"] == {"waiting": {"reason": "InvalidImageName", "message": message}}


def test_a_name_in_capitals_before_the_slash_is_a_host() -> None:
    cluster = _cluster(pod({"image": "UPPER/app:1"}), seconds=12)
    assert [reason for reason, _, _ in cluster.events("app")][:3] == ["Scheduled", "Pulling", "Failed"]
    failed = next(message for reason, message, _ in cluster.events("app") if reason == "Failed")
    assert "lookup UPPER on 10.96.0.10:53: no such host" in failed


def test_every_sync_tells_of_pull_secrets_that_are_missing() -> None:
    secrets = [{"name": "regcred"}, {"name": ""}, {"name": "other"}]
    cluster = _cluster(pod({"command": ["sleep", "1000"]}, imagePullSecrets=secrets), seconds=100)
    told = [(message, count) for reason, message, count in cluster.events("app") if "Secret" in reason]
    lead = "Unable to retrieve some image pull secrets (regcred, other)"
    assert [message for message, _ in told] == [f"{lead}; attempting to pull the image may not succeed."]
    assert told[0][1] >= 2
    assert cluster.pod()["status"]["phase"] == "Running"


def test_an_ephemeral_container_is_never_ready() -> None:
    cluster = _cluster(pod({"command": ["sleep", "1000"]}))
    extra = {"name": "look", "image": "busybox:1.36", "command": ["sh", "-c", "sleep 5; exit 3"]}
    body = {"spec": {"ephemeralContainers": [extra]}}
    cluster.api.patch(
        "pods", "default", "app", "strategic-merge-patch+json", body, subresource="ephemeralcontainers"
    )
    cluster.agenda.advance(2)
    status = cluster.pod()["status"]["ephemeralContainerStatuses"][0]
    assert (status["ready"], "started" in status, "running" in status["state"]) == (False, False, True)
    cluster.agenda.advance(10)
    status = cluster.pod()["status"]["ephemeralContainerStatuses"][0]
    assert (status["state"]["terminated"]["exitCode"], status["restartCount"]) == (3, 0)
