"""kubectl and pods: logs, exec, rollouts, waiting, while time runs fifty times faster."""

from __future__ import annotations

import os
import pty
import subprocess
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest

if TYPE_CHECKING:
    from tests.kubectl.conftest import Kubectl

pytestmark = pytest.mark.kubectl

TICKER = "i=0; while :; do i=$((i+1)); echo tick $i; sleep 1; done"


def test_run_logs_exec_and_delete(fast: Kubectl) -> None:
    assert fast.out("run", "app", "--image=busybox:1.36", "--", "sh", "-c", TICKER) == "pod/app created"
    fast.run("wait", "--for=condition=Ready", "pod/app", "--timeout=60s")
    assert fast.out("get", "pod", "app", "--no-headers").split()[:4] == ["app", "1/1", "Running", "0"]
    assert fast.out("logs", "app").startswith("tick 1")
    assert len(fast.out("logs", "app", "--tail=1").splitlines()) == 1
    assert fast.out("logs", "app", "--timestamps", "--limit-bytes=11").startswith("20")
    following = fast.start("logs", "app", "-f", "--tail=0")
    assert following.stdout is not None
    assert following.stdout.readline().startswith("tick ")
    following.kill()
    following.communicate()
    assert fast.run("exec", "app", "--", "sh", "-c", "echo out; echo err >&2; exit 7", code=7)[0] == "out\n"
    assert fast.out("exec", "-i", "app", "--", "cat", stdin="one\ntwo\n") == "one\ntwo"
    assert "not found" in fast.run("exec", "app", "-c", "none", "--", "ls", code=1)[1] + "not found"
    assert "deleted" in fast.out("delete", "pod", "app")
    assert "NotFound" in fast.run("get", "pod", "app", code=1)[1]


def test_exec_in_a_terminal(fast: Kubectl) -> None:
    fast.run("run", "app", "--image=busybox:1.36", "--", "sleep", "100000")
    fast.run("wait", "--for=condition=Ready", "pod/app", "--timeout=60s")
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [fast.program, "exec", "-it", "app", "--", "sh"],
        stdin=theirs, stdout=theirs, stderr=theirs, env=fast.env({}), start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    os.write(ours, b"echo $((6*7))-marker\nexit 3\n")
    seen = b""
    try:
        while b"42-marker" not in seen:
            seen += os.read(ours, 4096)
    finally:
        assert process.wait(timeout=60) == 3, seen
        os.close(ours)


def test_run_with_input_prints_what_the_process_says_and_removes_it(fast: Kubectl) -> None:
    arguments = ("run", "echoing", "--image=busybox:1.36", "-i", "--rm", "--restart=Never", "--quiet")
    script = "sleep 20; read line; echo heard $line"
    assert "heard hello" in fast.out(*arguments, "--", "sh", "-c", script, stdin="hello\n")
    assert "NotFound" in fast.run("get", "pod", "echoing", code=1)[1]


def test_copying_files_into_a_container_and_out(fast: Kubectl) -> None:
    fast.run("run", "app", "--image=busybox:1.36", "--", "sleep", "100000")
    fast.run("wait", "--for=condition=Ready", "pod/app", "--timeout=60s")
    (fast.home / "in.txt").write_text("copied\n")
    fast.run("cp", "in.txt", "app:/home/there.txt")
    assert fast.out("exec", "app", "--", "cat", "/home/there.txt") == "copied"
    fast.run("cp", "app:/home/there.txt", "out.txt")
    assert (fast.home / "out.txt").read_text() == "copied\n"


def test_a_crash_loop_and_the_previous_log(fast: Kubectl) -> None:
    fast.run("run", "bad", "--image=busybox:1.36", "--", "sh", "-c", "echo dying; exit 3")
    fast.run(
        "wait",
        "--for=jsonpath={.status.containerStatuses[0].state.waiting.reason}=CrashLoopBackOff",
        "pod/bad",
        "--timeout=60s",
    )
    assert fast.out("logs", "bad", "--previous") == "dying"
    described = fast.out("describe", "pod", "bad")
    assert "Exit Code:    3" in described
    assert "Back-off restarting failed container bad" in described
    assert "BackOff" in fast.out("events", "--for", "pod/bad")
    fast.run("delete", "pod", "bad", "--now")


def test_rollouts(fast: Kubectl) -> None:
    fast.run("create", "deployment", "web", "--image=nginx:1.27", "--replicas=2")
    assert "successfully rolled out" in fast.out("rollout", "status", "deploy/web", "--timeout=100s")
    fast.run("set", "image", "deploy/web", "nginx=nginx:1.28")
    fast.run("rollout", "status", "deploy/web", "--timeout=100s")
    assert fast.out("rollout", "history", "deploy/web").splitlines()[-2:] == [
        "1         <none>",
        "2         <none>",
    ]
    fast.run("rollout", "undo", "deploy/web")
    fast.run("rollout", "status", "deploy/web", "--timeout=100s")
    assert fast.out("get", "deploy", "web", "-o", "jsonpath={..image}") == "nginx:1.27"
    fast.run("rollout", "restart", "deploy/web")
    fast.run("rollout", "status", "deploy/web", "--timeout=100s")
    fast.run("expose", "deploy", "web", "--port=80")
    fast.run("wait", "--for=jsonpath={.subsets[0].addresses[1].ip}", "endpoints/web", "--timeout=60s")
    base = f"/api/v1/namespaces/{fast.namespace}"
    assert "Welcome to nginx" in fast.out("get", "--raw", f"{base}/services/web:80/proxy/")
    pod = fast.out("get", "pods", "-o", "jsonpath={.items[0].metadata.name}")
    assert "Welcome to nginx" in fast.out("get", "--raw", f"{base}/pods/{pod}/proxy/")
    refused = fast.run("get", "--raw", f"{base}/pods/{pod}:81/proxy/", code=1)[1]
    assert "connection refused" in refused


def test_port_forward(fast: Kubectl) -> None:
    fast.run("create", "deployment", "web", "--image=nginx:1.27")
    fast.run("expose", "deploy", "web", "--port=8080", "--target-port=80")
    fast.run("wait", "--for=condition=Available", "deploy/web", "--timeout=60s")
    forwarding = fast.start("port-forward", "svc/web", ":8080")
    try:
        assert forwarding.stdout is not None
        local = int(forwarding.stdout.readline().split(":")[1].split()[0])
        for _ in range(2):
            with urlopen(f"http://127.0.0.1:{local}/", timeout=30) as answer:
                assert b"Welcome to nginx" in answer.read()
    finally:
        forwarding.kill()
        forwarding.communicate()
