"""How the screens look, at fixed sizes over frozen facts; a change is to be looked at, then accepted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import pytest

from lab.tui.app import PodlabApp
from lab.tui.screens.exercise import ExerciseScreen
from lab.tui.widgets.output import Output
from lab.tui.widgets.problems import ProblemList
from tests.tui.conftest import catalogue_read, wait_until
from tests.tui.scripted import NOW, SOLVED, ScriptedLab

if TYPE_CHECKING:
    from textual.pilot import Pilot

SnapCompare = Callable[..., bool]
Before = Callable[["Pilot[int]"], Awaitable[None]]


def _app(lab: ScriptedLab) -> PodlabApp:
    return PodlabApp(lab.facade(), wall=lambda: NOW)


async def _opened(pilot: Pilot[int]) -> ExerciseScreen:
    await wait_until(pilot, lambda: catalogue_read(pilot.app), "the catalogue is up")
    await pilot.press("n", "enter")
    await wait_until(pilot, lambda: isinstance(pilot.app.screen, ExerciseScreen), "the exercise is open")
    screen = pilot.app.screen
    assert isinstance(screen, ExerciseScreen)
    view: Callable[[], Any] = lambda: screen.view  # noqa: E731
    await wait_until(
        pilot, lambda: view().live and view().files and view().log and view().clock, "all is seen"
    )
    return screen


async def _checked(pilot: Pilot[int]) -> None:
    screen = await _opened(pilot)
    await pilot.press("c")
    await wait_until(pilot, lambda: screen.view.judging.verdict, "a verdict")


async def _catalogue(pilot: Pilot[int]) -> None:
    await wait_until(pilot, lambda: catalogue_read(pilot.app), "the catalogue is up")
    await pilot.press("n")


async def _files(pilot: Pilot[int]) -> None:
    screen = await _opened(pilot)
    await pilot.press("2")
    await wait_until(pilot, lambda: type(screen.focused).__name__ == "Editor", "the file has the keyboard")
    await pilot.press("enter")
    await wait_until(
        pilot, lambda: "EDITING" in str(screen.query_one("#files").border_subtitle), "it is edited"
    )


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_catalogue(lab: ScriptedLab, snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    assert snap_compare(_app(lab), terminal_size=size, run_before=_catalogue)


def test_editing_in_80x24(lab: ScriptedLab, snap_compare: SnapCompare) -> None:
    assert snap_compare(_app(lab), terminal_size=(80, 24), run_before=_files)


def test_a_failed_check_in_120x40(lab: ScriptedLab, snap_compare: SnapCompare) -> None:
    assert snap_compare(_app(lab), terminal_size=(120, 40), run_before=_checked)


def test_solved_in_80x24(lab: ScriptedLab, snap_compare: SnapCompare) -> None:
    lab.attempt("wrong-path").verdicts = [SOLVED]
    assert snap_compare(_app(lab), terminal_size=(80, 24), run_before=_checked)


async def _refused_line(pilot: Pilot[int]) -> None:
    screen = await _opened(pilot)
    await pilot.press("2")
    mistakes = screen.query(ProblemList).first()
    await wait_until(pilot, lambda: mistakes.problems, "the scripted manifest lacks something")
    await pilot.press("colon", *"get", "space", *"pods", "space", "vertical_line", "space", *"wc", "enter")
    output = screen.query_one(Output)
    await wait_until(pilot, lambda: any("is a pipe" in line for line in output.texts), "it is refused")
    await wait_until(pilot, lambda: output._lines, "and drawn")
    await pilot.pause()


def test_kubectl_in_place_and_a_mistake_in_80x24(lab: ScriptedLab, snap_compare: SnapCompare) -> None:
    assert snap_compare(_app(lab), terminal_size=(80, 24), run_before=_refused_line)
