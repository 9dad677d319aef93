"""The exercise screen: from the broken state to solved, by keys; and what happens when things go wrong."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from lab.attempt.preferences import Preferences
from lab.attempt.views import ApplyResult
from lab.errors import ContentError, NotAbleError, ObservationLost, Place
from lab.model.progress import Standing
from lab.model.verdict import State
from lab.tui.drafts import Draft, Drafts
from lab.tui.screens.debrief import DebriefScreen
from lab.tui.screens.dialogs import ChoiceScreen
from lab.tui.screens.exercise import ExerciseScreen
from lab.tui.screens.failure import FailureScreen
from lab.tui.screens.reading import HintScreen, ReadingScreen
from lab.tui.widgets.editor import Editor
from lab.tui.widgets.logs import LogLines
from lab.tui.widgets.row_list import RowList
from tests.tui.conftest import Driver, driven
from tests.tui.scripted import BROKEN, NOT_YET, POLICY, SOLVED, ScriptedLab, pod

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest


async def test_from_broken_to_solved_by_keys(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        attempt = await driver.begin()
        attempt.verdicts = [NOT_YET, SOLVED]
        await driver.press("c")
        await driver.until(lambda: driver.exercise.view.judging.verdict, "the first verdict")
        assert "Not yet" in driver.text("Banner")
        assert "restarted twice" in driver.text("#finding-text")
        await driver.press("2", "enter")
        editor = await _editor(driver)
        editor.text = editor.text.replace("/health,", "/healthz,")
        await driver.press("ctrl+s")
        await driver.until(lambda: driver.exercise.view.judging.solved, "a save is applied and checked")
        assert "/healthz," in (attempt.workspace / "app.yaml").read_text()
        assert attempt.calls == ["check", "apply", "check"]
        assert "S O L V E D" in driver.text("Banner")
        assert driver.app.focused is editor, "whoever types on types into the file"
        await driver.press("f2")
        await driver.on(DebriefScreen)
        await driver.press("n")
        await driver.until(lambda: lab.started[-1] == "start always-200", "the next exercise starts")


async def _editor(driver: Driver) -> Editor:
    def editing() -> Editor | None:
        focused = driver.app.focused
        return focused if isinstance(focused, Editor) and focused.editing else None

    await driver.until(editing, "the editor takes what is typed")
    found = editing()
    assert found is not None
    return found


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


async def test_a_file_changed_elsewhere_is_taken_over_or_asked_for(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        attempt = await driver.begin()
        file = attempt.workspace / "app.yaml"
        await driver.press("2", "enter")
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


def _suspendable(driver: Driver) -> list[str]:
    """The headless driver cannot be suspended: say that it was. As in Textual, no error takes it back."""
    told: list[str] = []

    @contextmanager
    def suspend() -> Iterator[None]:
        told.append("away")
        yield
        told.append("back")

    driver.app.suspend = suspend  # type: ignore[method-assign]
    return told


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


async def test_the_question_is_answered(lab: ScriptedLab) -> None:
    async with driven(lab, exercise="oom-limit") as driver:
        await driver.opened()
        await driver.press("a")
        await driver.on(ChoiceScreen)
        await driver.press("2")
        await driver.until(lambda: lab.attempts["oom-limit"].calls == ["answer cause kernel"], "answered")
        await driver.until(lambda: driver.exercise.view.judging.findings, "the finding is shown")
        assert "passed" in driver.text("#finding-text"), "the answer's finding is in view"
        assert any("right" in one.message for one in driver.app._notifications)
        assert not driver.exercise.check_action("answer", ())


async def test_keys_are_typed_in_the_editor_and_a_check_offers_to_apply_first(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        attempt = await driver.begin()
        await driver.press("2", "enter")
        editor = await _editor(driver)
        await driver.press("c", "h", "r")
        assert editor.text.startswith("chr")
        assert attempt.calls == []
        await driver.press("escape", "c")
        await driver.on(ChoiceScreen)
        await driver.press("s")
        await driver.until(lambda: attempt.calls == ["apply", "check"], "applied, then checked")


async def test_an_apply_that_is_refused_leads_to_file_and_line(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        attempt = await driver.begin()
        attempt.applies = [
            ContentError("not a mapping", where=Place("app.yaml", 7), remedy="look at the indentation"),
            ApplyResult(warnings=("app.yaml: spec.foo is not simulated",)),
        ]
        await driver.press("ctrl+s")
        await driver.on(FailureScreen)
        screen = driver.app.screen
        assert isinstance(screen, FailureScreen)
        assert screen.failure.where == "app.yaml:7"
        await driver.press("g")
        editor = await _editor(driver)
        assert editor.cursor_location == (6, 0)
        await driver.press("ctrl+s")
        await driver.until(
            lambda: any("not simulated" in one.message for one in driver.app._notifications), "the warning"
        )


async def test_unsaved_edits_outlive_a_kill(lab: ScriptedLab) -> None:
    attempt = lab.attempt("wrong-path")
    drafts = Drafts(lab.settings.home, "wrong-path", attempt.workspace)
    drafts.keep({"app.yaml": Draft(POLICY, f"kept {POLICY}")})
    drafts.flush()
    async with driven(lab) as driver:
        await driver.begin()
        await driver.press("2", "enter")
        editor = await _editor(driver)
        assert editor.text.startswith("kept ")
        await driver.press("x")
        await driver.until(lambda: drafts.read()["app.yaml"].text == editor.text, "the edit is on disk")


async def test_the_terminal_is_handed_to_editor_and_shell(
    lab: ScriptedLab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    async with driven(lab) as driver:
        attempt = await driver.begin()
        await driver.press("exclamation_mark")
        await driver.until(lambda: len(driver.app._notifications) > 0, "this terminal cannot: a notice")
        assert driver.handover.calls == []
        told, file = _suspendable(driver), attempt.workspace / "app.yaml"
        await driver.press("exclamation_mark")
        await driver.until(lambda: driver.handover.calls, "the shell ran")
        assert driver.handover.environment["KUBECONFIG"].endswith("kubeconfig")
        assert "there is no kubectl" in driver.handover.greeting
        driver.handover.problem = NotAbleError("cannot start edit", remedy="set EDITOR")
        await driver.press("e")
        await driver.on(FailureScreen)
        assert told == ["away", "back"] * 2, "a refusal gives the terminal back, too"
        await driver.press("escape")
        driver.handover.problem, driver.handover.set = None, ""
        await driver.press("e")
        await driver.on(ChoiceScreen)
        driver.app.preferences.keep(check_on_save=False)
        driver.handover.change = lambda path: path.write_text(f"# mine\n{POLICY}")
        await driver.press("down", "enter")
        await driver.until(lambda: driver.handover.calls[-1] == ("nano", file), "the editor that was chosen")
        await driver.until(lambda: driver.exercise.view.pending == ("app.yaml",), "not applied yet")
        assert "not in the cluster" in driver.text("Banner")
        assert Preferences(lab.settings.home).editor() == "nano"
        await driver.press("c")
        await driver.on(ChoiceScreen)
        await driver.press("s")
        await driver.until(lambda: attempt.calls == ["apply", "check"], "applied, then checked")
        await driver.until(lambda: not driver.exercise.view.pending, "nothing is pending any more")


async def test_edits_saved_while_a_check_runs_are_applied_and_checked(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        attempt = await driver.begin()
        attempt.gate.close()
        await driver.press("c")
        await driver.until(lambda: driver.exercise.view.judging.findings, "the check is at work")
        await driver.press("2", "enter")
        await _editor(driver)
        await driver.press("x", "ctrl+s")
        await driver.until(lambda: attempt.calls == ["check", "apply"], "it stopped for the edits")
        attempt.gate.open()
        await driver.until(lambda: attempt.calls == ["check", "apply", "check"], "and began again")
        await driver.until(lambda: driver.exercise.view.judging.verdict, "a verdict on what was saved")
        assert not driver.exercise.view.pending


async def test_a_cluster_that_was_lost_comes_back_with_the_exercise(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        attempt = await driver.begin()
        assert not attempt.starts_cluster, "a cluster that somebody stops stays stopped"
        attempt.verdicts = [ObservationLost("the cluster does not answer: HTTPSConnectionPool", remedy="…")]
        await driver.press("c")
        await driver.on(FailureScreen)
        screen = driver.app.screen
        assert isinstance(screen, FailureScreen)
        assert screen.failure.what == "the cluster does not answer"
        assert "HTTPSConnectionPool" in screen.failure.detail
        attempt.forgotten = True
        await driver.press("R")
        await driver.until(lambda: "up" in attempt.calls, "the cluster is brought up")
        await driver.until(
            lambda: lab.started == ["start wrong-path"] * 2, "the exercise is begun anew on it"
        )


async def test_pods_logs_and_layout_follow_cluster_keys_and_window(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        attempt = await driver.begin()
        screen = driver.exercise

        def shown() -> set[str | None]:
            return {panel.id for panel in screen.query("Panel") if panel.display}

        assert shown() == {"brief"}
        await driver.press("5")
        await driver.until(lambda: isinstance(driver.app.focused, LogLines), "the log has the keyboard")
        await driver.press("p")
        await driver.until(lambda: screen.view.log and screen.view.log.source.previous, "previous")
        log = screen.view.log
        assert log is not None
        assert log.lines[0].startswith("previous of")
        await driver.press("1")
        await driver.pilot.resize_terminal(120, 40)
        await driver.until(lambda: shown() == {"brief", "pods", "logs", "checks"}, "two columns")
        await driver.pilot.resize_terminal(200, 50)
        await driver.until(lambda: shown() == {"brief", "files", "pods", "logs", "checks"}, "three columns")
        table = screen.query_one(RowList)
        workloads = len(BROKEN.workloads)
        first, second = pod(), pod("web-2")
        attempt.stream.push(replace(BROKEN, pods=(first, second)))
        await driver.until(lambda: len(table.rows) == 2 + workloads, "two rows")
        attempt.stream.push(replace(BROKEN, pods=(replace(first, status="Running", ready="1/1"), second)))
        await driver.until(lambda: "Running" in table.rows[0].cells, "the cell changed")
        attempt.stream.push(replace(BROKEN, pods=()))
        await driver.until(lambda: len(table.rows) == workloads, "no pods")
        assert "No pods yet" in str(screen.query_one("#pods").query_one("Empty").render())
        lab.mark("wrong-path", Standing.SOLVED)
        await driver.until(
            lambda: "You have solved" in driver.text("Banner"), "what a shell's check found is seen here"
        )


async def test_the_clock_is_moved_by_keys_and_a_check_streams_and_is_cancelled(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        attempt = await driver.begin()
        await driver.until(lambda: driver.exercise.view.clock, "the clock was read")
        await driver.press("plus")
        await driver.until(lambda: attempt.clock.speed == 2.0 and not driver.app.bridge.running, "faster")
        await driver.press("space")
        await driver.until(lambda: attempt.clock.speed == 0.0, "paused")
        before = attempt.clock.seconds
        await driver.press("greater_than_sign")
        await driver.until(lambda: attempt.clock.seconds == before + 60, "skipped a minute")
        await driver.until(lambda: driver.app.bridge.running is None, "the skip is over")
        await driver.press("n")
        await driver.until(lambda: attempt.clock.seconds == before + 64, "skipped to the restart")
        await driver.until(lambda: driver.app.bridge.running is None, "that skip is over as well")
        attempt.gate.close()
        await driver.press("c")
        await driver.until(lambda: driver.exercise.view.judging.findings, "the first finding is there")
        assert "cold start" in driver.text("Banner")
        await driver.press("h")
        await driver.on(HintScreen)  # it is read while the check goes on
        assert driver.app.bridge.running is not None
        await driver.press("escape")
        await driver.on(ExerciseScreen)
        await driver.press("ctrl+c")
        await driver.until(lambda: driver.app.bridge.running is None, "it is cancelled")
        await driver.until(lambda: not driver.exercise.view.judging.running, "the screen knows")
        assert driver.exercise.view.judging.verdict is None
        assert driver.exercise.view.judging.findings[0].state is State.PASSED
        attempt.gate.open()
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
