"""Dialogs in small windows: laid out for the width from the first frame on, and never beneath a notice."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets._toast import Toast

from lab.attempt.views import Hint
from lab.tui.operation import Failure, Kind, Operation
from lab.tui.screens.dialogs import Choice, ChoiceScreen
from lab.tui.screens.failure import FailureScreen
from lab.tui.screens.help import HelpScreen, help_rows
from lab.tui.screens.progress import ProgressScreen
from lab.tui.screens.reading import HintScreen
from tests.tui.conftest import Driver, driven

if TYPE_CHECKING:
    from lab.tui.screens.base import LabDialog
    from tests.tui.scripted import ScriptedLab

LONG = "\n".join(f"line {number} of what it said" for number in range(60))


def dialogs(driver: Driver) -> tuple[LabDialog[Any], ...]:
    failure = Failure(what="the cluster does not answer", where="here", remedy="try again", detail=LONG)
    choices = tuple(Choice(str(number), f"answer {number}") for number in range(9))
    return (
        FailureScreen("Starting failed", failure, cluster=True),
        ChoiceScreen("Who ends the container?", choices, detail="To find out: kubectl describe pod"),
        HintScreen([Hint(1, 3, "Where to look", LONG)]),
        HelpScreen(help_rows(driver.app.screen), "Notes."),
        ProgressScreen(Operation(Kind.START, "wrong-path", "")),
    )


@pytest.mark.parametrize("size", [(80, 24), (60, 20)])
async def test_a_notice_covers_nothing_of_a_dialog(lab: ScriptedLab, size: tuple[int, int]) -> None:
    async with driven(lab, size) as driver:
        app = driver.app
        for dialog in dialogs(driver):
            app.push_screen(dialog)
            await driver.until(partial(_open, dialog), "it is open")
            app.notify("One thing that takes more than one line to be told in so narrow a window as this is.")
            app.notify("Another.", severity="warning")
            await driver.until(partial(_told, dialog), "the notices are in view")
            box = dialog.query_one(".dialog")
            assert box.region.bottom <= min(toast.region.y for toast in dialog.query(Toast)), dialog
            keys = box.children[-1]
            assert keys.region.bottom <= box.region.bottom - 1, dialog
            assert keys.region.height == 1, dialog
            app.clear_notifications()
            await driver.until(partial(_has_room, dialog), "there is room again")
            app.pop_screen()


def _open(dialog: LabDialog[Any]) -> bool:
    return dialog.is_current and dialog.is_mounted


def _told(dialog: LabDialog[Any]) -> bool:
    return sum(1 for toast in dialog.query(Toast) if toast.region.height) == 2


def _has_room(dialog: LabDialog[Any]) -> bool:
    return not dialog.has_class("-noticed")


async def test_a_dialog_has_the_layout_of_its_width_before_its_first_layout(lab: ScriptedLab) -> None:
    seen: list[bool] = []

    class Watched(FailureScreen):
        def on_mount(self) -> None:
            super().on_mount()
            seen.append(self.has_class("-narrow"))
            seen.append(self.query_one(".dialog").styles.padding.left == 1)

    async with driven(lab, (80, 24)) as driver:
        driver.app.push_screen(Watched("Starting failed", Failure(what="no")))
        await driver.until(lambda: seen, "it is mounted")
    assert seen == [True, True]


async def test_a_hint_that_cannot_be_noted_is_shown_and_that_is_said(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        await driver.begin()
        lab.full = "cannot write here: No space left on device"
        await driver.press("h")
        await driver.on(HintScreen)
        await driver.until(
            lambda: any("No space left" in one.message for one in driver.app._notifications),
            "it is said that it could not be noted",
        )
