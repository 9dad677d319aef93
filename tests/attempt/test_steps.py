"""Steps of alternates and cheats: what kubectl says, and that one that waits gets its cluster time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lab.attempt import steps
from lab.attempt.steps import Kubectl, run_all
from lab.errors import ContentError, NotAbleError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def kubectl(tmp_path: Path) -> Path:
    """A stand-in that prints its words, fails on `fail`, and waits for a file on `wait`."""
    program = tmp_path / "kubectl"
    program.write_text(
        "#!/bin/sh\n"
        'case "$3" in\n'
        "fail) echo no such thing >&2; exit 1 ;;\n"
        f"wait) until [ -e {tmp_path}/passed ]; do sleep 0.01; done ;;\n"
        "for-ever) exec sleep 60 ;;\n"
        "esac\n"
        'echo "$@"\n'
    )
    program.chmod(0o755)
    return program


def test_a_step_runs_in_its_namespace_and_a_refusal_names_the_whole_command(kubectl: Path) -> None:
    runner = Kubectl(str(kubectl), kubectl.parent / "config", "ns")
    assert runner.run("set env 'deployment/web'").split()[1:] == [
        "--namespace=ns",
        "set",
        "env",
        "deployment/web",
    ]
    with pytest.raises(ContentError, match="no such thing") as refused:
        run_all(runner, ["get pods", "fail now"])
    assert "--namespace=ns fail now" in str(refused.value)


def test_there_may_be_no_kubectl(tmp_path: Path) -> None:
    with pytest.raises(NotAbleError, match="there is no kubectl"):
        Kubectl(str(tmp_path / "none"), tmp_path, "ns").run("get pods")


def test_a_step_that_waits_for_the_cluster_is_given_cluster_time(
    kubectl: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "PATIENCE_SECONDS", 0.02)
    passed: list[int] = []

    def meanwhile() -> None:
        passed.append(1)
        if len(passed) == 3:
            (kubectl.parent / "passed").touch()

    assert "wait" in Kubectl(str(kubectl), kubectl, "ns", meanwhile).run("wait")
    assert len(passed) >= 3


def test_a_step_that_never_comes_back_is_given_up(kubectl: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "PATIENCE_SECONDS", 0.02)
    monkeypatch.setattr(steps, "SECONDS", 0.1)
    with pytest.raises(NotAbleError, match="did not come back"):
        Kubectl(str(kubectl), kubectl, "ns").run("for-ever")
