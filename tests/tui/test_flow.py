"""Nothing is asked for twice: saves made elsewhere count, and every start is where the last one ended."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from lab.attempt import edits
from lab.attempt.views import ApplyResult
from lab.errors import ContentError
from lab.errors import Place as Where
from lab.model.progress import Standing
from lab.tui.screens.catalogue import CatalogueScreen
from lab.tui.screens.failure import FailureScreen
from lab.tui.sitting import Place, Sitting
from lab.tui.widgets.editor import Editor
from lab.tui.widgets.exercise_list import ExerciseList
from tests.tui.conftest import driven
from tests.tui.scripted import POLICY, SOLVED

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.tui.scripted import ScriptedLab


async def test_a_save_made_elsewhere_is_applied_and_checked(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        attempt = await driver.begin()
        attempt.verdicts = [SOLVED]
        (attempt.workspace / "app.yaml").write_text(f"# from another editor\n{POLICY}")
        await driver.until(lambda: driver.exercise.view.judging.solved, "it was followed")
        assert attempt.calls == ["apply", "check"]
        assert not driver.exercise.view.pending
        attempt.calls.clear()
        driver.app.preferences.keep(check_on_save=False)
        (attempt.workspace / "app.yaml").write_text(POLICY)
        await driver.until(lambda: driver.exercise.view.pending == ("app.yaml",), "it is shown as pending")
        await driver.press("ctrl+s")
        await driver.until(lambda: not driver.exercise.view.pending, "it is applied")
        assert attempt.calls == ["apply"]


async def test_what_was_edited_while_the_lab_was_closed_is_shown_and_not_applied_unasked(
    lab: ScriptedLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edits, "edited", lambda _attempt: ("app.yaml",))
    async with driven(lab) as driver:
        attempt = await driver.begin()
        await driver.until(lambda: driver.exercise.view.pending == ("app.yaml",), "it is shown as pending")
        assert driver.exercise.saves._timer is None
        assert attempt.calls == []
        await driver.press("ctrl+s")
        await driver.until(lambda: not driver.exercise.view.pending, "it is applied")
        assert "apply" in attempt.calls


async def test_an_own_save_that_is_not_applied_is_not_taken_for_one_from_outside(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        attempt = await driver.begin()
        attempt.applies = [ContentError("not a mapping", where=Where("app.yaml", 7), remedy="look at it")]
        await driver.press("2", "enter", "x", "ctrl+s")
        await driver.on(FailureScreen)
        await driver.until(
            lambda: (driver.exercise.view.files or ())[0].text == f"x{POLICY}", "the lab sees its own write"
        )
        assert driver.exercise.saves._timer is None, "and does not mean to apply it once more"
        assert attempt.calls == ["apply"]
        attempt.applies = [ApplyResult()]
        mended = POLICY + "# mended elsewhere\n"
        (attempt.workspace / "app.yaml").write_text(mended)
        await driver.until(lambda: (driver.exercise.applied or ())[0].text == mended, "somebody else did")
        assert attempt.calls.count("apply") == 2
        assert sum(isinstance(one, FailureScreen) for one in driver.app.screen_stack) == 1


async def test_the_next_start_is_where_the_last_one_ended_and_checks_nothing(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        await driver.begin()
        await driver.press("4")
        await driver.until(lambda: Sitting(lab.settings.home).place.panel == "events", "the place is kept")
        await driver.press("ctrl+q")
    lab.mark("wrong-path", Standing.SOLVED)
    async with driven(lab) as driver:
        await driver.opened()
        assert lab.started[-1] == "resume wrong-path"
        assert lab.attempts["wrong-path"].calls == []
        assert driver.exercise.query_one("#events").display
        await driver.press("q")
        await driver.on(CatalogueScreen)
        highlighted = driver.app.screen.query_one(ExerciseList).highlighted_option
        assert highlighted is not None
        assert highlighted.id == "wrong-path", "the cursor is on what was left"
        await driver.until(
            lambda: Sitting(lab.settings.home).place == Place(), "the catalogue is a place, too"
        )
    async with driven(lab) as driver:
        assert lab.started[-1] == "resume wrong-path", "nothing was started again"
        assert isinstance(driver.app.screen, CatalogueScreen)


async def test_a_full_disk_loses_no_edit_and_says_what_to_do(
    lab: ScriptedLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with driven(lab) as driver:
        attempt = await driver.begin()
        await driver.press("2", "enter")
        editor = driver.exercise.query(Editor).first()
        await driver.until(lambda: driver.app.focused is editor and editor.editing, "it is edited")
        await driver.press("x")

        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        await driver.press("ctrl+s")
        await driver.on(FailureScreen)
        screen = driver.app.screen
        assert isinstance(screen, FailureScreen)
        assert "make room" in screen.failure.remedy
        assert (attempt.workspace / "app.yaml").read_text() == POLICY, "the file is as it was"
        assert editor.dirty
        assert editor.text == f"x{POLICY}"
        monkeypatch.undo()
        await driver.press("r")
        await driver.until(lambda: not editor.dirty, "there is room again: it is saved")


def test_a_place_that_cannot_be_read_or_written_is_the_catalogue(tmp_path: Path) -> None:
    sitting = Sitting(tmp_path)
    assert sitting.go(Place("wrong-path", "files"))
    sitting.flush()
    assert not sitting.go(Place("wrong-path", "files")), "nothing to write twice"
    assert Sitting(tmp_path).place == Place("wrong-path", "files")
    for damage in (b"", b"[]", b'{"format": 2, "exercise": "x", "panel": ""}', b"\xff"):
        (tmp_path / "sitting.json").write_bytes(damage)
        assert Sitting(tmp_path).place == Place()
    (tmp_path / "file").write_text("not a directory")
    blocked = Sitting(tmp_path / "file")
    blocked.go(Place("wrong-path"))
    blocked.flush()
    assert blocked.place == Place("wrong-path"), "it holds for this sitting"
