"""The closed schema: every mistake at its line, with the nearest valid key, all of them at once."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from lab.catalogue.lint import lint
from lab.catalogue.locate import locate
from lab.catalogue.parse import load, parse
from lab.catalogue.problems import ContentProblems
from lab.errors import ContentError, Place

if TYPE_CHECKING:
    from pathlib import Path

EXERCISE = "probes/04-wrong-path"


@pytest.fixture
def exercise(tmp_path: Path) -> Path:
    """A private copy of a real exercise."""
    target = tmp_path / EXERCISE
    shutil.copytree(locate() / EXERCISE, target)
    return target


def edit(directory: Path, old: str, new: str, file: str = "exercise.yaml") -> int:
    """Replace the first occurrence; the line (1-based) it stood on."""
    path = directory / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return text[: text.index(old)].count("\n") + 1


def problems(directory: Path) -> tuple[ContentError, ...]:
    with pytest.raises(ContentProblems) as caught:
        parse(directory)
    return caught.value.problems


def only(directory: Path) -> ContentError:
    (problem,) = problems(directory)
    return problem


def line_of(problem: ContentError) -> int | None:
    assert isinstance(problem.where, Place)
    return problem.where.line


def test_the_catalogue_is_read_and_sorted() -> None:
    exercises = load(locate())
    assert [item.name for item in exercises][:1] != []
    tracks = [item.track for item in exercises]
    assert tracks == sorted(tracks, key=["probes", "availability", "crashloop"].index)


def test_every_exercise_is_complete() -> None:
    exercises = load(locate())
    left = [str(problem) for item in exercises for problem in lint(item, exercises)]
    assert left == []


def test_an_unknown_key_is_named_with_its_line_and_the_nearest(exercise: Path) -> None:
    line = edit(exercise, "    window: 90", "    windwo: 90")
    problem = only(exercise)
    assert "unknown key `windwo`" in problem.what
    assert "did you mean `window`?" in problem.remedy
    assert line_of(problem) == line


def test_an_unknown_kind_is_named_with_the_nearest(exercise: Path) -> None:
    line = edit(exercise, "kind: stable", "kind: stabel")
    problem = only(exercise)
    assert "unknown kind `stabel`" in problem.what
    assert "`stable`" in problem.remedy
    assert line_of(problem) == line


def test_a_wrong_type_says_what_is_wanted(exercise: Path) -> None:
    edit(exercise, "minutes: 10", "minutes: soon")
    problem = only(exercise)
    assert "`minutes` must be a whole number, not `soon`" in problem.what


def test_yes_is_no_text(exercise: Path) -> None:
    edit(exercise, "title: The pod that is restarted for being well", "title: yes")
    assert only(exercise).remedy == "put it in quotes"


def test_a_missing_key_says_what_it_is_for(exercise: Path) -> None:
    edit(exercise, "difficulty: 1\n", "")
    problem = only(exercise)
    assert "lacks the key `difficulty`" in problem.what
    assert "1 to 5" in problem.remedy


def test_a_key_given_twice_is_no_silent_choice(exercise: Path) -> None:
    edit(exercise, "minutes: 10", "minutes: 10\nminutes: 12")
    problem = only(exercise)
    assert "`minutes` is given twice" in problem.what
    assert "line 6" in problem.remedy


def test_all_mistakes_are_told_at_once(exercise: Path) -> None:
    edit(exercise, "minutes: 10", "minutes: soon")
    edit(exercise, "difficulty: 1", "difficutly: 1")
    (exercise / "debrief.md").unlink()
    told = [problem.what for problem in problems(exercise)]
    assert len(told) == 4
    assert any("debrief" in str(problem.where) for problem in problems(exercise))


def test_another_format_is_refused_before_anything_is_guessed(exercise: Path) -> None:
    edit(exercise, "format: 1", "format: 2")
    problem = only(exercise)
    assert "format 2" in problem.what
    assert "docs/exercises.md" in problem.remedy


def test_broken_yaml_names_the_line(exercise: Path) -> None:
    line = edit(exercise, "track: probes", "track: [probes")
    problem = only(exercise)
    assert "not valid YAML" in problem.what
    assert (line_of(problem) or 0) >= line


def test_a_name_is_taken_only_once(exercise: Path) -> None:
    shutil.copytree(exercise, exercise.parent / "05-wrong-path")
    with pytest.raises(ContentProblems, match="is taken"):
        load(exercise.parent.parent)


def test_a_directory_that_is_not_there_says_how_to_name_one(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="PODLAB_EXERCISES"):
        locate(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("old", "new", "file", "told", "remedy"),
    [
        ("finding: stable", "finding: stabel", "exercise.yaml", "refers to `stabel`", "`stable`"),
        ("guard: probe-blind", "guard: blind", "exercise.yaml", "refers to `blind`", "`probe-blind`"),
        ("check: stable", "check: stabil", "exercise.yaml", "refers to `stabil`", "`stable`"),
        ("explains: [deadlock]", "explains: [dedlock]", "exercise.yaml", "refers to `dedlock`", "`deadlock`"),
        ("seconds: 180", "seconds: 60", "exercise.yaml", "restart by the clock", "at least 180 seconds"),
        ("id: answers", "id: rolled-out", "exercise.yaml", "is used 2 times", "its own id"),
        ("difficulty: 1", "difficulty: 9", "exercise.yaml", "out of range", "1 (easy)"),
        ("## What it means", "What it means", "hints.md", "2 hints", "three `## ` rungs"),
        ("`web` is a", "```yaml\npath: /healthz\n```\n`web` is a", "brief.md", "shows YAML", "symptom"),
        ("name: wrong-path", "name: path", "exercise.yaml", "is not called `04-path`", "rename it"),
        ("track: probes", "track: crashloop", "exercise.yaml", "does not lie in the track", "move it"),
        (
            "workload: deployment/web",
            "workload: dep/web",
            "exercise.yaml",
            "is no workload",
            "deployment/NAME",
        ),
    ],
)
def test_lint_names_what_is_left_to_do(
    exercise: Path, old: str, new: str, file: str, told: str, remedy: str
) -> None:
    edit(exercise, old, new, file)
    found = lint(parse(exercise))
    assert any(told in problem.what and remedy in problem.remedy for problem in found), [*map(str, found)]


def test_lint_finds_stray_files_and_undeclared_cheats(exercise: Path) -> None:
    (exercise / "notes.txt").write_text("x")
    (exercise / "cheats" / "new").mkdir()
    (exercise / "cheats" / "new" / "steps.yaml").write_text('steps: ["kubectl get pods | cat"]\n')
    told = " ".join(str(problem) for problem in lint(parse(exercise)))
    assert "no place in an exercise" in told
    assert "has no declared failure" in told
    assert "no single kubectl command line" in told


def test_a_prerequisite_has_to_exist(exercise: Path) -> None:
    edit(exercise, "images: [healthz]", "images: [healthz]\nprerequisites: [wrong-pat]")
    parsed = parse(exercise)
    (problem,) = lint(parsed, [parsed])
    assert "did you mean `wrong-path`?" in problem.remedy
