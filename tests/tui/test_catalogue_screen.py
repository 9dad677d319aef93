"""The catalogue: what a learner sees first, and the way into an exercise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.events import Key

from lab.attempt.preferences import Preferences
from lab.errors import ContentError, NotAbleError, Place
from lab.model.progress import Standing
from lab.tui.screens.catalogue import CatalogueScreen, SearchInput
from lab.tui.screens.failure import FailureScreen
from lab.tui.screens.help import HelpScreen
from lab.tui.screens.progress import ProgressScreen
from lab.tui.widgets.exercise_list import ExerciseList
from tests.tui.conftest import Driver, driven
from tests.tui.scripted import ScriptedLab

if TYPE_CHECKING:
    from pathlib import Path

    from lab.tui.operation import Failure


async def test_a_started_exercise_is_taken_up_again_and_not_checked(lab: ScriptedLab) -> None:
    lab.mark("wrong-path", Standing.SOLVED)
    async with driven(lab) as driver:
        await driver.press("slash", *"restarted", "enter")
        await driver.opened()
        assert lab.started == ["resume wrong-path"]
        assert lab.attempts["wrong-path"].calls == []
        assert "You have solved this one" in driver.text("Banner")


async def test_what_is_typed_on_the_heels_of_the_slash_is_searched_for(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        for key in ("slash", "q", "u", "n"):
            driver.app.post_message(Key(key, key if len(key) == 1 else "/"))
        search = driver.app.screen.query_one(SearchInput)
        await driver.until(lambda: search.value == "qun", "every letter is in the search")


async def test_a_search_asked_for_before_its_line_is_there_is_begun(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        await driver.app.screen.query(SearchInput).remove()
        await driver.press("escape", "slash", "q", "u")
        assert driver.app.screen.query_one(SearchInput).value == "qu"


async def test_an_empty_catalogue_tells_where_to_look(tmp_path: Path) -> None:
    async with driven(ScriptedLab(tmp_path, ())) as driver:
        assert "podlab doctor" in str(driver.app.screen.query_one("#notice").render())
        await driver.press("enter", "n")
        assert isinstance(driver.app.screen, CatalogueScreen)


async def test_the_list_is_searched_helped_and_themed_by_keys(lab: ScriptedLab) -> None:
    lab.messages = ("the progress file was damaged and is kept aside as progress.json.1",)
    async with driven(lab, size=(50, 12)) as driver:
        assert driver.app.screen.has_class("-too-small")
        await driver.press("question_mark", "S")
        assert isinstance(driver.app.screen, CatalogueScreen), "no key does what cannot be seen"
        await driver.pilot.resize_terminal(80, 24)
        await driver.until(lambda: not driver.app.screen.has_class("-too-small"), "it is usable again")
        assert "kept aside" in str(driver.app.screen.query_one("#notice").render())
        names = driver.app.screen.query_one(ExerciseList)
        assert len(names.names) == 6
        await driver.pilot.click("KeyBar", offset=(10, 0))
        await driver.press(*"never", "space", *"ends")
        await driver.until(lambda: names.names == ["probe-loop"], "only the match is left")
        await driver.press(*"zzz")
        await driver.until(lambda: names.names == [], "nothing matches")
        assert "Nothing matches" in str(driver.app.screen.query_one("Summary").render())
        await driver.press("escape")
        await driver.until(lambda: len(names.names) == 6, "everything is back")
        await driver.press("t")
        await driver.until(lambda: Preferences(lab.settings.home).theme() == "podlab-light", "it is kept")
        await driver.press("question_mark")
        await driver.on(HelpScreen)
        screen = driver.app.screen
        assert isinstance(screen, HelpScreen)
        rows = {row.description: row.keys for row in screen._rows}
        assert rows["Search"] == "/"
        assert rows["Next unsolved"] == "n"
        await driver.press("escape")
        await driver.on(CatalogueScreen)
        for name in ("wrong-path", "always-200", "database-in-liveness", "probe-loop"):
            lab.mark(name, Standing.SOLVED)
        driver.app.screen.reload()
        await driver.press("n")
        assert names.highlighted_option is not None
        assert names.highlighted_option.id == "oom-limit"
        lab.mark("oom-limit", Standing.SOLVED)
        lab.mark("http-probe", Standing.NEW)
        driver.app.screen.reload()
        await driver.press("n")
        assert names.highlighted_option.id == "http-probe"


async def test_what_is_not_open_yet_not_possible_here_or_not_readable_is_said(lab: ScriptedLab) -> None:
    lab.unreadable = (
        ContentError("unknown key 'tittle'", where=Place("exercises/x/exercise.yaml", 3), remedy="title?"),
    )
    lab.offered = ("context:far", frozenset())

    def summary() -> str:
        return str(driver.app.screen.query_one("Summary").render())

    async with driven(lab) as driver:
        names = driver.app.screen.query_one(ExerciseList)
        await driver.until(lambda: "✗ The health check" in lines(names), "what the cluster lacks is known")
        assert "… The start that never ends" in lines(names), "it comes after another one"
        await driver.press("end")
        await driver.until(lambda: "unknown key 'tittle'" in summary(), "file, line and remedy")
        assert "exercises/x/exercise.yaml:3" in summary()
        await driver.press("enter", "slash", *"never", "space", *"ends")
        await driver.until(lambda: "starts it anyway" in summary(), "advice is no lock")
        await driver.press("escape", "slash", *"health")
        await driver.until(
            lambda: "Not on context:far: it lacks image builds" in summary(), "what is missing"
        )
        assert lab.started == []


def lines(names: ExerciseList) -> str:
    return "\n".join(" ".join(str(option.prompt).split()) for option in names.options)


async def test_a_start_is_cancelled_fails_and_succeeds(lab: ScriptedLab) -> None:
    lab.gate.close()
    async with driven(lab) as driver:
        await driver.press("n", "enter")
        await driver.on(ProgressScreen)
        await driver.press("escape")
        await driver.on(CatalogueScreen)
        await driver.until(lambda: driver.app.bridge.running is None, "nothing runs any more")
        assert lab.progress().of("wrong-path").standing is Standing.NEW
        lab.gate.open()
        lab.problem = NotAbleError(
            "port 16443 is taken", where="127.0.0.1:16443", remedy="stop the program that has it"
        )
        await driver.press("enter")
        failed = await _failure(driver)
        assert failed.what == "port 16443 is taken"
        assert failed.remedy == "stop the program that has it"
        assert failed.command == "podlab start wrong-path"
        lab.problem = ZeroDivisionError("division by zero")
        await driver.press("r")
        await driver.until(lambda: len(lab.started) == 3, "it was tried again")
        failed = await _failure(driver)
        assert "ZeroDivisionError" in failed.what
        assert "report" in failed.remedy
        assert "Traceback" in failed.detail
        lab.gate.close()
        await driver.press("r")
        await driver.on(ProgressScreen)
        running = driver.app.bridge.running
        assert running is not None
        await driver.until(lambda: "applying the broken state" in running.narration, "it narrates")
        lab.gate.open()
        await driver.opened()
        assert lab.started == ["start wrong-path"] * 4
        assert lab.progress().of("wrong-path").standing is Standing.STARTED


async def _failure(driver: Driver) -> Failure:
    await driver.on(FailureScreen)
    screen = driver.app.screen
    assert isinstance(screen, FailureScreen)
    return screen.failure
