"""The editor as a tool: mistakes while one types, finding, what is different, whose version counts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual import events
from textual.widgets import Static, Tab

from lab.attempt.linting import program
from lab.attempt.views import Drift
from lab.tui.screens.changes import ChangesScreen
from lab.tui.screens.dialogs import ChoiceScreen
from lab.tui.widgets.file_pane import FilePane
from lab.tui.widgets.files import FilesPanel
from lab.tui.widgets.finder import Finder
from lab.tui.widgets.problems import ProblemList
from tests.tui.conftest import Driver, driven
from tests.tui.scripted import POLICY

if TYPE_CHECKING:
    from lab.tui.widgets.editor import Editor
    from tests.tui.scripted import ScriptedLab


def pane(driver: Driver) -> FilePane:
    """The pane of the first file."""
    return driver.exercise.query(FilePane).first()


async def editing(driver: Driver) -> Editor:
    """Begin to edit the first file."""
    await driver.press("2", "enter")
    assert pane(driver).editor.editing
    return pane(driver).editor


async def test_mistakes_are_told_while_one_types_and_enter_goes_there(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        await driver.begin()
        editor = await editing(driver)
        shown = pane(driver).query_one(ProblemList)
        await driver.until(lambda: shown.problems, "the scripted manifest lacks something")
        before = len(shown.problems)
        editor.move_cursor((10, 0))
        driver.app.post_message(events.Paste("          imag: x\n"))
        await driver.until(lambda: len(shown.problems) > before, "a mistake more")
        (found,) = [one for one in shown.problems if "imag" in one.what]
        assert (found.line, found.remedy) == (11, "did you mean image?")
        assert "✗" in str(driver.exercise.query_one("TabbedContent Tab").label)  # type: ignore[attr-defined]
        editor.move_cursor((8, 0))
        await driver.press("f8")
        assert editor.cursor_location == (10, 10)
        await driver.press("escape")
        editor.move_cursor((0, 0))
        await driver.until(lambda: shown.highlighted is None, "no mistake where the cursor is")
        shown.focus()
        shown.highlighted = shown.problems.index(found)
        await driver.press("enter")
        await driver.until(lambda: editor.editing and editor.cursor_location == (10, 10), "gone to")
        await driver.press("ctrl+z")
        await driver.until(lambda: len(shown.problems) == before, "undone, and nobody complains any more")


async def test_in_a_low_window_the_lines_are_the_files_while_one_types(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        await driver.begin()
        shown, short = pane(driver).query_one(ProblemList), pane(driver).query_one(".mistake", Static)
        await driver.press("2")
        await driver.until(lambda: shown.display and shown.problems, "what is wrong is listed")
        assert not short.display
        editor = await editing(driver)
        await driver.press("end", "enter", "h", "m", "colon", "enter", "y", "colon")
        await driver.until(lambda: len(shown.problems) > 1, "a mistake more")
        assert not shown.display
        assert short.region.height in {1, 2}
        assert str(short.render()).startswith("✗ 2 of 2 · line ")
        assert "line 3:5" in str(driver.exercise.query_one("#files").border_subtitle)
        assert editor.text.startswith("apiVersion: apps/v1\nhm:\n  y:\n")
        assert editor.region.height > 10
        await driver.press("escape")
        assert shown.display


async def test_texts_and_lines_are_found_and_differences_shown(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        await driver.begin()
        editor = await editing(driver)
        await driver.press("ctrl+f", "w", "e", "b")
        told = pane(driver).query_one(Finder).query_one(".told", Static)
        await driver.until(lambda: "of" in str(told.render()), "it was looked for")
        assert editor.selected_text == "web"
        first = editor.cursor_location
        await driver.press("enter")
        assert editor.cursor_location == first, "the first Enter is for the first place"
        await driver.press("enter")
        await driver.until(lambda: editor.cursor_location > first, "the next one")
        await driver.press("up", "escape", "ctrl+g", "1", "2", "enter")
        await driver.until(lambda: editor.cursor_location == (11, 0), "the line is gone to")
        assert editor.has_focus
        assert editor.editing
        await driver.press("x", "escape", "v")
        await driver.on(ChangesScreen)
        screen = driver.app.screen
        assert "x" in str(screen.query_one("#changes", Static).render())
        await driver.press("1")
        assert "@@" in str(screen.query_one("#changes", Static).render())
        await driver.press("3")
        assert "as the files on disk say" in str(screen.query_one("#changes", Static).render())


async def test_the_clusters_changes_are_undone_only_when_asked(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        attempt = await driver.begin()
        attempt.undone = (Drift("deployment/web", "spec.replicas", "app.yaml", "1", "3"),)
        await editing(driver)
        await driver.press("x", "ctrl+s")
        await driver.on(ChoiceScreen)
        assert "spec.replicas" in str(driver.app.screen.query_one("#detail").render())
        await driver.press("n")
        assert "apply" not in attempt.calls
        assert (attempt.workspace / "app.yaml").read_text() == POLICY, "nothing was saved either"
        await driver.press("ctrl+s")
        await driver.on(ChoiceScreen)
        await driver.press("y")
        await driver.until(lambda: "apply" in attempt.calls, "applied over it")
        assert (attempt.workspace / "app.yaml").read_text() == f"x{POLICY}"


async def test_whose_version_counts_is_asked_without_taking_the_keyboard(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        attempt = await driver.begin()
        editor = await editing(driver)
        await driver.press("x")
        (attempt.workspace / "app.yaml").write_text(f"# theirs\n{POLICY}")
        assert driver.exercise.feed is not None
        driver.exercise.feed.refresh()
        notice = pane(driver).query_one(".conflict")
        await driver.until(lambda: notice.has_class("-shown"), "it is said")
        await driver.press("y", "f9")
        await driver.until(lambda: not notice.has_class("-shown"), "mine counts")
        assert editor.text == f"xy{POLICY}"
        await driver.press("ctrl+s")
        await driver.until(lambda: "apply" in attempt.calls, "saved without asking again")
        assert (attempt.workspace / "app.yaml").read_text() == f"xy{POLICY}"


async def test_ten_thousand_lines_are_coloured_where_they_are_seen(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        await driver.begin()
        editor = await editing(driver)
        driver.app.post_message(events.Paste("".join(f"key-{number}: value\n" for number in range(10_000))))
        await driver.until(lambda: editor.document.line_count > 10_000, "it is all there")
        assert len(editor._highlights) < 400
        editor.move_cursor((5000, 0), center=True)
        await driver.until(lambda: editor._highlights.get(5000), "what is in view has its colours")
        assert len(editor._highlights) < 400
        await driver.press("ctrl+z")
        assert editor.text == POLICY


async def test_a_file_whose_object_was_changed_in_the_cluster_has_a_sign(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        attempt = await driver.begin()
        panel = driver.exercise.query_one(FilesPanel)
        assert "changed in the cluster" not in str(panel.border_subtitle)
        attempt.undone = (Drift("deployment/web", "spec.replicas", "app.yaml", "1", "2"),)
        deployment = {"metadata": {"name": "web", "generation": 2}}
        live = attempt.stream.view
        attempt.stream.push(replace(live, objects={**live.objects, "Deployment": (deployment,)}))
        await driver.until(lambda: "≠ app.yaml" in str(panel.border_subtitle), "it is said, and what to do")
        assert str(panel.query(Tab).first().label).endswith("≠")
        attempt.undone = ()
        deployment = {"metadata": {"name": "web", "generation": 3}}
        attempt.stream.push(replace(live, objects={**live.objects, "Deployment": (deployment,)}))
        await driver.until(lambda: "≠" not in str(panel.border_subtitle), "and no longer")


def test_a_program_that_is_no_python_is_marked_at_its_line() -> None:
    (found,) = program.mistakes("import os\ndef f(:\n    pass\n")
    assert found.line == 2
    assert program.mistakes("x = '\\d'\n") == (), "unwise, and Python"
    assert program.mistakes("\0")[0].line == 1
