"""The whole line as a user walks it, in an empty home: start, check, mend, watch, check, export, grade."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.attempt import exercises
from tests.cli.program import in_process, podlab

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    header = exercises.write(tmp_path / "exercises") / "exercise.yaml"
    again = "  - {id: again, kind: rollout, workload: deployment/web, budget: 30, title: It stays so}\n"
    header.write_text(exercises.HEADER.replace("cheats:", f"{again}cheats:"), encoding="utf-8")
    monkeypatch.setenv("PODLAB_EXERCISES", str(tmp_path / "exercises"))
    monkeypatch.setenv("PODLAB_PROVIDER", "embedded")


def test_from_nothing_to_a_graded_fix(tmp_path: Path, own_home: Path) -> None:
    work = tmp_path / "work"
    begun = podlab("start", "sample", "--workspace", str(work), PODLAB_EXERCISE="other", SHELL="/bin/sh")
    assert begun.code == 0, begun.err
    assert "It does not start." in begun.out
    assert 'still set up for other; to move it:\n  eval "$(podlab env sample)"\n' in begun.err
    assert all(f"podlab {command} sample" in begun.err for command in ("shell", "watch", "check", "hint"))

    environment = json.loads(podlab("env", "--format", "json").out)["variables"]
    assert environment["PODLAB_NAMESPACE"] == "podlab-sample"
    assert f"export KUBECONFIG={environment['KUBECONFIG']}" in podlab("env", "--shell", "posix").out

    broken = podlab("check", "--format", "json")
    assert broken.code == 1, broken.err
    document = json.loads(broken.out)
    assert document["state"] == "failed"
    assert document["findings"][1]["observed"] == 'not looked at: "It is rolled out" comes first'

    assert in_process("watch", "--once").code == 1, "the verdict's"
    (work / "web.yaml").write_text(exercises.FIXED, encoding="utf-8")
    watched = podlab("watch", "--once")
    assert watched.code == 0, watched.err
    assert "deployment/web configured" in watched.err
    assert "solved; `podlab debrief sample`" in watched.err
    assert "all are solved" in watched.err
    assert "still watching" not in watched.err

    mended = podlab("check")
    assert mended.code == 0, mended.err
    assert json.loads(podlab("list", "--format", "json").out)["exercises"][0]["standing"] == "solved"

    again = in_process("start", "sample")
    assert (again.code, again.out) == (0, "")
    assert "already solved; your files are kept" in again.err
    assert (work / "web.yaml").read_text(encoding="utf-8") == exercises.FIXED

    out = tmp_path / "handed-in"
    assert podlab("export", str(out)).code == 0
    graded = podlab("grade", str(out), "--format", "junit")
    assert graded.code == 0, graded.err
    assert 'failures="0"' in graded.out

    assert podlab("cluster", "down").code == 0
    gone = podlab("check")
    assert gone.code == 3, gone.err
    assert "podlab start sample" in gone.err
    assert (work / "web.yaml").read_text(encoding="utf-8") == exercises.FIXED, (
        "nothing of the learner's is lost"
    )


def test_ctrl_c_ends_watching_cleanly(tmp_path: Path) -> None:
    assert podlab("start", "sample").code == 0
    process = subprocess.Popen(
        [sys.executable, "-m", "lab", "watch"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "cluster time in" in line:  # the first verdict: from here on it waits for a save
            break
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "stopped watching" in err
    assert "Traceback" not in err


def test_a_taken_port_is_said(tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ran = podlab("cluster", "serve", "--kubeconfig", str(tmp_path / "kc"), "--port", port)
    assert ran.code == 3
    assert "--port" in ran.err


def test_no_kubectl_is_said(tmp_path: Path) -> None:
    doctor = json.loads(podlab("doctor", "--format", "json", KUBECTL="/nonexistent/kubectl").out)
    (kubectl,) = [one for one in doctor["examined"] if one["name"] == "kubectl"]
    assert kubectl["health"] == "broken"
    assert "KUBECTL" in kubectl["remedy"]
