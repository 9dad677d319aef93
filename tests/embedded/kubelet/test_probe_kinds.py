"""Probes of every kind against the programs of real images: what succeeds, and what failures are called."""

from __future__ import annotations

import random
from typing import Any

import pytest

from lab.embedded.runtime.simulated import SimulatedRuntime
from tests.embedded.small_cluster import SmallCluster, pod

Json = dict[str, Any]
AGNHOST = "registry.k8s.io/e2e-test-images/agnhost:2.53"
NETEXEC = {"image": AGNHOST, "args": ["netexec"], "ports": [{"name": "web", "containerPort": 8080}]}
GRPC = {"image": AGNHOST, "args": ["grpc-health-checking", "--service=live"]}


def _cluster() -> SmallCluster:
    cluster = SmallCluster(lambda it: SimulatedRuntime(it.agenda, random.Random(1)))  # noqa: S311 (a simulation's dice)
    _runtime(cluster).images.pulled("podlab", AGNHOST)
    return cluster


def _runtime(cluster: SmallCluster) -> SimulatedRuntime:
    assert isinstance(cluster.runtime, SimulatedRuntime)
    return cluster.runtime


def _readiness(container: Json, probe: Json) -> tuple[bool, list[tuple[str, str]]]:
    """Whether a container became ready within 20 s, and what its probe left as events."""
    cluster = _cluster()
    cluster.apply("pods", pod(container | {"readinessProbe": {"periodSeconds": 5, **probe}}))
    cluster.agenda.advance(20)
    status = cluster.pod()["status"]["containerStatuses"][0]
    told = [
        (reason, message)
        for reason, message, _ in cluster.events("app")
        if reason in ("Unhealthy", "ProbeWarning")
    ]
    return status["ready"], [
        (reason, message.replace(cluster.pod()["status"]["podIP"], "IP")) for reason, message in told
    ]


@pytest.mark.parametrize(
    ("container", "probe"),
    [
        (NETEXEC, {"httpGet": {"path": "/healthz", "port": "web"}}),
        (NETEXEC, {"httpGet": {"path": "/redirect?location=/healthz", "port": 8080}}),
        (NETEXEC, {"httpGet": {"path": "/redirect?location=/echo%3Fcode=399", "port": 8080}}),
        (NETEXEC, {"tcpSocket": {"port": "web"}}),
        (NETEXEC, {"exec": {"command": ["true"]}}),
        (GRPC, {"grpc": {"port": 5000, "service": "live"}}),
    ],
)
def test_what_is_well_becomes_ready(container: Json, probe: Json) -> None:
    ready, told = _readiness(container, probe)
    assert ready
    assert [each for each in told if each[0] == "Unhealthy"] == []


@pytest.mark.parametrize(
    ("container", "probe", "message"),
    [
        (NETEXEC, {"httpGet": {"path": "/echo?code=500", "port": 8080}},
         "Readiness probe failed: HTTP probe failed with statuscode: 500"),
        (NETEXEC, {"httpGet": {"path": "/", "port": "nope"}},
         ("Readiness probe errored and resulted in unknown state: "
          'strconv.Atoi: parsing "nope": invalid syntax')),
        (NETEXEC, {"httpGet": {"path": "/", "port": 8080, "scheme": "HTTPS"}},
         'Readiness probe failed: Get "https://IP:8080/": http: server gave HTTP response to HTTPS client'),
        (NETEXEC, {"httpGet": {"path": "/", "port": 8080, "host": "web.example"}},
         ('Readiness probe failed: Get "http://web.example:8080/": '
          "dial tcp: lookup web.example on 10.96.0.10:53: no such host")),
        (NETEXEC, {"httpGet": {"path": "/", "port": 9}},
         'Readiness probe failed: Get "http://IP:9/": dial tcp IP:9: connect: connection refused'),
        (NETEXEC, {"httpGet": {"path": "/exit?wait=60s", "port": 8080}},
         ('Readiness probe failed: Get "http://IP:8080/exit?wait=60s": '
          "context deadline exceeded (Client.Timeout exceeded while awaiting headers)")),
        (NETEXEC, {"exec": {"command": ["sleep", "5"]}},
         'Readiness probe failed: command timed out: "sleep 5" timed out after 1s'),
        (GRPC, {"grpc": {"port": 5000, "service": "other"}},
         ("Readiness probe failed: error: health rpc probe failed: "
          "rpc error: code = NotFound desc = unknown service")),
        (GRPC, {"grpc": {"port": 8080}, "timeoutSeconds": 2},
         ('Readiness probe failed: timeout: failed to connect service "IP:8080" within 2s: '
          "context deadline exceeded")),
    ],
)  # fmt: skip
def test_what_is_ill_is_told_in_the_kubelet_s_words(container: Json, probe: Json, message: str) -> None:
    ready, told = _readiness(container, probe)
    assert not ready
    assert ("Unhealthy", message) in told


def test_a_redirect_to_another_host_is_a_success_with_a_warning() -> None:
    ready, told = _readiness(
        NETEXEC, {"httpGet": {"path": "/redirect?location=http://example.org/", "port": 8080}}
    )
    assert ready
    assert told == [("ProbeWarning", "Readiness probe warning: Probe terminated redirects, Response body: ")]


def test_redirects_without_end_fail_after_ten() -> None:
    loop = "server { listen 80; location / { return 302 /again; } }"
    container = {
        "image": "nginx:1.27",
        "command": [
            "sh",
            "-c",
            f"echo '{loop}' > /etc/nginx/conf.d/default.conf; exec nginx -g 'daemon off;'",
        ],
    }
    _, told = _readiness(container, {"httpGet": {"path": "/", "port": 80}})
    assert told[-1] == (
        "Unhealthy",
        'Readiness probe failed: Get "http://IP/again": stopped after 10 redirects',
    )


def test_headers_are_sent_in_go_s_order_and_empty_ones_taken_away() -> None:
    cluster = _cluster()
    headers = [
        {"name": "Host", "value": "shop.example"},
        {"name": "x-a", "value": "1"},
        {"name": "Accept", "value": ""},
    ]
    probe = {"httpGet": {"port": 80, "httpHeaders": headers}, "periodSeconds": 5}
    cluster.apply("pods", pod({"command": ["nc", "-l", "-p", "80"], "readinessProbe": probe}))
    cluster.agenda.advance(8)
    worker = cluster.kubelet.worker(cluster.pod()["metadata"]["uid"])
    latest = worker.instances.latest("app") if worker is not None else None
    handle = latest.handle if latest is not None else None
    assert handle is not None
    assert [each.data.decode().rstrip("\r") for each in handle.logs.lines()] == [
        "GET / HTTP/1.1",
        "Host: shop.example",
        "User-Agent: kube-probe/1.36",
        "X-A: 1",
        "Connection: close",
        "",
    ]


def test_a_probe_s_own_grace_period_counts_instead_of_the_pod_s() -> None:
    cluster = _cluster()
    container = {
        "command": ["sleep", "99"],  # which ignores SIGTERM as PID 1
        "livenessProbe": {
            "exec": {"command": ["false"]},
            "periodSeconds": 5,
            "failureThreshold": 1,
            "terminationGracePeriodSeconds": 3,
        },
    }
    cluster.apply("pods", pod(container, terminationGracePeriodSeconds=60))
    cluster.agenda.advance(10)  # the sandbox, the first probe, three seconds of grace
    status = cluster.pod()["status"]["containerStatuses"][0]
    assert (status["restartCount"], status["lastState"]["terminated"]["exitCode"]) == (1, 137)


def test_an_image_whose_user_is_a_name_cannot_be_told_from_root() -> None:
    cluster = _cluster()
    _runtime(cluster).images.pulled("podlab", "curlimages/curl:8.11.1")
    container = {"image": "curlimages/curl:8.11.1"}
    cluster.apply("pods", pod(container, securityContext={"runAsNonRoot": True}))
    cluster.agenda.advance(10)
    waiting = cluster.pod()["status"]["containerStatuses"][0]["state"]["waiting"]
    assert waiting["reason"] == "CreateContainerConfigError"
    assert "image has non-numeric user (curl_user), cannot verify user is non-root" in waiting["message"]
