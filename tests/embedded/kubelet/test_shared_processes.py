"""Pods whose containers see each other's processes, as the kubelet drives them."""

from __future__ import annotations

import random
from typing import Any

from lab.embedded.runtime.simulated import SimulatedRuntime
from tests.embedded.small_cluster import SmallCluster, pod

Json = dict[str, Any]
_SLEEP = {"command": ["sleep", "100000"]}


def _cluster() -> SmallCluster:
    return SmallCluster(lambda cluster: SimulatedRuntime(cluster.agenda, random.Random(1)))  # noqa: S311 (a simulation's dice)


def _run(cluster: SmallCluster, container: str, *argv: str) -> str:
    said: list[bytes] = []
    cluster.agent.exec(
        "default", "app", container, argv, stdin=False, tty=False,
        on_output=lambda _, data: said.append(data), on_exit=lambda _: None,
    )  # fmt: skip
    cluster.agenda.settle()
    return b"".join(said).decode()


def _states(cluster: SmallCluster) -> dict[str, tuple[str, int]]:
    found = cluster.pod()["status"]["containerStatuses"]
    return {each["name"]: (next(iter(each["state"])), each["restartCount"]) for each in found}


def test_a_container_that_another_one_kills_is_restarted() -> None:
    cluster = _cluster()
    main = {"command": ["ash", "-c", "sleep 100000; :"]}
    cluster.apply("pods", pod(main, _SLEEP | {"name": "tools"}, shareProcessNamespace=True))
    cluster.agenda.advance(10)
    assert "1 65535     0:00 /pause" in _run(cluster, "tools", "ps")
    _run(cluster, "tools", "sh", "-c", "kill -9 $(pidof ash)")
    cluster.agenda.advance(3)
    assert _states(cluster) == {"app": ("running", 1), "tools": ("running", 0)}
    assert cluster.pod()["status"]["containerStatuses"][0]["lastState"]["terminated"]["exitCode"] == 137


def test_a_pod_whose_pause_is_killed_gets_a_new_sandbox() -> None:
    cluster = _cluster()
    cluster.apply("pods", pod(_SLEEP, _SLEEP | {"name": "tools"}, shareProcessNamespace=True))
    cluster.agenda.advance(10)
    _run(cluster, "tools", "kill", "1")
    cluster.agenda.advance(10)
    assert _states(cluster) == {"app": ("running", 1), "tools": ("running", 1)}
    assert ("SandboxChanged", "Pod sandbox changed, it will be killed and re-created.", 1) in cluster.events(
        "app"
    )
    assert "/pause" in _run(cluster, "tools", "ps")
    cluster.api.delete("pods", "default", "app")
    cluster.agenda.advance(40)
    assert not list(cluster.api.list("pods", "default").items)
    runtime: Any = cluster.runtime
    assert not [each for kernel in runtime.kernels for each in kernel.processes]


def test_a_debugger_of_a_container_that_never_ran_says_so() -> None:
    cluster = _cluster()
    cluster.apply("pods", pod(_SLEEP, {"name": "absent", "image": "nobody/knows:1"}))
    cluster.agenda.advance(10)
    debuggers = [
        {
            "name": f"on-{name}",
            "image": "busybox:1.36",
            "command": ["sleep", "9999"],
            "targetContainerName": name,
        }
        for name in ("app", "absent")
    ]
    cluster.api.patch(
        "pods", "default", "app", "application/strategic-merge-patch+json",
        {"spec": {"ephemeralContainers": debuggers}}, subresource="ephemeralcontainers",
    )  # fmt: skip
    cluster.agenda.advance(10)
    good, bad = cluster.pod()["status"]["ephemeralContainerStatuses"]
    assert "running" in good["state"]
    assert "1 root      0:00 sleep 100000" in _run(cluster, "on-app", "ps")
    assert bad["state"]["waiting"] == {
        "reason": "CreateContainerConfigError", "message": "unable to find target container absent",
    }  # fmt: skip
