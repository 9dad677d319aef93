"""The rules of strict.py hold: shown on sessions of tests that break them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.strict import MARK

ROOT = Path(__file__).parents[2]

MISBEHAVING = """
import subprocess, sys, pytest

@pytest.mark.docker
def test_engine():
    pytest.skip("no engine here")

@pytest.mark.kubectl
@pytest.mark.skipif(True, reason="no kubectl here")
def test_kubectl():
    pass

def test_other():
    pytest.skip("for a reason of its own")
"""

LEAVING = """
import subprocess, sys

DAEMON = "import subprocess; subprocess.Popen(['sleep', '321'], start_new_session=True)"

def test_leaves_a_daemon():
    subprocess.run([sys.executable, "-c", DAEMON], check=True)

def test_leaves_a_child_that_forgot_everything():
    child = subprocess.Popen(["sleep", "322"], env={})
    child.returncode = 0
"""


def _session(directory: Path, tests: str, *arguments: str, ci: str = "") -> subprocess.CompletedProcess[str]:
    (directory / "test_it.py").write_text(tests)
    (directory / "pytest.ini").write_text("[pytest]\nmarkers =\n  docker\n  kubectl\n")
    environment = {name: value for name, value in os.environ.items() if name not in {MARK, "CI"}}
    # Only the plugins it needs: so a session starts in a third of the time.
    environment |= {"PYTHONPATH": str(ROOT), "CI": ci, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    plugins = [option for name in ("tests.house.strict", "xdist.plugin") for option in ("-p", name)]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *plugins, "-rsfE", *arguments],
        cwd=directory, env=environment, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_with_ci_a_skipped_docker_or_kubectl_test_fails(tmp_path: Path) -> None:
    done = _session(tmp_path, MISBEHAVING, ci="true")
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "1 failed, 1 skipped, 1 error" in done.stdout
    assert "needs docker must run; it was skipped: Skipped: no engine here" in done.stdout
    assert "needs kubectl must run; it was skipped: Skipped: no kubectl here" in done.stdout


def test_without_ci_it_is_skipped_and_says_why(tmp_path: Path) -> None:
    done = _session(tmp_path, MISBEHAVING)
    assert done.returncode == pytest.ExitCode.OK
    assert "3 skipped" in done.stdout
    assert "no engine here" in done.stdout


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are read from /proc")
def test_a_process_left_behind_fails_the_session_and_is_ended(tmp_path: Path) -> None:
    done = _session(tmp_path, LEAVING, "-n", "1")
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout
    assert "2 passed" in done.stdout
    assert "sleep 321 (started by test_it.py::test_leaves_a_daemon (call))" in done.stdout
    assert "sleep 322 (started by a test it does not name)" in done.stdout
