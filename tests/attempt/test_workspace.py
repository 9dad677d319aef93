"""A workspace keeps what is the learner's, whatever happens to it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lab.attempt.views import FileRole, FileState
from lab.attempt.workspace import MARKER, Workspace, read_marker
from lab.errors import ContentError, NotAbleError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

ORIGINALS = {"web.yaml": b"kind: Deployment\n", "image/app.py": b"print(1)\n"}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(
        tmp_path / "work",
        "sample",
        ORIGINALS,
        tmp_path / "backups",
        image_directory="image",
        now=lambda: 1.8e9,
    )


def states(workspace: Workspace) -> dict[str, FileState]:
    return {file.name: file.state for file in workspace.files()}


def test_it_begins_with_the_originals(workspace: Workspace) -> None:
    assert workspace.create() == ()
    assert states(workspace) == {"web.yaml": FileState.UNCHANGED, "image/app.py": FileState.UNCHANGED}
    assert [file.role for file in workspace.files()] == [FileRole.MANIFEST, FileRole.IMAGE]
    marker = read_marker(workspace.directory)
    assert marker is not None
    assert marker.exercise == "sample"


def test_starting_again_keeps_edits_and_brings_back_what_is_missing(workspace: Workspace) -> None:
    workspace.create()
    (workspace.directory / "web.yaml").write_text("mine\n", encoding="utf-8")
    (workspace.directory / "image" / "app.py").unlink()
    assert states(workspace)["image/app.py"] is FileState.MISSING

    assert workspace.create() == ("image/app.py was missing and is back",)

    assert (workspace.directory / "web.yaml").read_text(encoding="utf-8") == "mine\n"
    assert states(workspace) == {"web.yaml": FileState.EDITED, "image/app.py": FileState.UNCHANGED}


def test_a_newer_original_replaces_only_what_was_not_edited(workspace: Workspace) -> None:
    workspace.create()
    (workspace.directory / "web.yaml").write_text("mine\n", encoding="utf-8")
    newer = Workspace(
        workspace.directory,
        "sample",
        {"web.yaml": b"newer\n", "image/app.py": b"newer\n"},
        workspace.backups,
        image_directory="image",
    )
    newer.create()
    assert (workspace.directory / "web.yaml").read_bytes() == b"mine\n"
    assert (workspace.directory / "image/app.py").read_bytes() == b"newer\n"


def test_reset_backs_up_what_was_edited_and_added(workspace: Workspace) -> None:
    workspace.create()
    (workspace.directory / "web.yaml").write_text("mine\n", encoding="utf-8")
    (workspace.directory / "secret.yaml").write_text("added\n", encoding="utf-8")

    backup = workspace.reset()

    assert backup is not None
    assert (backup / "web.yaml").read_text(encoding="utf-8") == "mine\n"
    assert (backup / "secret.yaml").read_text(encoding="utf-8") == "added\n"
    assert set(states(workspace).values()) == {FileState.UNCHANGED}
    assert workspace.reset() is None


def test_two_backups_in_one_second_are_two(workspace: Workspace) -> None:
    workspace.create()
    kept = []
    for text in ("one", "two"):
        (workspace.directory / "web.yaml").write_text(text, encoding="utf-8")
        backup = workspace.reset()
        assert backup is not None
        kept.append((backup / "web.yaml").read_text(encoding="utf-8"))
    assert kept == ["one", "two"]


def test_foreign_files_are_left_alone(workspace: Workspace) -> None:
    workspace.directory.mkdir()
    (workspace.directory / "notes.yaml").write_text("mine\n", encoding="utf-8")

    said = workspace.create()

    assert "notes.yaml" in said[0]
    assert states(workspace)["notes.yaml"] is FileState.FOREIGN
    workspace.reset()
    assert (workspace.directory / "notes.yaml").read_text(encoding="utf-8") == "mine\n"


def test_a_foreign_file_in_the_way_is_moved_to_the_backups(workspace: Workspace) -> None:
    workspace.directory.mkdir()
    (workspace.directory / "web.yaml").write_text("a year of work\n", encoding="utf-8")

    said = workspace.create()

    kept = next(workspace.backups.rglob("web.yaml"))
    assert kept.read_text(encoding="utf-8") == "a year of work\n"
    assert str(kept.parent) in said[0]
    assert (workspace.directory / "web.yaml").read_bytes() == ORIGINALS["web.yaml"]


def test_another_exercises_workspace_is_refused(workspace: Workspace) -> None:
    workspace.create()
    other = Workspace(workspace.directory, "other", ORIGINALS, workspace.backups)
    with pytest.raises(UsageError, match="holds the exercise sample") as caught:
        other.create()
    assert "--workspace" in caught.value.remedy


def test_a_deleted_workspace_is_said(workspace: Workspace) -> None:
    with pytest.raises(ContentError, match="gone") as caught:
        workspace.files()
    assert "podlab start sample" in caught.value.remedy


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 1}', '{"format": "x", "exercise": 1}'])
def test_a_damaged_marker_is_said(workspace: Workspace, content: str) -> None:
    workspace.create()
    (workspace.directory / MARKER).write_text(content, encoding="utf-8")
    with pytest.raises(ContentError, match="damaged"):
        workspace.files()


def test_a_newer_marker_is_left_alone(workspace: Workspace) -> None:
    workspace.create()
    path = workspace.directory / MARKER
    path.write_text(json.dumps({"format": 99}), encoding="utf-8")
    with pytest.raises(NotAbleError, match="newer podlab"):
        workspace.create()
    assert json.loads(path.read_text(encoding="utf-8")) == {"format": 99}


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    workspace = Workspace(tmp_path / "file" / "work", "sample", ORIGINALS, tmp_path / "backups")
    with pytest.raises(NotAbleError) as caught:
        workspace.create()
    assert "--workspace" in caught.value.remedy


def test_what_editors_leave_behind_is_not_a_file(workspace: Workspace) -> None:
    workspace.create()
    for name in ("web.yaml~", ".web.yaml.swp", "image/__pycache__/app.pyc"):
        path = workspace.directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("", encoding="utf-8")
    assert set(states(workspace)) == set(ORIGINALS)
