"""Saves are seen from the beginning, also those of a busy time."""

from __future__ import annotations

import queue
from typing import TYPE_CHECKING

import pytest

from lab.cli import saves as module
from lab.cli.saves import Saves
from lab.errors import NotAbleError

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
