"""Every form tells the same verdict; what is for programs can be read by programs."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from lab.model.grade import Grade, Outcome
from lab.model.proof import Proof, Result, Trial
from lab.model.verdict import Evidence, Finding, State, Verdict
from lab.report import jsonform, junit, markdown, proof, text
from lab.report.style import Style


def finding(state: State, **more: object) -> Finding:
    given = {
        "id": "stable", "title": "The pod | survives", "code": "restarts", "expected": "no restart",
        "observed": "3 restarts\x00 <b>", "why": "the probe asks the wrong path",
        "look_at": "kubectl describe pod",
        "evidence": (Evidence("pod/web", "restartCount", "3"),), "budget": 60.0, "waited": 30.0, **more,
    }  # fmt: skip
    return Finding(state=state, **given)  # type: ignore[arg-type]


def verdict(*states: State) -> Verdict:
    return Verdict(
        "wrong-path", "embedded", "podlab-wrong-path", tuple(map(finding, states)), 65.0, 0.4, ("a note",)
    )


def test_text_says_everything_of_what_did_not_pass_and_little_of_what_did() -> None:
    said = text.verdict(verdict(State.PASSED, State.FAILED))
    assert "  passed  The pod | survives\n  FAILED" in said
    for part in (
        "no restart",
        "3 restarts",
        "pod/web restartCount = 3",
        "wrong path",
        "kubectl describe pod",
    ):
        assert said.count(part) == 1
    assert "note: a note" in said
    assert said.endswith("not passed  +65 s of cluster time in 0.4 s\n")


def test_waiting_says_how_long() -> None:
    assert "30 s of 60 s of cluster time" in text.verdict(verdict(State.WAITING))


def test_no_meaning_is_in_colour_alone() -> None:
    coloured = text.verdict(verdict(*State), Style(color=True))
    plain = text.verdict(verdict(*State))
    assert "\x1b[" in coloured
    assert "\x1b[" not in plain
    assert all(word in plain for word in ("passed", "FAILED", "waiting", "unknown", "skipped"))


@pytest.mark.parametrize("state", State)
def test_json_holds_all_fields(state: State) -> None:
    document = json.loads(jsonform.verdict(verdict(state)))
    assert (document["format"], document["kind"], document["state"]) == (1, "verdict", state.value)
    assert document["findings"][0]["evidence"] == [
        {"object": "pod/web", "field": "restartCount", "value": "3", "at": None}
    ]


def test_junit_is_legal_xml_with_one_case_a_finding() -> None:
    root = ET.fromstring(junit.verdict(verdict(*State)))  # noqa: S314 (our own output)
    cases = root.findall(".//testcase")
    kinds = [{child.tag for child in case} for case in cases]
    assert kinds == [set(), {"failure"}, {"error"}, {"error"}, {"skipped"}]
    failure = cases[1].find("failure")
    assert failure is not None
    assert "wrong path" in (failure.text or "")
    suite = root.find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("5", "1", "2")


def test_markdown_keeps_its_table_whole() -> None:
    said = markdown.verdict(verdict(State.FAILED))
    assert "| The pod \\| survives | FAILED |" in said
    assert "\\<b\\>" in said


def grades() -> list[Grade]:
    return [
        Grade(Path("ann"), "wrong-path", Outcome.PASSED, verdict(State.PASSED)),
        Grade(Path("bob"), "wrong-path", Outcome.NOT_PASSED, verdict(State.FAILED)),
        Grade(Path("carl"), "wrong-path", Outcome.REFUSED, problems=("web.yaml:3: refused: hostPath",)),
        Grade(Path("dora"), "wrong-path", Outcome.UNABLE, problems=("there is no Docker engine",)),
    ]


def test_grades_keep_to_a_narrow_terminal_and_break_at_words_only() -> None:
    given = [
        *grades(),
        Grade(Path("/long/" + "directory/" * 8), "wrong-path", Outcome.REFUSED, problems=("refused: " * 20,)),
    ]
    said = text.grades(given, Style(width=80))
    assert "submission  " not in said
    assert f"{given[-1].submission}\n  refused     wrong-path: refused:" in said
    overview = said[said.index("\nann\n") :].splitlines()
    assert all(len(line) <= 80 for line in overview if "directory/" not in line)
    assert "submission  " in text.grades(grades()), "a table where it fits"


def test_what_was_not_asked_is_no_headline_of_what_passed() -> None:
    given = verdict(State.PASSED, State.SKIPPED)
    assert Grade(Path("ann"), "wrong-path", Outcome.PASSED, given).headline == ""
    assert Grade(Path("ann"), "wrong-path", Outcome.UNABLE, given).headline


def test_grades_in_every_form() -> None:
    said = text.grades(grades())
    for part in ("ann", "passed", "bob", "not passed", "carl", "web.yaml:3: refused: hostPath", "not able"):
        assert part in said
    document = json.loads(jsonform.grades(grades()))
    assert [one["outcome"] for one in document["results"]] == ["passed", "not passed", "refused", "not able"]
    root = ET.fromstring(junit.grades(grades()))  # noqa: S314 (our own output)
    assert [len(root.findall(f".//{tag}")) for tag in ("testsuite", "failure", "error")] == [4, 2, 1]
    assert markdown.grades(grades()).startswith("## 1 of 4 passed")


@pytest.mark.parametrize("form", ["text", "json", "junit", "markdown"])
def test_proofs_in_every_form(form: str) -> None:
    trials = (
        Trial("wrong-path", "broken", Result.HELD, "fails", "fails", verdict(State.FAILED)),
        Trial("wrong-path", "solution", Result.NOT_HELD, "passes", "fails in stable", verdict(State.FAILED)),
        Trial("wrong-path", "cheats/x", Result.UNABLE, "fails", "", problem="no kubectl"),
        Trial("metrics", "broken", Result.SKIPPED, "fails", "embedded lacks metrics"),
    )
    said = proof.render(Proof("embedded", trials), form)
    for part in ("broken", "solution", "cheats/x", "metrics"):
        assert part in said
    if form == "json":
        assert json.loads(said)["holds"] is False
    if form == "junit":
        root = ET.fromstring(said)  # noqa: S314 (our own output)
        assert [len(root.findall(f".//{tag}")) for tag in ("failure", "error", "skipped")] == [1, 1, 1]
    if form == "text":
        assert "2 of 4 trials held on embedded" in said
