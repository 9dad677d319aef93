"""A catalogue of one small exercise, and a lab that meets one cluster in this process wherever it looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lab.attempt import clusters
from lab.attempt.lab import Lab
from lab.providers.embedded.inprocess import InProcessProvider
from lab.settings import Settings
from tests.attempt import exercises

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lab.attempt.attempt import Attempt


@pytest.fixture
def cluster() -> Iterator[InProcessProvider]:
    with InProcessProvider() as provider:
        yield provider


@pytest.fixture
def lab(tmp_path: Path, cluster: InProcessProvider, monkeypatch: pytest.MonkeyPatch) -> Lab:
    exercises.write(tmp_path / "exercises")
    settings = Settings(
        home=tmp_path / "home", exercises=tmp_path / "exercises", environment={"PATH": "/bin"}
    )
    monkeypatch.setattr(clusters, "provider", lambda *_arguments: cluster)
    return Lab.open(settings)


@pytest.fixture
def attempt(lab: Lab) -> Iterator[Attempt]:
    started = lab.start("sample")
    yield started
    started.close()
