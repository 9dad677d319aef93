"""Ctrl-C and `kill -9` on `grade` and `prove`, on a cluster that goes on without them: nothing half done.

Every test waits for the run's own pods to appear in the cluster, and strikes then.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from lab.kube import Client
from lab.providers.embedded.inprocess import InProcessProvider
from tests.attempt import exercises
from tests.cli.program import in_process

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PROVIDER = "context:elsewhere"


@pytest.fixture(scope="module")
def cluster() -> Iterator[InProcessProvider]:
    """A cluster in real time, that no run can take with it."""
    with InProcessProvider(rate=1.0) as provider:
        yield provider


@pytest.fixture
def client(cluster: InProcessProvider) -> Iterator[Client]:
    opened = Client(cluster.kubeconfig())
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def elsewhere(cluster: InProcessProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cluster as a context of the user's kubeconfig, and a catalogue of one exercise."""
    exercises.write(tmp_path / "exercises")
    document = yaml.safe_load(cluster.kubeconfig().read_text(encoding="utf-8"))
    document["contexts"][0]["name"] = document["current-context"] = "elsewhere"
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(document), encoding="utf-8")
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    monkeypatch.setenv("PODLAB_EXERCISES", str(tmp_path / "exercises"))


def submission(directory: Path, text: str) -> Path:
    directory.mkdir()
    (directory / "web.yaml").write_text(text, encoding="utf-8")
    return directory


def struck(client: Client, number: signal.Signals, *arguments: str) -> tuple[int, str]:
    """Run podlab, send it a signal as soon as pods of the run are there; its exit code and stderr."""
    since = client.list("Pod", None).resource_version
    process = subprocess.Popen(
        [sys.executable, "-m", "lab", *arguments, "--provider", PROVIDER],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=dict(os.environ),
    )  # fmt: skip
    watch = client.watch("Pod", None, since)
    for event in watch:
        if event.object["metadata"].get("namespace", "").startswith("podlab-sample-"):
            break
    watch.close()
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert "Traceback" not in said, said
    return process.returncode, said


def namespaces(client: Client) -> list[dict[str, Any]]:
    """The lab's namespaces that nobody is removing."""
    listed = client.list("Namespace", None, labels="app.kubernetes.io/managed-by=podlab").items
    return [one for one in listed if not one["metadata"].get("deletionTimestamp")]


@pytest.mark.parametrize("command", ["grade", "prove"])
def test_ctrl_c_removes_the_namespace_and_is_130(client: Client, tmp_path: Path, command: str) -> None:
    never = submission(tmp_path / "sample", exercises.DEPLOYMENT)
    arguments = ("grade", str(never)) if command == "grade" else ("author", "prove", "sample", "--jobs", "1")
    code, said = struck(client, signal.SIGINT, *arguments)
    assert code == 130, said
    assert "nothing was left half done" in said
    assert namespaces(client) == []


def test_a_killed_grade_is_cleaned_up_by_down_and_hinders_nobody(client: Client, tmp_path: Path) -> None:
    directory = submission(tmp_path / "sample", exercises.DEPLOYMENT)
    code, _ = struck(client, signal.SIGKILL, "grade", str(directory))
    assert code == -signal.SIGKILL
    (left,) = namespaces(client)
    (directory / "web.yaml").write_text(exercises.FIXED, encoding="utf-8")
    again = in_process("grade", str(directory), "--provider", PROVIDER)
    assert again.code == 0, again.err
    assert [one["metadata"]["uid"] for one in namespaces(client)] == [left["metadata"]["uid"]]
    down = in_process("cluster", "down", "--provider", PROVIDER)
    assert down.code == 0, down.err
    assert left["metadata"]["name"] in down.err
    assert namespaces(client) == []
