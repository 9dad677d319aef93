"""The exercise screen: from the broken state to solved, by keys; and what happens when things go wrong."""

from __future__ import annotations

from dataclasses import replace

from textual.widgets import DataTable

from lab.attempt.views import ApplyResult
from lab.errors import ContentError, ObservationLost, Place
from lab.model.verdict import State
from lab.tui.screens.catalogue import CatalogueScreen
from lab.tui.screens.dialogs import ChoiceScreen
from lab.tui.screens.exercise import ExerciseScreen
from lab.tui.screens.failure import FailureScreen
from lab.tui.screens.reading import DebriefScreen, HintScreen, ReadingScreen
from lab.tui.widgets.files import Editor, FilesPanel
from lab.tui.widgets.logs import LogLines
from tests.tui.conftest import Driver, driven
from tests.tui.scripted import BROKEN, NOT_YET, SOLVED, ScriptedLab, pod


async def test_from_broken_to_solved_by_keys(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        attempt = await driver.begin()
        attempt.verdicts = [NOT_YET, SOLVED]
        await driver.press("c")
        await driver.until(lambda: driver.exercise.view.judging.verdict, "the first verdict")
        assert "Not yet" in driver.text("Banner")
        assert "restarted twice" in driver.text("#finding-text")
        await driver.press("2")
        editor = await _editor(driver)
        editor.text = editor.text.replace("/health,", "/healthz,")
        await driver.press("ctrl+s")
        await driver.until(lambda: driver.exercise.view.judging.stale, "it is applied")
        assert "/healthz," in (attempt.workspace / "app.yaml").read_text()
        assert attempt.calls == ["check", "apply"]
        await driver.press("escape", "c")
        await driver.until(lambda: driver.exercise.view.judging.solved, "solved")
        assert "S O L V E D" in driver.text("Banner")
        await driver.press("d")
        await driver.on(DebriefScreen)
        await driver.press("n")
        await driver.until(lambda: lab.started[-1] == "start always-200", "the next exercise starts")


async def _editor(driver: Driver) -> Editor:
    await driver.until(lambda: isinstance(driver.app.focused, Editor), "the editor has the keyboard")
    focused = driver.app.focused
    assert isinstance(focused, Editor)
    return focused


async def test_letters_are_typed_in_the_editor_and_keys_outside(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        attempt = await driver.begin()
        await driver.press("2")
        editor = await _editor(driver)
        await driver.press("c", "h", "r")
        assert editor.text.startswith("chr")
        assert attempt.calls == []
        await driver.press("escape", "h")
        await driver.on(HintScreen)


async def test_hints_come_rung_by_rung(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        attempt = await driver.begin()
        await driver.press("h")
        await driver.on(HintScreen)
        await driver.press("h")
        await driver.until(lambda: "2 of 3" in _title(driver), "the second rung")
        await driver.press("h")
        await driver.until(lambda: "3 of 3" in _title(driver), "the third rung")
        await driver.press("h")
        assert attempt.rungs == 3
        await driver.press("escape")
        await driver.on(ExerciseScreen)


def _title(driver: Driver) -> str:
    return driver.app.screen._title if isinstance(driver.app.screen, HintScreen) else ""


async def test_a_check_streams_findings_and_can_be_cancelled(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        attempt = await driver.begin()
        attempt.gate.close()
        await driver.press("c")
        await driver.until(lambda: driver.exercise.view.judging.findings, "the first finding is there")
        assert "cold start" in driver.text("Banner")
        await driver.press("h")
        assert attempt.rungs == 0, "a second operation is refused while one runs"
        await driver.press("escape")
        await driver.until(lambda: driver.app.bridge.running is None, "it is cancelled")
        await driver.until(lambda: not driver.exercise.view.judging.running, "the screen knows")
        assert driver.exercise.view.judging.verdict is None
        assert driver.exercise.view.judging.findings[0].state is State.PASSED


async def test_a_cluster_that_is_lost_says_so_and_comes_back(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        attempt = await driver.begin()
        attempt.stream.push(replace(BROKEN, lost="the cluster does not answer: refused"))
        await driver.until(lambda: "does not answer" in driver.text("Banner"), "the banner says it")
        assert "podlab cluster up" in driver.text("Banner")
        attempt.verdicts = [ObservationLost("the cluster stopped answering", remedy="podlab cluster up")]
        await driver.press("c")
        await driver.on(FailureScreen)
        await driver.press("escape", "R")
        await driver.until(lambda: attempt.calls[-1] == "up", "the cluster is brought up")
        attempt.stream.push(BROKEN)
        await driver.until(lambda: "does not answer" not in driver.text("Banner"), "it is back")


async def test_an_apply_that_is_refused_points_to_file_and_line(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        attempt = await driver.begin()
        attempt.applies = [
            ContentError("not a mapping", where=Place("app.yaml", 7), remedy="look at the indentation")
        ]
        await driver.press("ctrl+s")
        await driver.on(FailureScreen)
        screen = driver.app.screen
        assert isinstance(screen, FailureScreen)
        assert screen.failure.where == "app.yaml:7"


async def test_leaving_asks_for_unsaved_edits(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        attempt = await driver.begin()
        await driver.press("2")
        await _editor(driver)
        await driver.press("x", "escape", "q")
        await driver.on(ChoiceScreen)
        await driver.press("n")
        await driver.on(ExerciseScreen)
        await driver.press("ctrl+q")
        await driver.on(ChoiceScreen)
        await driver.press("s")
        await driver.on(CatalogueScreen)
        assert (attempt.workspace / "app.yaml").read_text().startswith("x")
        assert attempt.calls == ["apply"]


async def test_a_check_with_unsaved_edits_offers_to_apply_first(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        attempt = await driver.begin()
        await driver.press("2")
        await _editor(driver)
        await driver.press("x", "escape", "c")
        await driver.on(ChoiceScreen)
        await driver.press("s")
        await driver.until(lambda: attempt.calls == ["apply", "check"], "applied, then checked")


async def test_a_file_changed_elsewhere_is_taken_over_or_asked_for(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        attempt = await driver.begin()
        file = attempt.workspace / "app.yaml"
        await driver.press("2")
        editor = await _editor(driver)
        file.write_text("from: outside\n")
        assert driver.exercise.feed is not None
        driver.exercise.feed.refresh()
        await driver.until(lambda: editor.text == "from: outside\n", "a clean buffer follows the disk")
        await driver.press("x")
        file.write_text("from: outside again\n")
        driver.exercise.feed.refresh()
        await driver.until(lambda: editor.conflict, "the conflict is seen")
        assert editor.text == "xfrom: outside\n"
        await driver.press("ctrl+s")
        await driver.on(ChoiceScreen)
        await driver.press("y")
        await driver.until(lambda: file.read_text() == "xfrom: outside\n", "mine was written")


async def test_editor_and_shell_get_file_and_environment(lab: ScriptedLab, monkeypatch: object) -> None:
    async with driven(lab) as driver:
        attempt = await driver.begin()
        _suspendable(driver)
        await driver.press("e")
        await driver.until(lambda: driver.handover.calls, "the editor ran")
        assert driver.handover.calls == [("edit", attempt.workspace / "app.yaml")]
        await driver.press("exclamation_mark")
        await driver.until(lambda: len(driver.handover.calls) == 2, "the shell ran")
        assert driver.handover.environment["KUBECONFIG"].endswith("kubeconfig")


def _suspendable(driver: Driver) -> None:
    """The headless driver cannot be suspended; say that it was."""
    from contextlib import nullcontext

    driver.app.suspend = nullcontext  # type: ignore[method-assign,assignment]


async def test_a_terminal_that_cannot_be_handed_over_says_so(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        await driver.begin()
        await driver.press("exclamation_mark")
        await driver.until(lambda: len(driver.app._notifications) > 0, "a notice")
        assert driver.handover.calls == []


async def test_reset_and_solution_ask_first(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        attempt = await driver.begin()
        await driver.press("r")
        await driver.on(ChoiceScreen)
        await driver.press("enter")
        await driver.on(ExerciseScreen)
        assert attempt.calls == []
        await driver.press("r", "y")
        await driver.until(lambda: attempt.calls == ["reset"], "it was reset")
        await driver.on(ExerciseScreen)
        await driver.press("s", "y")
        await driver.on(ReadingScreen)
        assert attempt.calls == ["reset", "solution"]


async def test_pods_rows_are_kept_by_uid_and_change_in_place(lab: ScriptedLab) -> None:
    async with driven(lab, size=(120, 40)) as driver:
        attempt = await driver.begin()
        table = driver.exercise.query_one("#pods").query_one(DataTable)
        first, second = pod(), pod("web-2")
        attempt.stream.push(replace(BROKEN, pods=(first, second)))
        await driver.until(lambda: table.row_count == 2, "two rows")
        attempt.stream.push(replace(BROKEN, pods=(replace(first, status="Running", ready="1/1"), second)))
        await driver.until(
            lambda: str(table.get_cell(first.uid, "STATUS")).strip() == "Running", "the cell changed"
        )
        attempt.stream.push(replace(BROKEN, pods=()))
        await driver.until(lambda: table.row_count == 0, "no rows")
        assert "No pods yet" in str(driver.exercise.query_one("#pods").query_one("Empty").render())


async def test_logs_of_the_previous_instance(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        await driver.begin()
        await driver.press("5")
        await driver.until(lambda: isinstance(driver.app.focused, LogLines), "the log has the keyboard")
        await driver.press("p")
        await driver.until(
            lambda: driver.exercise.view.log and driver.exercise.view.log.source.previous, "previous"
        )
        log = driver.exercise.view.log
        assert log is not None
        assert log.lines[0].startswith("previous of")


async def test_the_clock_is_moved_by_keys(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        attempt = await driver.begin()
        await driver.until(lambda: driver.exercise.view.clock, "the clock was read")
        await driver.press("plus")
        await driver.until(lambda: attempt.clock.speed == 2.0 and not driver.app.bridge.running, "faster")
        await driver.press("space")
        await driver.until(lambda: attempt.clock.speed == 0.0 and not driver.app.bridge.running, "paused")
        before = attempt.clock.seconds
        await driver.press("greater_than_sign")
        await driver.until(lambda: attempt.clock.seconds == before + 60, "skipped a minute")


async def test_the_question_is_answered(lab: ScriptedLab) -> None:
    async with driven(lab, exercise="oom-limit") as driver:
        await driver.opened()
        await driver.press("a")
        await driver.on(ChoiceScreen)
        await driver.press("b")
        await driver.until(lambda: lab.attempts["oom-limit"].calls == ["answer cause kernel"], "answered")
        await driver.until(lambda: driver.exercise.view.judging.findings, "the finding is shown")


async def test_warnings_of_the_api_server_are_shown(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        attempt = await driver.begin()
        attempt.applies = [ApplyResult(warnings=("app.yaml: spec.foo is not simulated",))]
        await driver.press("ctrl+s")
        await driver.until(
            lambda: any("not simulated" in one.message for one in driver.app._notifications), "the warning"
        )


async def test_the_layout_follows_the_window(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        await driver.begin()

        def shown() -> set[str | None]:
            return {panel.id for panel in driver.exercise.query("Panel") if panel.display}

        assert shown() == {"brief"}
        await driver.pilot.resize_terminal(120, 40)
        await driver.until(lambda: shown() == {"brief", "pods", "events", "checks"}, "two columns")
        await driver.pilot.resize_terminal(200, 50)
        await driver.until(lambda: shown() == {"brief", "files", "pods", "events", "checks"}, "three columns")
        assert driver.exercise.query_one(FilesPanel).display


async def test_leaving_ends_the_feed(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        attempt = await driver.begin()
        await driver.press("q")
        await driver.on(CatalogueScreen)
        await driver.until(lambda: attempt.stream.closed, "the stream is closed")
