"""Footer, help and palette name what works where one is, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.command import CommandPalette
from textual.widgets import OptionList
from textual.widgets._toast import Toast

from lab.tui.screens.dialogs import ChoiceScreen
from lab.tui.screens.exercise import ExerciseScreen
from lab.tui.screens.help import HelpScreen
from lab.tui.widgets.editor import Editor
from lab.tui.widgets.key_bar import KeyBar, fitting
from lab.tui.widgets.strip import Entry
from tests.tui.conftest import Driver, driven
from tests.tui.scripted import POLICY

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
        assert not {"Faster", "Slower", "Check", "Pause"} & set(keys)
        await driver.press("escape", "escape", "question_mark")
        keys = await help_keys(driver)
        assert keys["Help"] == "? F1"
        assert {"Faster", "Slower", "Check", "Pause", "Commands"} <= set(keys)
        textuals = {"palette", "Focus Next", "Focus Previous", "Copy selected text"}
        assert not [name for name in keys if name in textuals or name.startswith(("Scroll ", "Page "))]
        assert "since you came" in str(driver.app.screen.query_one("#notes").render())


async def run_by_name(driver: Driver, name: str) -> None:
    """Find a command in the palette and run it."""
    await driver.press("ctrl+p")
    await driver.on(CommandPalette)
    await driver.press(*name)
    found = driver.app.screen.query_one(OptionList)
    await driver.until(lambda: found.option_count and found.highlighted is not None, f"{name} is found")
    await driver.press("enter")
    await driver.until(lambda: not isinstance(driver.app.screen, CommandPalette), "the palette is gone")


async def test_the_palette_finds_every_command_of_the_screen_by_name(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        names = {one.title for one in driver.app.get_system_commands(driver.app.screen)}
        assert {"Open", "Search", "Next unsolved", "Theme", "Help", "Quit"} <= names
        assert "Keys" not in names
        attempt = await driver.begin()
        await driver.until(lambda: driver.exercise.view.clock, "the clock was read")
        await editing(driver)
        wanted = {
            *("Check", "Hint", "Reset", "Solution", "Pause", "Faster", "Skip 10 s", "Shell", "Edit"),
            *("Apply", "Back", "Pods", "Reconnect", "Leave editor", "Next restart"),
        }
        listed = [one.title for one in driver.app.get_system_commands(driver.exercise)]
        assert wanted <= set(listed)
        assert len(listed) == len(set(listed))
        assert "Debrief" not in listed, "not offered before it is solved"
        await driver.press("f1")
        await driver.on(HelpScreen)
        await run_by_name(driver, "faster")
        await driver.until(lambda: attempt.clock.speed == 2.0, "it runs faster")
        await run_by_name(driver, "clock slower")
        await driver.until(lambda: attempt.clock.speed == 1.0, "found by what is said of it")


async def test_edits_are_not_dropped_unasked_and_the_footer_keeps_the_way_back(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        await driver.begin()
        editor = await editing(driver)
        await driver.press("x", "escape")
        await driver.until(lambda: "Revert" in footer(driver), "the footer of a file with edits")
        assert footer(driver).split()[-4:] == ["q", "Back", "?", "Help"]
        assert len(footer(driver)) <= 80
        await driver.press("ctrl+r")
        await driver.on(ChoiceScreen)
        await driver.press("enter")
        await driver.on(ExerciseScreen)
        assert editor.dirty
        await driver.press("ctrl+r", "y")
        await driver.until(lambda: not editor.dirty, "they are dropped")


async def test_the_footer_hears_of_what_changes_while_a_dialog_goes(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        await driver.begin()
        dialog = ChoiceScreen("Well?", ())
        driver.app.push_screen(dialog)
        await driver.on(ChoiceScreen)
        # What is to follow a refresh of a screen that goes before that never comes.
        dialog._invoke_later = lambda *_args: None  # type: ignore[method-assign]
        driver.exercise.change(solved_before=True)
        await driver.until(lambda: "Debrief" in str(driver.exercise.query_one(KeyBar).render()), "it heard")
        await driver.press("escape", "2", "enter")
        await driver.until(lambda: "^f Find" in footer(driver), "the editor's keys")


async def test_the_banner_names_keys_as_they_work_where_the_keyboard_is(lab: ScriptedLab) -> None:
    def says(driver: Driver) -> str:
        return driver.text("Banner")

    async with driven(lab) as driver:
        attempt = await driver.begin()
        attempt.gate.close()
        await driver.press("c")
        await driver.until(lambda: "Esc cancels · o output" in says(driver), "letters are keys")
        await editing(driver)
        await driver.until(lambda: "Esc, Esc again cancels" in says(driver), "letters are text")
        assert "o output" not in says(driver)
        attempt.gate.open()
        await driver.until(lambda: "Esc, then 6 shows why" in says(driver), "the verdict in one line")
        assert "\n" not in says(driver)
        await driver.press("escape")
        await driver.until(lambda: "6 shows why · h a hint" in says(driver), "out of the editor")
        await driver.press("6")
        await driver.until(lambda: "shows why" not in says(driver), "where the answers are")
        assert "h a hint" in says(driver)


async def test_the_footer_of_the_search_says_enter_and_escape(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        await driver.press("slash")
        await driver.until(lambda: "Show all" in footer(driver), "the footer of the search")
        assert "Open" in footer(driver)
        await driver.press("escape")
        await driver.until(lambda: "? Help" in footer(driver), "the footer of the list")


async def test_what_is_told_leaves_what_is_read_in_view(lab: ScriptedLab) -> None:
    async with driven(lab, exercise="oom-limit") as driver:
        await driver.opened()
        await driver.press("a", "a", "2")
        await driver.until(lambda: driver.app.screen.query(Toast), "the result is told")
        await driver.until(lambda: driver.app.screen.query(Toast).first().region.height, "it is laid out")
        toast = driver.app.screen.query(Toast).first().region
        assert not toast.overlaps(driver.exercise.query_one("#checks").query_one(OptionList).region)
        assert not toast.overlaps(driver.exercise.query_one(KeyBar).region)


def test_in_a_narrow_footer_another_key_has_the_room_of_the_word_help() -> None:
    keys = (
        ("c", "c", "Check"),
        ("h", "h", "Hint"),
        ("e", "!", "Shell"),
        ("q", "q", "Back"),
        ("?", "?", "Help"),
    )
    assert fitting(keys, 40) == keys
    assert fitting(keys, 31) == (*keys[:-1], ("?", "?", ""))
    assert fitting(keys, 28) == (*keys[:2], *keys[3:])


async def test_in_sixty_columns_every_panel_and_the_shell_are_named(lab: ScriptedLab) -> None:
    async with driven(lab, size=(60, 20)) as driver:
        await driver.begin()
        await editing(driver)
        await driver.press("x", "escape", "1")
        entries = driver.exercise.query(Entry)
        await driver.until(lambda: "2 Files•" in str(entries[1].render()), "what is not saved is marked")
        await driver.until(lambda: entries.last().region.right <= 60, "all of them fit")
        assert str(entries.last().render()).strip() == "7 Timeline"
        await driver.until(lambda: "! Shell" in footer(driver), "the footer has the shell")
        assert footer(driver).endswith("q Back ?")


async def test_a_second_key_on_its_way_does_not_leave_the_screen_beneath(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        await driver.begin()
        for keys in (("s", "enter", "enter"), ("r", "escape", "escape"), ("S", "q", "escape")):
            driver.app.post_message(events.Key(keys[0], keys[0]))
            await driver.until(lambda: driver.app.screen is not driver.exercise, "it is asked")
            await driver.until(lambda: driver.app.focused, "somebody has the keyboard")
            for key in keys[1:]:
                driver.app.post_message(events.Key(key, key if len(key) == 1 else None))
            await driver.until(lambda: driver.app.screen is driver.exercise, "back at the exercise")
        await driver.press("1")
        assert driver.app.screen is driver.exercise


async def test_a_key_left_to_the_screen_is_no_text_whatever_comes_on_its_heels(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        await driver.begin()
        editor = await editing(driver)
        await driver.press("escape")
        for key in ("2", "enter", "x"):
            driver.app.post_message(events.Key(key, key if len(key) == 1 else None))
        await driver.until(lambda: editor.dirty, "something was typed")
        await driver.press("y")
        assert editor.text == f"xy{POLICY}"
