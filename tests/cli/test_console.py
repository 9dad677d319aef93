"""What is laid out for a terminal, and left whole where a program reads."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from lab.cli.check import judge
from lab.cli.console import Console
from lab.cli.session import Session
from lab.model.verdict import Finding, State
from lab.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest


def test_a_brief_is_rendered_for_a_terminal_and_plain_elsewhere(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    markdown = "# A title\n\nIt **must** run.\n\n- one `thing`\n"
    console = Console(color=False)
    console.document("A title", markdown)
    plain = capsys.readouterr().out
    assert plain.startswith("A title\n\nIt **must** run.")
    assert plain.count("A title") == 1
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    console.document("A title", markdown)
    shown = capsys.readouterr().out
    assert "It must run." in shown
    assert shown.count("A title") == 1
    assert "\x1b[3" not in shown, "no colour where none is welcome"
    assert all(len(line) <= 80 for line in shown.splitlines())
    console.plain = True
    console.document("A title", f"{markdown}\n`kubectl get pods` lists them,\nand `kubectl describe` more.\n")
    assert capsys.readouterr().out == (
        "A title\nIt must run.\n- one thing\nkubectl get pods lists them, and kubectl describe more.\n"
    ), "a paragraph a line, without marks"


def test_errors_are_broken_at_words_on_a_terminal_and_whole_elsewhere(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    what = "spec.template.spec.containers[0].env[1].value is a number, and has to be a string " * 2
    where = "/a/long/" + "path/" * 20
    console = Console(color=False)
    console.error(what.strip(), where)
    assert capsys.readouterr().err == f"error: {what.strip()}\n  where: {where}\n"
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    console.error(what.strip(), where)
    shown = capsys.readouterr().err.splitlines()
    assert " ".join(" ".join(shown).split()) == f"error: {what.strip()} where: {where}"
    assert f"    {where}" in shown
    assert all(len(line) <= 80 for line in shown if where not in line)


def test_findings_are_told_once_by_the_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    found = Finding("a", "It is rolled out", State.PASSED, "ok", "", "")

    def check(_said: object, _cancel: object, told: Callable[[Finding], None]) -> str:
        told(found)
        return "verdict"

    header = SimpleNamespace(checks=(), experiments=())
    attempt: Any = SimpleNamespace(exercise=SimpleNamespace(name="x", header=header), check=check)
    session = Session(Settings.from_environment())
    judge(session, attempt)
    assert "It is rolled out" not in capsys.readouterr().err
