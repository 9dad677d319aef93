"""A shell that was set up for one exercise, when another one was started later."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from lab.attempt.attempt import Attempt
from lab.cli.session import Session
from tests.attempt import exercises
from tests.cli.program import in_process

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def two_started(tmp_path: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`sample` was started first, then `other`; nothing of them runs."""
    first = exercises.write(tmp_path / "exercises")
    second = first.with_name("02-other")
    shutil.copytree(first, second)
    header = (second / "exercise.yaml").read_text(encoding="utf-8")
    (second / "exercise.yaml").write_text(header.replace("name: sample", "name: other"), encoding="utf-8")
    monkeypatch.setenv("PODLAB_EXERCISES", str(tmp_path / "exercises"))
    monkeypatch.setenv("SHELL", "/bin/sh")
    monkeypatch.delenv("PODLAB_EXERCISE", raising=False)
    record = {"standing": "started", "provider": "embedded"}
    document = {"format": 1, "current": "other", "records": {"sample": record, "other": record}}
    (own_home / "podlab").mkdir(exist_ok=True)
    (own_home / "podlab" / "progress.json").write_text(json.dumps(document), encoding="utf-8")


def test_a_shell_that_stays_behind_is_told_how_to_move(own_home: Path) -> None:
    behind = in_process("hint", "--all", PODLAB_EXERCISE="sample")
    assert "set up for sample, and other was started later" in behind.err
    assert '\n  eval "$(podlab env other)"\n' in behind.err, "on a line of its own, to be copied whole"
    assert "note:" not in in_process("hint", "--all", PODLAB_EXERCISE="sample").err, "once in a terminal"
    assert "note:" not in in_process("hint", "--all", PODLAB_EXERCISE="other").err
    assert "note:" not in in_process("hint", "--all", "sample", PODLAB_EXERCISE="other").err
    assert "note:" not in in_process("hint", "--all").err
    (own_home / "podlab" / "shell" / "noted.json").write_text("[]", encoding="utf-8")
    fish = in_process("hint", "--all", PODLAB_EXERCISE="sample", SHELL="/usr/bin/fish")
    assert "podlab env other | source" in fish.err


def test_env_without_a_name_moves_the_shell_to_the_exercise_started_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Session, "awaken", lambda *_: None)
    monkeypatch.setattr(Attempt, "environment", lambda self: {"PODLAB_EXERCISE": self.exercise.name})
    assert in_process("env", PODLAB_EXERCISE="sample").out == "export PODLAB_EXERCISE=other\n"
    assert in_process("env", "sample").out == "export PODLAB_EXERCISE=sample\n"
