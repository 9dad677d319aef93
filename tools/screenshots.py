"""The README's pictures: the program itself, driven by keys on the embedded cluster, in a home of its own.

Usage: python tools/screenshots.py [DIRECTORY]

Writes catalogue.svg, broken.svg, exercise.svg (a check that failed, and why), solved.svg and debrief.svg to
DIRECTORY (docs/images); they name no address, so that whoever shows them fetches nothing from anybody. What
they show is what a learner gets: nothing is faked, so a picture that cannot be taken is an error.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from lab.attempt.lab import Lab
from lab.attempt.preferences import Preferences
from lab.settings import Settings
from lab.tui.app import PodlabApp
from lab.tui.choices import DONE
from lab.tui.screens.catalogue import CatalogueScreen
from lab.tui.screens.debrief import DebriefScreen
from lab.tui.screens.exercise import ExerciseScreen
from lab.tui.widgets.editor import Editor
from lab.tui.widgets.summary import Summary

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.pilot import Pilot

    from lab.tui.view import AttemptView

EXERCISE = "wrong-path"
SIZE = (120, 40)
FONTS = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace"
"""Whatever monospace font the reader has."""
PATIENCE = 180.0
"""Host seconds after which a picture cannot be taken."""


async def _until(pilot: Pilot[int], condition: Callable[[], object], named: str) -> None:
    try:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await pilot.pause(0.05)
    except TimeoutError:
        sys.exit(f"screenshots: never happened: {named}")


async def take(lab: Lab, directory: Path) -> None:
    """Play the exercise from the catalogue to solved, and save a picture at each station."""
    app = PodlabApp(lab)
    async with app.run_test(size=SIZE) as pilot:

        async def save(name: str) -> None:
            await pilot.pause(0.5)  # toasts and footer have their say
            (directory / f"{name}.svg").write_text(without_addresses(app.export_screenshot(title="podlab")))
            print(f"{directory / name}.svg")

        await _until(pilot, lambda: _read(app), "the catalogue is up")
        await save("catalogue")
        app.screen.begin(EXERCISE)  # type: ignore[attr-defined]
        await _until(pilot, lambda: isinstance(app.screen, ExerciseScreen), "the exercise is open")
        screen = app.screen
        assert isinstance(screen, ExerciseScreen)  # noqa: S101 (just waited for)

        def view() -> AttemptView:
            return screen.view

        await _until(
            pilot, lambda: view().files and view().live and view().clock, "cluster and files are seen"
        )
        await pilot.press("greater_than_sign")
        await _until(pilot, lambda: app.bridge.running is None and _restarted(view()), "a restart is seen")
        await pilot.press("2")
        await _until(pilot, lambda: view().log and isinstance(app.focused, Editor), "the editor is open")
        await save("broken")
        await pilot.press("escape", "c")
        await _until(pilot, lambda: view().judging.verdict, "the first verdict")
        await save("exercise")
        # Saved by somebody's own editor: the lab sees it, applies it and checks.
        for file in lab.exercise(EXERCISE).solution.files:
            shutil.copyfile(file.source, view().workspace / str(file.path))
        await _until(pilot, lambda: view().judging.solved, "solved")
        await save("solved")
        await pilot.press("d")
        await _until(pilot, lambda: isinstance(app.screen, DebriefScreen), "the debrief is open")
        await pilot.press("3")
        await save("debrief")


def without_addresses(svg: str) -> str:
    """The picture without the fonts it would fetch and the links of its making."""
    plain = re.sub(r"@font-face\s*\{[^}]*\}", "", svg)
    plain = re.sub(r"<!--.*?-->", "", plain, flags=re.DOTALL)
    return plain.replace("font-family: Fira Code, monospace", f"font-family: {FONTS}")


def _read(app: PodlabApp) -> bool:
    return isinstance(app.screen, CatalogueScreen) and bool(str(app.screen.query_one(Summary).render()))


def _restarted(view: AttemptView) -> bool:
    return view.live is not None and any(pod.restarts for pod in view.live.pods)


def main() -> None:
    """Take all pictures and bring the cluster down again."""
    directory = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images")
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="podlab-screenshots-") as home:
        environment = {**os.environ, "PODLAB_HOME": home, "PODLAB_PROVIDER": "embedded"}
        Preferences(Path(home)).keep(toured=DONE)  # the pictures are of the lab, not of its tour
        lab = Lab.open(Settings.from_environment(environment))
        try:
            asyncio.run(take(lab, directory))
        finally:
            lab.provider().down(lambda _line: None)


if __name__ == "__main__":
    main()
