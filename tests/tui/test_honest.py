"""What the screen says of what was found earlier, and of a wait in vain, is so."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual.containers import VerticalScroll
from textual.widgets import Markdown, OptionList
from textual.widgets.markdown import MarkdownFence

from lab.catalogue.locate import locate
from lab.catalogue.parse import load
from lab.model.progress import Standing
from lab.tui.widgets.clock_bar import ClockBar
from tests.tui.conftest import Driver, driven
from tests.tui.scripted import ScriptedClock

if TYPE_CHECKING:
    import pytest

    from tests.tui.scripted import ScriptedLab


def lines(driver: Driver) -> list[str]:
    """The list of checks as it is on the screen."""
    checks = driver.exercise.query_one("#checks").query_one(OptionList)
    return [str(option.prompt) for option in checks.options]


async def test_what_was_solved_earlier_is_not_said_to_be_open(lab: ScriptedLab) -> None:
    lab.mark("wrong-path", Standing.SOLVED)
    async with driven(lab, exercise="wrong-path") as driver:
        await driver.opened()
        assert all("✓" in line and "solved earlier" in line for line in lines(driver))
        assert "✓" in driver.text("#entry-checks")
        assert "checks the live cluster again" in driver.text("#finding-text")
        attempt = lab.attempts["wrong-path"]
        attempt.gate.close()
        await driver.press("c")
        await driver.until(lambda: driver.exercise.view.judging.findings, "the check is at work")
        assert not any("solved earlier" in line for line in lines(driver))


async def test_a_reading_that_comes_late_sets_no_clock_back(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        await driver.begin()
        await driver.until(lambda: driver.exercise.view.clock, "the clock was read")
        then, bar = driver.exercise.view.clock, driver.exercise.query_one(ClockBar)
        assert then is not None
        ahead = replace(then, now=then.now + 528)
        for reading in (ahead, replace(then, now=then.now + 180), replace(ahead, now=ahead.now + 1)):
            bar.show(replace(driver.exercise.view, clock=reading))
        assert "8:49 ahead" in driver.text("ClockBar")
        for second in (1.0, 2.0):
            bar.show(replace(driver.exercise.view, clock=replace(then, now=second)))
        assert "+" not in driver.text("ClockBar"), "a cluster that was begun anew"


async def test_an_answer_that_was_right_stays_so_while_checks_run(lab: ScriptedLab) -> None:
    async with driven(lab, exercise="oom-limit") as driver:
        await driver.opened()
        await driver.press("a", "2")
        await driver.until(lambda: driver.exercise.view.judging.findings, "it is answered")
        lab.attempts["oom-limit"].gate.close()
        await driver.press("c")
        await driver.until(lambda: driver.exercise.view.judging.running, "the check is at work")
        assert "✓" in lines(driver)[-1]


async def test_a_restart_that_is_not_in_sight_is_said_so(
    lab: ScriptedLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with driven(lab) as driver:
        attempt = await driver.begin()
        await driver.until(lambda: driver.exercise.view.clock, "the clock was read")
        monkeypatch.setattr(ScriptedClock, "step", lambda clock, seconds, *_: clock.wait(seconds))
        before = attempt.clock.seconds
        await driver.press("n")

        def told(word: str) -> bool:
            return any(word in one.message for one in driver.app._notifications)

        await driver.until(lambda: told("No restart within 10m"), "it says so")
        assert attempt.clock.seconds == before + 600
        attempt.gate.close()
        await driver.press("c")
        await driver.until(lambda: driver.app.bridge.running, "something runs")
        await driver.press("n")
        assert told("has the clock"), "a key that cannot be followed now is answered"


async def test_code_in_texts_is_as_wide_as_the_pane_at_most(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        await driver.begin()
        brief = driver.exercise.query_one("#brief").query_one(Markdown)
        await brief.update("```\nkubectl get pods\n```\n" + "more\n\n" * 40)
        pane = driver.exercise.query_one("#brief").query_one(VerticalScroll)
        await driver.until(lambda: pane.show_vertical_scrollbar, "it is longer than the pane")
        code = brief.query_one(MarkdownFence).query_one("#code-content")
        room = pane.scrollable_content_region.width - brief.gutter.width - code.gutter.width
    for exercise in load(locate()):
        texts = {path.name: path.read_text("utf-8") for path in exercise.directory.glob("*.md")}
        for name, text in texts.items():
            listed = "".join(text.split("```")[1::2]).splitlines()
            wide = [line for line in listed if len(line) > room]
            assert not wide, f"{exercise.name}/{name}: wider than {room} columns"
