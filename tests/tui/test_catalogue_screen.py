"""The catalogue: what a learner sees first, and the way into an exercise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.errors import NotAbleError
from lab.model.progress import Standing
from lab.tui.screens.catalogue import CatalogueScreen
from lab.tui.screens.failure import FailureScreen
from lab.tui.screens.help import HelpScreen
from lab.tui.screens.progress import ProgressScreen
from lab.tui.widgets.exercise_list import ExerciseList
from tests.tui.conftest import driven
from tests.tui.scripted import ScriptedLab

if TYPE_CHECKING:
    from pathlib import Path


async def test_search_narrows_and_escape_widens(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        names = driver.app.screen.query_one(ExerciseList)
        assert len(names.names) == 6
        await driver.press("slash", *"never", "space", *"ends")
        await driver.until(lambda: names.names == ["probe-loop"], "only the match is left")
        await driver.press(*"zzz")
        await driver.until(lambda: names.names == [], "nothing matches")
        assert "Nothing matches" in str(driver.app.screen.query_one("Summary").render())
        await driver.press("escape")
        await driver.until(lambda: len(names.names) == 6, "everything is back")


async def test_next_unsolved_goes_round(lab: ScriptedLab) -> None:
    for name in ("wrong-path", "always-200", "database-in-liveness", "probe-loop"):
        lab.mark(name, Standing.SOLVED)
    async with driven(lab) as driver:
        chosen = driver.app.screen.query_one(ExerciseList)
        await driver.press("n")
        assert chosen.highlighted_option is not None
        assert chosen.highlighted_option.id == "oom-limit"
        lab.mark("oom-limit", Standing.SOLVED)
        lab.mark("http-probe", Standing.NEW)
        driver.app.screen.reload(lab.exercises())  # type: ignore[attr-defined]
        await driver.press("n")
        assert chosen.highlighted_option.id == "http-probe"


async def test_starting_shows_narration_then_the_exercise(lab: ScriptedLab) -> None:
    lab.gate.close()
    async with driven(lab) as driver:
        await driver.press("n", "enter")
        await driver.on(ProgressScreen)
        running = driver.app.bridge.running
        assert running is not None
        await driver.until(lambda: "applying the broken state" in running.narration, "it narrates")
        lab.gate.open()
        await driver.opened()
        assert lab.started == ["start wrong-path"]
        assert lab.progress().of("wrong-path").standing is Standing.STARTED


async def test_a_started_exercise_is_taken_up_again_and_not_checked(lab: ScriptedLab) -> None:
    lab.mark("wrong-path", Standing.SOLVED)
    async with driven(lab) as driver:
        await driver.press("enter")
        await driver.opened()
        assert lab.started == ["resume wrong-path"]
        assert lab.attempts["wrong-path"].calls == []
        assert "solved this one before" in driver.text("Banner")


async def test_cancelling_a_start_returns_to_the_catalogue(lab: ScriptedLab) -> None:
    lab.gate.close()
    async with driven(lab) as driver:
        await driver.press("n", "enter")
        await driver.on(ProgressScreen)
        await driver.press("escape")
        await driver.on(CatalogueScreen)
        assert driver.app.bridge.running is None
        assert lab.progress().of("wrong-path").standing is Standing.NEW


async def test_a_start_that_fails_says_what_to_try_and_tries_again(lab: ScriptedLab) -> None:
    lab.problem = NotAbleError(
        "port 16443 is taken", where="127.0.0.1:16443", remedy="stop the program that has it"
    )
    async with driven(lab) as driver:
        await driver.press("n", "enter")
        await driver.on(FailureScreen)
        screen = driver.app.screen
        assert isinstance(screen, FailureScreen)
        assert screen.failure.what == "port 16443 is taken"
        assert screen.failure.remedy == "stop the program that has it"
        assert screen.failure.command == "podlab start wrong-path"
        await driver.press("r")
        await driver.opened()
        assert lab.started == ["start wrong-path", "start wrong-path"]


async def test_a_mistake_of_the_lab_itself_is_said_to_be_one(lab: ScriptedLab) -> None:
    lab.problem = ZeroDivisionError("division by zero")
    async with driven(lab) as driver:
        await driver.press("n", "enter")
        await driver.on(FailureScreen)
        screen = driver.app.screen
        assert isinstance(screen, FailureScreen)
        assert "ZeroDivisionError" in screen.failure.what
        assert "report" in screen.failure.remedy
        assert "Traceback" in screen.failure.detail


async def test_an_empty_catalogue_tells_where_to_look(tmp_path: Path) -> None:
    async with driven(ScriptedLab(tmp_path, ())) as driver:
        assert "podlab doctor" in str(driver.app.screen.query_one("#notice").render())
        await driver.press("enter", "n")
        assert isinstance(driver.app.screen, CatalogueScreen)


async def test_notices_of_the_lab_are_shown(lab: ScriptedLab) -> None:
    lab.messages = ("the progress file was damaged and is kept aside as progress.json.1",)
    async with driven(lab) as driver:
        assert "kept aside" in str(driver.app.screen.query_one("#notice").render())


async def test_help_is_made_from_the_bindings(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        await driver.press("question_mark")
        await driver.on(HelpScreen)
        screen = driver.app.screen
        assert isinstance(screen, HelpScreen)
        rows = {row.description: row.keys for row in screen._rows}
        assert rows["Search"] == "/"
        assert rows["Next unsolved"] == "n"
        await driver.press("escape")
        await driver.on(CatalogueScreen)


async def test_an_exercise_can_be_named_at_the_start(lab: ScriptedLab) -> None:
    async with driven(lab, exercise="oom-limit") as driver:
        await driver.opened()
        assert lab.started == ["start oom-limit"]


async def test_a_tiny_window_says_so_and_nothing_is_lost(lab: ScriptedLab) -> None:
    async with driven(lab, size=(50, 12)) as driver:
        assert driver.app.screen.has_class("-too-small")
        await driver.pilot.resize_terminal(80, 24)
        await driver.until(lambda: not driver.app.screen.has_class("-too-small"), "it is usable again")
