"""The tour by keys, broken off and taken up again; the settings, in force at once and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.attempt.preferences import Chosen, Preferences
from lab.model.progress import Progress
from lab.tui import choices, tour
from lab.tui.screens.exercise import ExerciseScreen
from lab.tui.screens.reading import HintScreen
from lab.tui.screens.settings import SettingsScreen
from lab.tui.widgets.files import FilesPanel
from lab.tui.widgets.settings_list import SettingsList
from tests.tui.conftest import Driver, driven

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.tui.scripted import ScriptedLab


def kept(lab: ScriptedLab) -> str:
    return Preferences(lab.settings.home).chosen.toured


async def at_step(driver: Driver, lab: ScriptedLab, name: str) -> None:
    await driver.until(lambda: kept(lab) == name, f"the tour is at {name}")


async def test_a_new_learner_is_led_through_broken_off_and_led_on(lab: ScriptedLab) -> None:
    lab._progress = Progress()
    async with driven(lab) as driver:
        await driver.until(
            lambda: "two-minute tour" in str(driver.app.screen.query_one("Summary").render()),
            "the list tells of the tour",
        )
        await driver.press("enter")
        await driver.opened()
        assert "Two minutes" in driver.text("#tour"), "the list said so: it is not asked for again"
        await driver.press("2", "enter")
        await driver.until(lambda: not driver.exercise.query_one("#tour").display, "the file has the room")
        await driver.press("escape")
        await driver.until(lambda: driver.exercise.query_one("#tour").display, "there is room again")
        await driver.press("f3", "3")
        await at_step(driver, lab, "events")
        await driver.press("ctrl+q")
    async with driven(lab) as driver:
        await driver.opened()
        assert "press 4" in driver.text("#tour")
        assert "F3 skips this step" in driver.text("#tour")
        await driver.press("4", "c")
        await at_step(driver, lab, "hint")
        await driver.press("h")
        await driver.on(HintScreen)
        await driver.press("escape", "2", "enter", "ctrl+s")
        await at_step(driver, lab, "end")
        assert driver.exercise.query_one(FilesPanel).editing
        assert driver.exercise.query_one("#tour").display, "the end is for somebody who types still"
        assert "F3 or F4 ends the tour" in driver.text("#tour")
        await driver.until(lambda: driver.app.bridge.running is None, "what was saved is checked")
        await driver.press("f3")
        await at_step(driver, lab, choices.DONE)
        assert not driver.exercise.query_one("#tour").display
        assert not driver.exercise.check_action("tour_on", ())


async def test_whoever_wants_no_tour_or_solved_something_is_left_alone(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        await driver.begin()
        assert not driver.exercise.query_one("#tour").display
    lab._progress = Progress()
    async with driven(lab, exercise="always-200") as driver:
        await driver.opened()
        await driver.press("f4")
        await at_step(driver, lab, choices.DONE)


def test_the_tour_speaks_of_keys_that_are_there() -> None:
    known = {key for one in ExerciseScreen.BINDINGS for key in one.key.split(",")}  # type: ignore[union-attr]
    assert {key for step in tour.STEPS for key in step.keys} <= known
    assert tour.step("a step of another version") is tour.STEPS[0]


async def test_settings_are_in_force_at_once_and_kept(
    lab: ScriptedLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with driven(lab, size=(60, 20)) as driver:
        driver.handover.set = ""
        await driver.press("S")
        await driver.on(SettingsScreen)
        found = driver.app.screen.query_one(SettingsList)
        await driver.press("right")
        await driver.until(lambda: driver.app.theme == "podlab-light", "the theme changed")
        await driver.press("down", "right", "down", "enter", "down", "right", "down", "left")
        chosen = Preferences(lab.settings.home)
        await driver.until(lambda: chosen.chosen.rate == 10.0, "all is kept")
        assert chosen.chosen == Chosen(
            theme="podlab-light", provider="embedded", check_on_save=False, editor="nano", rate=10.0
        )
        assert "10x" in str(found.options[4].prompt)
        await driver.press("escape", "enter")
        await driver.opened()
        await driver.press("S")
        await driver.on(SettingsScreen)
        driver.handover.set = "vi"
        await driver.press("up", "left", "q")
        await driver.on(ExerciseScreen)


def test_what_is_decided_elsewhere_is_not_changed_here() -> None:
    around = choices.Surroundings("podlab-dark", ("auto", "kind"), "kind", ("nano",), "vi")
    assert choices.turned(Chosen(), around, "provider", 1) == {}
    assert choices.turned(Chosen(), around, "editor", 1) == {}
    shown = {one.id: one for one in choices.settings(Chosen(), around)}
    assert "PODLAB_PROVIDER" in shown["provider"].fixed
    free = choices.Surroundings("podlab-dark", ("auto", "kind"), "", (), "", served=True)
    assert choices.turned(Chosen(provider="kind"), free, "provider", 1) == {"provider": ""}
    assert choices.turned(Chosen(provider="context:gone"), free, "provider", 1) == {"provider": ""}
    assert "browser" in {one.id: one for one in choices.settings(Chosen(), free)}["editor"].fixed


def test_choices_survive_damage_another_version_and_a_home_that_cannot_be_written(tmp_path: Path) -> None:
    file = tmp_path / "tui.json"
    for damage in (b"", b"[]", b'{"format": 1, "rate": "fast", "check_on_save": 0}', b"\xff"):
        file.write_bytes(damage)
        assert Preferences(tmp_path).chosen == Chosen()
    file.write_text('{"theme": "podlab-light", "editor": "vi"}')
    old = Preferences(tmp_path)
    assert old.chosen == Chosen(theme="podlab-light", editor="vi"), "what the first lab wrote"
    old.keep(rate=2.0)
    assert Preferences(tmp_path).chosen == Chosen(theme="podlab-light", editor="vi", rate=2.0)
    newer: Any = '{"format": 2, "theme": {"of": "another kind"}}'
    file.write_text(newer)
    mine = Preferences(tmp_path)
    mine.keep(rate=5.0)
    assert mine.chosen.rate == 5.0, "it holds for this sitting"
    assert file.read_text() == newer, "and the newer lab's choices are left alone"


async def test_whoever_solved_something_gets_the_tour_when_the_settings_promise_it(lab: ScriptedLab) -> None:
    wanted = choices.turned(
        Preferences(lab.settings.home).chosen, choices.Surroundings("", (), "", (), ""), "toured", 1
    )
    assert wanted == {"toured": choices.AGAIN}
    Preferences(lab.settings.home).keep(toured=choices.AGAIN)
    async with driven(lab) as driver:
        await driver.begin()
        assert "Two minutes" in driver.text("#tour")
