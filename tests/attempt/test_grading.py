"""Submissions: found by marker or name, refused before anything is applied, judged, and cleaned up after."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lab.attempt import authoring, grading
from lab.attempt.lab import Lab
from lab.attempt.workspace import Marker, write_marker
from lab.errors import ContentError, NotAbleError, UsageError
from lab.model.grade import Outcome
from lab.model.verdict import Finding, State, Verdict
from lab.settings import Settings
from tests.attempt import exercises

if TYPE_CHECKING:
    from pathlib import Path

    from lab.attempt.grading import Submission

EXTRA = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra}\n"


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    exercises.write(tmp_path / "exercises")
    settings = Settings(
        home=tmp_path / "home",
        provider="embedded",
        exercises=tmp_path / "exercises",
        environment={"PATH": "/bin"},
    )
    return Lab.open(settings)


def submission(directory: Path, text: str = exercises.FIXED, name: str = "web.yaml") -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / name).write_text(text, encoding="utf-8")
    return directory


def only(lab: Lab, directory: Path) -> Submission:
    (found,) = grading.find(lab, [directory])
    return found


def test_the_exercise_is_found_by_marker_name_or_number(lab: Lab, tmp_path: Path) -> None:
    marked = submission(tmp_path / "ann")
    write_marker(marked, Marker("sample", {}))
    for directory in (
        marked,
        submission(tmp_path / "bob" / "sample"),
        submission(tmp_path / "01-sample" / "x"),
    ):
        assert only(lab, directory).exercise.name == "sample"
    unknown = submission(tmp_path / "carl")
    with pytest.raises(UsageError, match="no exercise is known") as caught:
        grading.find(lab, [unknown])
    assert "--exercise" in caught.value.remedy
    assert grading.find(lab, [unknown], "sample")[0].exercise.name == "sample"


def test_an_empty_directory_is_a_submission_of_nothing(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "ann" / "sample").mkdir(parents=True)
    (tmp_path / "bob").mkdir()
    found = [
        *grading.find(lab, [tmp_path / "ann" / "sample"]),
        *grading.find(lab, [tmp_path / "bob"], "sample"),
    ]
    results = grading.grade(lab, found)
    assert [one.outcome for one in results] == [Outcome.REFUSED, Outcome.REFUSED]
    assert all("there are no manifests in it" in one.problems[0] for one in results)


def test_a_directory_of_submissions_is_all_of_them(lab: Lab, tmp_path: Path) -> None:
    for name in ("ann", "bob"):
        submission(tmp_path / "sample" / name)
    found = grading.find(lab, [tmp_path / "sample"], "sample")
    assert {one.directory.name for one in found} == {"ann", "bob"}


def test_the_honest_pass_and_the_others_do_not(lab: Lab, tmp_path: Path) -> None:
    good = submission(tmp_path / "good" / "sample")
    bad = submission(tmp_path / "bad" / "sample", exercises.DEPLOYMENT)
    results = grading.grade(lab, grading.find(lab, [good, bad]), jobs=2)
    assert [one.outcome for one in results] == [Outcome.PASSED, Outcome.NOT_PASSED]
    assert "It is rolled out" in results[1].headline


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("web.yaml", "a: b: c\n", "web.yaml:1: the YAML is broken"),
        ("web.yaml", exercises.FIXED.replace("image:", "imag:"), "web.yaml:12"),
        (
            "web.yaml",
            exercises.FIXED.replace("    spec:", "    spec:\n      hostNetwork: true"),
            "hostNetwork",
        ),
        ("role.yaml", "apiVersion: v1\nkind: ClusterRole\nmetadata: {name: x}\n", "role.yaml:2"),
        ("x.yaml", EXTRA.replace("name: extra", "name: extra, namespace: kube-system"), "another namespace"),
        ("steps.yaml", "steps: [delete all]\n", "command lines are not run"),
        ("notes.txt", "hello\n", "no manifests"),
    ],
)
def test_what_has_no_business_there_is_refused(
    lab: Lab, tmp_path: Path, name: str, text: str, says: str
) -> None:
    directory = submission(tmp_path / "sample", text, name)
    (result,) = grading.grade(lab, [only(lab, directory)])
    assert result.outcome is Outcome.REFUSED
    assert result.verdict is None
    assert any(says in problem for problem in result.problems), result.problems


def test_nothing_reaches_a_cluster_when_it_is_refused(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(*_arguments: object, **_keywords: object) -> None:
        raise AssertionError("a cluster was opened")

    monkeypatch.setattr(authoring, "room", opened)
    text = exercises.FIXED.replace("    spec:", "    spec:\n      hostPID: true")
    (result,) = grading.grade(lab, [only(lab, submission(tmp_path / "sample", text))])
    assert result.outcome is Outcome.REFUSED


def test_a_grade_names_nothing_that_is_gone_and_the_way_a_fix_by_kubectl_is_handed_in(
    lab: Lab, tmp_path: Path
) -> None:
    lost = Finding(
        "s", "It stays up", State.FAILED, "x", "up", "down", look_at="kubectl describe pod -n podlab-sample-1"
    )
    away = Finding("o", "It is seen", State.UNKNOWN, "x", "up", "?", look_at="podlab cluster status")
    asked = Finding("q", "What ended it?", State.SKIPPED, "unanswered", "an answer", "none", kind="question")
    verdict = Verdict("sample", "embedded", "podlab-sample-1", (lost, away, asked))
    workspace, export = submission(tmp_path / "ann" / "sample"), submission(tmp_path / "bob" / "sample")
    write_marker(workspace, Marker("sample", {"web.yaml": "digest"}))
    write_marker(export, Marker("sample", {}))
    said = grading.graded(only(lab, workspace), verdict)
    assert [(one.id, one.look_at) for one in said.findings] == [("s", ""), ("o", "podlab cluster status")]
    assert "podlab-sample-1, which was removed" in said.notes[0]
    assert "podlab export DIR" in said.notes[1]
    assert not any("podlab export" in note for note in grading.graded(only(lab, export), verdict).notes)
    passed = Verdict("sample", "embedded", "podlab-sample-1", (replace(lost, state=State.PASSED), asked))
    graded = grading.graded(only(lab, workspace), passed)
    assert (len(graded.findings), graded.notes) == (1, ())


def test_a_link_is_refused(lab: Lab, tmp_path: Path) -> None:
    directory = submission(tmp_path / "sample")
    (directory / "passwd.yaml").symlink_to("/etc/passwd")
    with pytest.raises(ContentError, match="link"):
        grading.read(only(lab, directory), ["podlab-sample"])


def test_an_export_is_complete_and_other_directories_are_completed(lab: Lab, tmp_path: Path) -> None:
    directory = submission(tmp_path / "sample", EXTRA, "extra.yaml")
    part = only(lab, directory)
    manifests = grading.read(part, ["ns"])
    whole = grading.completed(part, manifests, "ns")
    assert [one.reference for one in whole] == ["configmap/extra", "deployment/web"]
    assert {one.object["metadata"]["namespace"] for one in whole} == {"ns"}
    write_marker(directory, Marker("sample", {}))
    assert [one.reference for one in grading.completed(part, manifests, "ns")] == ["configmap/extra"]


def test_code_without_isolation_is_refused_by_name(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lab.providers.embedded.inprocess import InProcessProvider

    monkeypatch.setattr(InProcessProvider, "lacks_isolation", staticmethod(lambda: "no namespaces"))
    monkeypatch.setattr(grading, "image_files", lambda _submission: {"image/app.py": b"print(1)"})
    (result,) = grading.grade(lab, [only(lab, submission(tmp_path / "sample"))])
    assert result.outcome is Outcome.UNABLE
    assert "image/app.py" in result.problems[0]
    assert "no namespaces" in result.problems[0]


def test_a_cluster_that_cannot_do_it_is_not_the_submissions_fault(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def room(*_arguments: object, **_keywords: object) -> None:
        raise NotAbleError("no room")

    monkeypatch.setattr(authoring, "room", room)
    (result,) = grading.grade(lab, [only(lab, submission(tmp_path / "sample"))])
    assert result.outcome is Outcome.UNABLE
    assert not result.outcome.decided
