"""The ways out: what becomes of unsaved edits, what is said of a check that was broken off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lab.tui.drafts import Drafts
from lab.tui.operation import Kind
from lab.tui.screens.catalogue import CatalogueScreen
from lab.tui.screens.dialogs import ChoiceScreen
from lab.tui.screens.exercise import ExerciseScreen
from lab.tui.sitting import Sitting
from lab.tui.widgets.editor import Editor
from tests.tui.conftest import driven
from tests.tui.scripted import POLICY

if TYPE_CHECKING:
    from tests.tui.conftest import Driver
    from tests.tui.scripted import ScriptedAttempt, ScriptedLab


async def edited(driver: Driver) -> ScriptedAttempt:
    """An exercise with an unsaved edit."""
    attempt = await driver.begin()
    await driver.press("2", "enter")
    editor = driver.exercise.query(Editor).first()
    await driver.until(lambda: driver.app.focused is editor and editor.editing, "it is edited")
    await driver.press("x")
    return attempt


@pytest.mark.parametrize(
    ("choice", "on_disk", "kept", "said"),
    [("k", POLICY, f"x{POLICY}", "kept"), ("s", f"x{POLICY}", "", "not checked"), ("x", POLICY, "", "")],
)
async def test_quitting_with_unsaved_edits_quits_as_was_chosen(
    lab: ScriptedLab, choice: str, on_disk: str, kept: str, said: str
) -> None:
    async with driven(lab) as driver:
        attempt = await edited(driver)
        await driver.press("ctrl+q")
        await driver.on(ChoiceScreen)
        await driver.press(choice)
        await driver.until(lambda: driver.app.return_code == 0, "the lab is left")
        assert said in " ".join(driver.app.last_words)
        assert (attempt.workspace / "app.yaml").read_text() == on_disk
        assert attempt.calls == (["apply"] if choice == "s" else []), "and nothing was checked"
    drafts = Drafts(lab.settings.home, "wrong-path", attempt.workspace).read()
    assert "".join(draft.text for draft in drafts.values()) == kept


async def test_staying_stays_and_the_catalogue_is_another_way_out(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        attempt = await edited(driver)
        await driver.press("ctrl+q")
        await driver.on(ChoiceScreen)
        await driver.press("n")
        await driver.on(ExerciseScreen)
        assert driver.app.return_code is None
        await driver.press("escape", "q")
        await driver.on(ChoiceScreen)
        await driver.press("k")
        await driver.on(CatalogueScreen)
        assert attempt.calls == []
        await driver.until(lambda: attempt.stream.closed, "the stream is closed")


async def test_a_check_that_quitting_breaks_off_is_told_then_and_at_the_next_start(lab: ScriptedLab) -> None:
    attempt = lab.attempt("wrong-path")
    attempt.gate.close()
    async with driven(lab) as driver:
        await driver.begin()
        await driver.press("c")
        await driver.until(lambda: "check" in attempt.calls, "a check runs")
        await driver.press("ctrl+q")
        await driver.until(lambda: driver.app.return_code == 0, "the lab is left")
        assert "broken off" in " ".join(driver.app.last_words)
    assert Sitting(lab.settings.home).place.checking
    async with driven(lab) as driver:
        await driver.opened()
        await driver.until(
            lambda: any("broken off" in one.message for one in driver.app._notifications), "it is told"
        )
        running = driver.app.bridge.running
        assert running is None or running.kind is not Kind.CHECK
        assert not driver.app.sitting.place.checking
