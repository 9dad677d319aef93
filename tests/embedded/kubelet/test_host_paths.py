"""hostPath volumes: their types, and that the node's files are the simulated node's."""

from __future__ import annotations

import random
from typing import Any

import pytest

from lab.embedded.api.validation.volumes import validate_volumes
from lab.embedded.runtime.simulated import SimulatedRuntime
from tests.embedded.small_cluster import SmallCluster, pod

Json = dict[str, Any]


def _cluster() -> SmallCluster:
    return SmallCluster(lambda cluster: SimulatedRuntime(cluster.agenda, random.Random(1)))  # noqa: S311 (a simulation's dice)


def _pod(script: str, path: str, kind: str | None = None, name: str = "app", **mount: Any) -> Json:
    source = {"path": path} | ({"type": kind} if kind else {})
    container = {"command": ["sh", "-c", script], "volumeMounts": [{"name": "v", "mountPath": "/v"} | mount]}
    return pod(container, name=name, restartPolicy="Never", volumes=[{"name": "v", "hostPath": source}])


def _said(cluster: SmallCluster, name: str = "app") -> str:
    worker = cluster.kubelet.worker(cluster.pod(name)["metadata"]["uid"])
    assert worker is not None
    handle = worker.instances.by_name["app"][0].handle
    assert handle is not None
    return "\n".join(line.data.decode() for line in handle.logs.lines())


@pytest.mark.parametrize(
    ("path", "kind", "complaint"),
    [
        ("/data", "Directory", "hostPath type check failed: /data is not a directory"),
        ("/data", "File", "hostPath type check failed: /data is not a file"),
        ("/etc", "FileOrCreate", "hostPath type check failed: /etc is not a file"),
        (
            "/etc/hostname",
            "DirectoryOrCreate",
            "hostPath type check failed: /etc/hostname is not a directory",
        ),
        ("/data/x/y", "FileOrCreate", "open /data/x/y: no such file or directory"),
        (
            "/run/containerd.sock",
            "Socket",
            "hostPath type check failed: /run/containerd.sock is not a socket file",
        ),
    ],
)
def test_what_is_of_another_kind_is_not_mounted(path: str, kind: str, complaint: str) -> None:
    cluster = _cluster()
    cluster.apply("pods", _pod("sleep 1000", path, kind))
    cluster.agenda.advance(1)
    message = f'MountVolume.SetUp failed for volume "v" : {complaint}'
    assert ("FailedMount", message) in [event[:2] for event in cluster.events("app")]
    state = cluster.pod()["status"]["containerStatuses"][0]["state"]
    assert state == {"waiting": {"reason": "ContainerCreating"}}


def test_a_missing_directory_mends_itself_once_another_pod_makes_it() -> None:
    cluster = _cluster()
    cluster.apply("pods", _pod("cat /v/kept", "/data", "Directory"))
    cluster.agenda.advance(5)
    cluster.apply("pods", _pod("echo stays > /v/kept", "/data", "DirectoryOrCreate", name="maker"))
    cluster.agenda.advance(30)
    assert cluster.pod("maker")["status"]["phase"] == "Succeeded"
    cluster.api.delete("pods", "default", "maker")
    cluster.agenda.advance(120)
    assert _said(cluster) == "stays"


@pytest.mark.parametrize(
    ("script", "path", "kind", "mount", "said"),
    [
        ("ls -d /v", "/made/by/the/runtime", None, {}, "/v"),
        ("cat /v", "/etc/hostname", "File", {}, "podlab"),
        ("echo x > /v 2>&1; cat /v", "/etc/name", "FileOrCreate", {}, "x"),
        (
            "echo x > /v/x",
            "/srv",
            "Directory",
            {"readOnly": True},
            "sh: can't create /v/x: Read-only file system",
        ),
        ("ls /v", "/var", "Directory", {"subPath": "log"}, "containers\npods"),
        ("cat /v/etc/hostname; ls /v/work", "/", None, {}, "podlab\nls: /v/work: No such file or directory"),
    ],
)
def test_what_is_there_is_mounted(script: str, path: str, kind: str | None, mount: Json, said: str) -> None:
    cluster = _cluster()
    cluster.apply("pods", _pod(script, path, kind, **mount))
    cluster.agenda.advance(10)
    assert _said(cluster) == said


def test_steps_back_are_refused() -> None:
    found, _ = validate_volumes([{"name": "v", "hostPath": {"path": "/data/../etc"}}], "spec.volumes")
    assert [str(each.detail) for each in found] == ["must not contain '..'"]
