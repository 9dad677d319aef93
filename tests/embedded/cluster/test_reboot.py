"""After a kill the objects are there again, and the pods are as after a reboot of their node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.cluster import Cluster, read_journal

if TYPE_CHECKING:
    from pathlib import Path


def test_pods_come_back_as_after_a_reboot(tmp_path: Path) -> None:
    container = {"name": "app", "image": "busybox:1.36", "command": ["sleep", "100000"]}
    pod: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "a"},
        "spec": {"containers": [container]},
    }
    before = Cluster.open(tmp_path, None)
    before.api.create("pods", "default", pod)
    before.advance(60)
    before.persist()  # and no close: the process is killed here
    uid = before.api.get("pods", "default", "a")["metadata"]["uid"]

    after = Cluster.open(tmp_path, read_journal(tmp_path))
    assert after.agenda.now() == 60.0
    after.advance(30)
    found = after.api.get("pods", "default", "a")
    status = found["status"]["containerStatuses"][0]
    assert found["metadata"]["uid"] == uid
    assert (status["restartCount"], status["ready"]) == (1, True)
    ended = status["lastState"]["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (255, "Unknown")
    reasons = [each["reason"] for each in after.api.list("events").items]
    assert "SandboxChanged" in reasons
    assert "Rebooted" in reasons
    after.close()
    before.close()
