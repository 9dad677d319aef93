"""What containers find in their volumes: names, modes, whose they are."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from tests.embedded.small_cluster import SmallCluster, pod
from tests.traces.test_traces import runtime_with_busybox

Json = dict[str, Any]
_CONF: Json = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "conf"},
    "data": {"a.txt": "alpha\n", "run.sh": "echo run\n"},
}


def _log(script: str, volume: Json, security: Json | None = None) -> list[str]:
    """What a container prints that runs a script with a volume at `/data`."""
    cluster = SmallCluster(runtime_with_busybox)
    cluster.apply("configmaps", _CONF)
    container = {"command": ["sh", "-c", script], "volumeMounts": [{"name": "data", "mountPath": "/data"}]}
    volumes = [{"name": "data", **volume}]
    manifest = pod(container, volumes=volumes, securityContext=security or {}, restartPolicy="Never")
    cluster.apply("pods", manifest)
    cluster.agenda.advance(10)
    worker = cluster.kubelet.worker(cluster.pod()["metadata"]["uid"])
    latest = worker.instances.latest("app") if worker is not None else None
    assert latest is not None
    assert latest.handle is not None
    return [each.data.decode() for each in latest.handle.logs.lines()]


def test_shared_memory_is_writable_whatever_the_root_is() -> None:
    printed = _log("echo x > /dev/shm/x && cat /dev/shm/x; df /dev/shm | tail -1", {"emptyDir": {}})
    assert printed[0] == "x"
    assert printed[1].split()[0] == "tmpfs"


def test_an_empty_directory_is_everybody_s() -> None:
    printed = _log("touch /data/x && ls /data; ls -ld /data", {"emptyDir": {}}, {"runAsUser": 1000})
    assert printed[0] == "x"
    assert printed[1].startswith("drwxrwxrwx")


def test_items_have_modes_of_their_own_and_the_others_the_default() -> None:
    items = [{"key": "a.txt", "path": "sub/a"}, {"key": "run.sh", "path": "run", "mode": 0o755}]
    volume = {"configMap": {"name": "conf", "defaultMode": 0o400, "items": items}}
    printed = _log("ls -l /data/..data/sub/a /data/..data/run; /data/run", volume)
    modes = sorted(each.split()[0] for each in printed if each.startswith("-"))
    assert modes == ["-r--------", "-rwxr-xr-x"]
    assert printed[-1] == "run"


def test_modes_in_a_projection_count_too() -> None:
    item = {"key": "a.txt", "path": "a", "mode": 0o600}
    volume = {"projected": {"sources": [{"configMap": {"name": "conf", "items": [item]}}]}}
    assert _log("ls -l /data/..data/a", volume)[-1].startswith("-rw-------")


def test_content_lies_in_a_directory_named_by_its_time() -> None:
    """`AtomicWriter`: `..data` leads to `..2006_01_02_15_04_05.NUMBER`."""
    target = _log("readlink /data/..data", {"configMap": {"name": "conf"}})[0]
    assert re.fullmatch(r"\.\.2026_01_01_00_00_0\d\.\d+", target)


def test_a_volume_belongs_to_the_pod_s_group_and_hands_it_on() -> None:
    security = {"runAsUser": 1000, "runAsGroup": 3000, "fsGroup": 2000, "supplementalGroups": [4000]}
    printed = _log("id; touch /data/y; ls -ln /data | tail -1; ls -ld /data", {"emptyDir": {}}, security)
    assert printed[0] == "uid=1000 gid=3000 groups=2000,3000,4000"
    assert printed[1].split()[2:4] == ["1000", "2000"]
    assert printed[2].startswith("drwxrwsrwx")


def test_a_user_whom_the_image_does_not_know_is_in_group_zero() -> None:
    printed = _log("id -u; id -g", {"emptyDir": {}}, {"runAsUser": 1000})
    assert printed == ["1000", "0"]


def test_a_secret_is_readable_by_the_pod_s_group_alone() -> None:
    volume = {"configMap": {"name": "conf", "defaultMode": 0o400}}
    script = "ls -ln /data/..data/a.txt; cat /data/a.txt"
    allowed = _log(script, volume, {"runAsUser": 1000, "fsGroup": 2000})
    assert (allowed[0][:10], allowed[0].split()[3], allowed[1]) == ("-r--r-----", "2000", "alpha")
    assert _log(script, volume, {"runAsUser": 1000})[1] == "cat: can't open '/data/a.txt': Permission denied"


def test_a_token_tells_for_whom_it_is_and_how_long() -> None:
    wanted = {"path": "token", "audience": "vault", "expirationSeconds": 900}
    (token,) = _log("cat /data/token", {"projected": {"sources": [{"serviceAccountToken": wanted}]}})
    payload = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert claims["aud"] == ["vault"]
    assert claims["exp"] - claims["iat"] == 900
    assert claims["sub"] == "system:serviceaccount:default:default"
    assert claims["kubernetes.io"]["pod"]["name"] == "app"
