"""Completion asks kubectl itself, seldom, and filters while the word grows."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from lab.attempt.kubectl import Completer, partial

if TYPE_CHECKING:
    from pathlib import Path

KUBECTL = """#!/bin/sh
echo "$@" >> asked
case "$*" in
  "__complete ") printf 'get\\tDisplay one\\ngraph\\nlogs\\n:4\\n';;
  "__complete get ") printf 'pods\\npoddisruptionbudgets.policy\\nservices\\n:4\\n';;
  "__complete logs ") printf 'web-1\\njobs/\\n_activeHelp_ nothing\\n:4\\n';;
  "__complete get --") printf -- '--watch\\twatch\\n--output=\\n:6\\n';;
  "__complete get --output=") printf 'yaml\\nwide\\n:4\\n';;
  "__complete apply -f ") printf 'yaml\\njson\\n:8\\n';;
  *) echo 'no such thing' >&2; exit 1;;
esac
"""


@pytest.fixture
def completer(tmp_path: Path) -> Completer:
    program = tmp_path / "kubectl"
    program.write_text(KUBECTL)
    program.chmod(0o755)
    (tmp_path / "app.yaml").touch()
    (tmp_path / "notes.md").touch()
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.json").touch()
    return Completer(str(program), lambda: dict(os.environ), tmp_path, clock=lambda: 0.0)


@pytest.mark.parametrize(
    ("line", "found", "at"),
    [
        ("", ["get", "graph", "logs"], 0),
        ("kubectl g", ["get", "graph"], 8),
        ("get po", ["pods", "poddisruptionbudgets.policy"], 4),
        ("logs ", ["web-1", "jobs/"], 5),
        ("get --w", ["--watch"], 4),
        ("get --output=w", ["--output=wide"], 4),
        ("apply -f ", ["app.yaml", "sub/"], 9),
        ("apply -f sub/", [], 9),
        ("unknown ", None, 0),
        ("get 'po", ["pods", "poddisruptionbudgets.policy"], 4),
    ],
)
def test_candidates(completer: Completer, line: str, found: list[str] | None, at: int) -> None:
    candidates = completer.complete(line)
    assert candidates is not None
    if found is None:
        assert "did not answer" in candidates.problem
        return
    if found:
        assert [one.text for one in candidates.found] == found
        assert candidates.at == at


def test_a_growing_word_asks_once(completer: Completer, tmp_path: Path) -> None:
    for line in ("get p", "get po", "get pod", "get pods"):
        assert completer.complete(line) is not None
    assert (tmp_path / "asked").read_text().splitlines() == ["__complete get "]
    common = completer.complete("get p")
    assert common is not None
    assert common.common == "pod"


def test_there_is_nothing_to_complete_behind_what_is_no_kubectl() -> None:
    assert partial("get pods | gr") is None
    found = partial("logs 'a b' we")
    assert found is not None
    assert (found.words, found.word, found.at) == (("logs", "a b"), "we", 11)
