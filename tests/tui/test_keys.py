"""Footer, help and palette name what works where one is, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.tui.screens.help import HelpScreen
from lab.tui.widgets.editor import Editor
from lab.tui.widgets.key_bar import KeyBar
from tests.tui.conftest import Driver, driven

if TYPE_CHECKING:
    from tests.tui.scripted import ScriptedLab


def footer(driver: Driver) -> str:
    return str(driver.app.screen.query_one(KeyBar).render())


async def editing(driver: Driver) -> Editor:
    """Begin editing the first file."""
    await driver.press("2", "enter")
    await driver.until(lambda: driver.exercise.query_one("#files").has_class("-editing"), "it is edited")
    return driver.exercise.query(Editor).first()


async def help_keys(driver: Driver) -> dict[str, str]:
    """What the help on top lists: keys by what they do."""
    await driver.on(HelpScreen)
    screen = driver.app.screen
    assert isinstance(screen, HelpScreen)
    return {row.description: row.keys for row in screen._rows}


async def test_while_a_file_is_edited_footer_and_help_name_what_works_there(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        await driver.begin()
        await driver.until(lambda: "? Help" in footer(driver), "the footer of the screen")
        editor = await editing(driver)
        await driver.until(lambda: "F1 Help" in footer(driver), "the footer of the editor")
        assert "? Help" not in footer(driver)
        await driver.press("question_mark", "plus", "minus")
        assert editor.text.startswith("?+-")
        await driver.press("f1")
        keys = await help_keys(driver)
        assert keys["Help"] == "F1"
        assert keys["Leave editor"] == "esc"
        assert not {"Faster", "Slower", "Check", "Pause time"} & set(keys)
        await driver.press("escape", "escape", "question_mark")
        keys = await help_keys(driver)
        assert keys["Help"] == "? F1"
        assert {"Faster", "Slower", "Check", "Pause time"} <= set(keys)
        assert "since you came" in str(driver.app.screen.query_one("#notes").render())
