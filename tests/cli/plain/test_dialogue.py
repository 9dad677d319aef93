"""The conversation in plain lines: from the list to a solved exercise; nothing that goes wrong ends it."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from lab.attempt.views import LiveView
from lab.catalogue.locate import locate
from lab.catalogue.parse import load
from lab.cli.console import Console
from lab.cli.main import in_order, run
from lab.cli.plain import telling
from lab.cli.plain.sight import Sight
from lab.cli.plain.voice import Voice
from tests.cli.program import in_process
from tests.tui.scripted import BROKEN, EVENTS, pod

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    Line = str | tuple[str, Callable[[], object]]


class Typing(io.StringIO):
    """Somebody who types, and does something else before some lines."""

    def __init__(self, lines: list[Line]) -> None:
        super().__init__()
        self._left = lines

    def readline(self, *_: object) -> str:  # type: ignore[override]  # as a terminal has it
        if not self._left:
            return ""
        line = self._left.pop(0)
        if isinstance(line, tuple):
            line[1]()
            line = line[0]
        return f"{line}\n"


def converse(monkeypatch: pytest.MonkeyPatch, lines: list[Line], *arguments: str) -> tuple[int, str]:
    """What `podlab` says to these lines, both streams as they come."""
    monkeypatch.setenv("PODLAB_PROVIDER", "embedded")
    heard = io.StringIO()
    monkeypatch.setattr(sys, "stdin", Typing(lines))
    with contextlib.redirect_stdout(heard), contextlib.redirect_stderr(heard):
        code = run(arguments or ("--plain",))
    return code, heard.getvalue()


def test_from_the_list_to_solved_and_on_in_plain_lines(
    monkeypatch: pytest.MonkeyPatch, own_home: Path
) -> None:
    exercise = next(one for one in load(locate()) if one.name == "wrong-path")
    workspace = own_home / "podlab" / "workspaces" / "wrong-path"

    def mend() -> None:
        for file in exercise.solution.files:
            shutil.copyfile(file.source, workspace / str(file.path))

    code, said = converse(
        monkeypatch,
        ["check", "strat", "start", "2", "podlab status", "kubectl get deployment web -o name", "hint",
         "hint 3", "hint 2 now", "check http-probe", "status now", "logs of yesterday", "kubectl get po | wc",
         "! true", "export", "podlab hint 1", "check", "files", ("check", mend), "evidence", "debrief",
         "podlab debrief --format json", "quit"],
    )  # fmt: skip
    assert code == 0
    assert "2. The pod that is restarted for being well. Not started." in said
    assert "no exercise is open" in said
    assert "did you mean start?" in said
    assert "web.yaml, unchanged" in said
    assert re.search(r"pod web-\S+: \w+, \d of 1 ready", said)
    assert said.count("Hint 1 of 3") == 2
    for refused in (
        "start takes the number or the name of one exercise",
        "hint 2 comes before hint 3\n  remedy: hint shows it",
        "Got unexpected extra argument (now)",
        "check is about the exercise that is open, wrong-path\n  remedy: start http-probe opens that one",
        "status takes nothing behind it, and not now",
        "logs takes only the word previous",
        "'|' is a pipe: here only kubectl runs, one command\n  remedy: shell opens your shell",
        "Missing argument 'DIRECTORY'",
    ):
        assert f"error: {refused}" in said
    assert "podlab " not in said.replace("managed-by: podlab ", ""), "the words are the conversation's"
    assert said.count('"kind": "debrief"') == 1
    assert "not passed" in said
    assert "solved; " in said
    assert "Before and after" in said
    assert "next in the list: type next, which starts database-in-liveness" in said
    assert "passed over, not solved yet: http-probe, always-200 (better after http-probe)" in said
    assert "\x1b" not in said, "nothing for a terminal to obey"
    assert "\r" not in said
    assert "Everything is kept" in said


def test_a_fix_made_with_kubectl_is_judged_and_kept(monkeypatch: pytest.MonkeyPatch, own_home: Path) -> None:
    file = own_home / "podlab" / "workspaces" / "bad-env" / "api.yaml"

    def edit() -> None:
        file.write_text(f"{file.read_text()}# seen\n")

    begun = in_process("start", "missing-secret", PODLAB_PROVIDER="embedded")
    code, said = converse(
        monkeypatch,
        ["start bad-env", "kubectl set env deploy/api DATABASE_PORT=5432", "check", ("check", edit), "apply",
         "start bad-env", "help answer", "help strat", "quit"],
    )  # fmt: skip
    assert (begun.code, code) == (0, 0)
    assert said.count("solved; ") == 2
    assert said.count("the lab deletes the pods of deployment/api for a cold start") == 2
    assert " ".join(said.split()).count("to hand it in, export DIR writes what runs as files") == 2
    assert "What runs differs from your files in deployment/api" in said
    assert "configured" not in said
    assert said.count("your files were not applied") == 1, "an edit is not applied over what was changed"
    assert "5432; in api.yaml" in said.partition("your files were not applied")[2]
    assert "not asked: apply them?" in said
    assert said.count("answer: ") == 1
    again = in_process("start", "bad-env", PODLAB_PROVIDER="embedded")
    assert "configured" not in again.err
    assert in_process("check", "bad-env", PODLAB_PROVIDER="embedded").code == 0
    assert "for bad-env" in in_process("hint").out, "the one taken up last, though it was begun before"
    in_process("cluster", "down", PODLAB_PROVIDER="embedded")


def test_news_is_told_above_the_prompt_and_not_into_a_question(monkeypatch: pytest.MonkeyPatch) -> None:
    voice, heard = Voice(Console(color=False)), io.StringIO()
    sight = Sight(voice.tell)

    lines: list[Line] = [("check", lambda: sight.see(LiveView("ns", 0.0)))]
    monkeypatch.setattr(sys, "stdin", Typing(lines))
    with contextlib.redirect_stdout(heard), contextlib.redirect_stderr(heard):
        assert voice.ask("here") == "check"
        assert heard.getvalue() == "here> \nthere are no pods\nhere> "
        with sight.held():
            sight.see(BROKEN)
            assert "web-" not in heard.getvalue()
    assert "new: pod web-" in heard.getvalue()


def test_option_and_command_in_either_order() -> None:
    assert in_order(["--format", "json", "list"]) == ["list", "--format", "json"]
    assert in_order(["--format=json", "cluster", "status"]) == ["cluster", "status", "--format=json"]
    assert in_order(["shell", "--", "--format", "x"]) == ["shell", "--", "--format", "x"]
    assert in_process("--format", "json", "list").out == in_process("list", "--format", "json").out
    assert in_process("--format").code == 2


def test_what_changed_is_told_in_sentences_and_once() -> None:
    first = telling.changes(None, BROKEN)
    assert first[0] == "pod web-5d9c7b8f6d-x2x7v: CrashLoopBackOff, 0 of 1 ready, 4 restarts"
    assert telling.changes(BROKEN, replace(BROKEN, now=BROKEN.now + 5)) == []
    well = replace(pod(), status="Running", ready="1/1")
    new = replace(EVENTS[1], message="Readiness probe failed")
    now = replace(BROKEN, pods=(well, pod("web-2")), events=(*EVENTS, new))
    assert telling.changes(BROKEN, now) == [
        "pod web-5d9c7b8f6d-x2x7v: Running, 1 of 1 ready, 4 restarts",
        "new: pod web-2: CrashLoopBackOff, 0 of 1 ready, 4 restarts",
        "warning, Unhealthy, pod/web-5d9c7b8f6d-x2x7v: Readiness probe failed, 13 times",
    ]
    lost = replace(now, lost="the cluster does not answer")
    assert "does not answer" in telling.changes(now, lost)[0]
    assert telling.changes(lost, lost) == []
    assert telling.changes(lost, now) == ["the cluster answers again"]
    assert telling.changes(now, replace(now, pods=(well,))) == ["gone: pod web-2"]
    assert telling.status(LiveView("ns", 0.0)) == ["there are no pods"]


def test_prose_is_a_paragraph_a_line_without_marks() -> None:
    text = "# Title\n\nOne **bold**\nline.\n\n- a\n  b\n- c\n\n```\nkubectl get pods\n```\nEnd.\n"
    assert telling.prose(text, "Title") == ["One bold line.", "- a b", "- c", "kubectl get pods", "End."]
