"""Saves are seen from the beginning, also those of a busy time."""

from __future__ import annotations

import queue
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from lab.attempt.lab import Lab, workspace_of
from lab.attempt.workspace import Workspace
from lab.cli import saves as module
from lab.cli.saves import Saves
from lab.cli.watch import matters
from lab.errors import NotAbleError
from lab.settings import Settings
from tests.attempt import exercises

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def test_what_is_saved_while_nobody_waits_is_said_at_once_and_not_lost(tmp_path: Path) -> None:
    early: queue.SimpleQueue[str] = queue.SimpleQueue()
    with Saves(tmp_path, early.put, poll=False) as saves:
        (tmp_path / "web.yaml").write_text("a", encoding="utf-8")
        (tmp_path / ".web.yaml.swp").write_text("an editor's own", encoding="utf-8")
        assert early.get(timeout=20) == "web.yaml"
        assert saves.wait() == "web.yaml"


def test_an_editors_own_files_are_no_saves(tmp_path: Path) -> None:
    early: queue.SimpleQueue[str] = queue.SimpleQueue()
    exercises.write(tmp_path / "exercises")
    lab = Lab.open(Settings(home=tmp_path / "home", exercises=tmp_path / "exercises"))
    place = workspace_of(lab.exercise("sample"), tmp_path / "work", lab.settings)
    place.create()
    attempt: Any = SimpleNamespace(workspace=place.directory, place=place)
    with Saves(place.directory, early.put, poll=False, matters=partial(matters, attempt)):
        (place.directory / "sedM0yMVD").write_text("a", encoding="utf-8")
        (place.directory / "sedM0yMVD").rename(place.directory / "web.yaml")
        assert early.get(timeout=20) == "web.yaml"


def test_an_image_file_matters_while_it_is_there_or_was_given(tmp_path: Path) -> None:
    place = Workspace(tmp_path, "x", {"image/app.py": b""}, tmp_path / "b", image_directory="image")
    attempt: Any = SimpleNamespace(workspace=tmp_path, place=place)
    assert matters(attempt, tmp_path / "image" / "app.py")
    assert not matters(attempt, tmp_path / "image" / "sedM0yMVD")
    assert not matters(attempt, tmp_path / "notes.txt")


def test_what_cannot_be_watched_is_said_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object, **_keywords: object) -> Iterator[set[Path]]:
        raise OSError("OS file watch limit reached")

    monkeypatch.setattr(module, "_changes", full)
    with (
        Saves(tmp_path, lambda _names: None, poll=False) as saves,
        pytest.raises(NotAbleError, match="watch limit") as caught,
    ):
        saves.wait()
    assert "--poll" in caught.value.remedy
