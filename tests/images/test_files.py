"""The image directories agree with one another, with their README, and with the embedded cluster."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lab.embedded.runtime import labimages
from lab.embedded.runtime.labimages_logic import SCRIPTS

IMAGES = Path(__file__).parents[2] / "images"
SHARED = (
    "ask.py",
    "effects.py",
    "faults.py",
    "running.py",
    "settings.py",
    "requirements.txt",
    ".dockerignore",
)


@pytest.mark.parametrize("name", SHARED)
def test_shared_files_are_the_same(name: str) -> None:
    assert (IMAGES / "healthz" / name).read_bytes() == (IMAGES / "actuator" / name).read_bytes()


@pytest.mark.parametrize("image", SCRIPTS)
def test_the_dockerfile_says_what_the_embedded_cluster_takes_for_granted(image: str) -> None:
    text = (IMAGES / image / "Dockerfile").read_text()
    assert f"WORKDIR {labimages.WORK_DIRECTORY}\n" in text
    assert f"USER {labimages.USER}\n" in text
    assert 'CMD ["python", "app.py"]' in text
    assert "STOPSIGNAL SIGTERM" in text
    assert text.startswith("ARG BASE_IMAGE=python:3.12-slim\nFROM ${BASE_IMAGE}\n")
    for name, value in labimages.ENVIRONMENT.items():
        assert name == "PATH" or f"{name}={value}" in text
    assert "<<" not in text
    assert "--mount" not in text


@pytest.mark.parametrize(("image", "module"), [("healthz", "health.py"), ("actuator", "availability.py")])
def test_every_variable_is_documented(image: str, module: str) -> None:
    code = (IMAGES / image / module).read_text()
    readme = (IMAGES / image / "README.md").read_text()
    names = set(re.findall(r'env, "([A-Z_]+)"|env\.get\("([A-Z_]+)"', code))
    assert names
    for pair in names:
        assert f"`{''.join(pair)}`" in readme


@pytest.mark.parametrize("image", SCRIPTS)
def test_requirements_are_pinned(image: str) -> None:
    for line in (IMAGES / image / "requirements.txt").read_text().splitlines():
        assert re.fullmatch(r"[A-Za-z0-9-]+==[0-9.]+", line)
