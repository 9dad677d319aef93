"""How TUI tests drive the program: keys in, then wait for a named condition; never for a time."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from lab.tui.app import PodlabApp
from lab.tui.screens.catalogue import CatalogueScreen
from lab.tui.screens.exercise import ExerciseScreen
from lab.tui.silence import Silence
from tests.tui.scripted import NOW, ScriptedAttempt, ScriptedLab

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from pathlib import Path

    from textual.app import App
    from textual.pilot import Pilot

    from lab.errors import LabError

PATIENCE = 60.0
"""Host seconds after which a condition is given up: a failure, never a pass."""
TURN = 0.02
"""Host seconds the app is given between two looks at the condition."""


@pytest.fixture(autouse=True)
def _no_host_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A scripted cluster speaks when it is told to, not every second: that is no silence."""
    monkeypatch.setattr(Silence, "run", lambda _silence: None)


class Handover:
    """What took the terminal over, instead of an editor and a shell."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Path]] = []
        self.environment: Mapping[str, str] = {}
        self.change: Callable[[Path], object] | None = None
        self.set = "edit"
        self.greeting = ""
        self.line = 0
        self.announced = ""
        self.problem: LabError | None = None

    def editor(self) -> str:
        """What the user has set."""
        return self.set

    def editors(self) -> tuple[tuple[str, str], ...]:
        """What the machine has."""
        return (("nano", "Ctrl+X leaves it"), ("vi", ":q leaves it"))

    def edit(self, file: Path, command: str, line: int = 1) -> None:
        """Pretend to edit: `change` does it."""
        self.line = line
        self.calls.append((command, file))
        if self.problem is not None:
            raise self.problem
        if self.change is not None:
            self.change(file)

    def announce(self, words: str) -> None:
        """Remember what is waited for."""
        self.announced = words

    def shell(self, directory: Path, environment: Mapping[str, str], greeting: str) -> None:
        """Remember what the shell would have been given."""
        assert "exit" in greeting
        self.greeting = greeting
        self.calls.append(("shell", directory))
        self.environment = environment

    def command(self, argv: Sequence[str], directory: Path, environment: Mapping[str, str]) -> int:
        """Remember what would have had the terminal."""
        assert environment["KUBECTL_KUBERC"] == "false"
        self.calls.append((" ".join(argv), directory))
        return 0


async def wait_until(pilot: Pilot[int], condition: Callable[[], object], named: str) -> None:
    """Let the app work until the condition holds; fail by its name when it never does."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await asyncio.sleep(TURN)
    except TimeoutError:
        pytest.fail(f"never happened: {named}", pytrace=False)


def catalogue_read(app: App[int]) -> bool:
    """Whether the catalogue shows what there is."""
    return any(isinstance(screen, CatalogueScreen) and screen.complete for screen in app.screen_stack)


class Driver:
    """One running app under test."""

    def __init__(self, app: PodlabApp, lab: ScriptedLab, pilot: Pilot[int], handover: Handover) -> None:
        self.app, self.lab, self.pilot, self.handover = app, lab, pilot, handover

    async def press(self, *keys: str) -> None:
        """Press keys."""
        await self.pilot.press(*keys)

    async def until(self, condition: Callable[[], object], named: str) -> None:
        """Wait for a condition."""
        await wait_until(self.pilot, condition, named)

    async def begin(self, name: str = "wrong-path") -> ScriptedAttempt:
        """Start an exercise from the catalogue and wait until everything is in view."""
        await self.press("n", "enter")
        await self.opened()
        return self.lab.attempts[name]

    async def opened(self) -> None:
        """Wait until an exercise is open and everything is in view."""
        await self.on(ExerciseScreen)
        await self.until(
            lambda: self.exercise.view.live and self.exercise.view.files, "cluster and files are seen"
        )
        await self.until(lambda: self.exercise.view.log, "the log is read")

    @property
    def exercise(self) -> ExerciseScreen:
        """The exercise screen, wherever it is in the stack."""
        return next(screen for screen in self.app.screen_stack if isinstance(screen, ExerciseScreen))

    async def on(self, kind: type) -> None:
        """Wait until a screen of that class is on top."""
        await self.until(lambda: isinstance(self.app.screen, kind), f"{kind.__name__} is on top")

    def text(self, selector: str) -> str:
        """What a Static on the exercise screen says."""
        return str(self.exercise.query_one(selector).render())


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No animation, no terminal's own wishes."""
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.fixture
def lab(tmp_path: Path) -> ScriptedLab:
    """A lab whose workspaces are in the test's own directory."""
    return ScriptedLab(tmp_path)


@asynccontextmanager
async def driven(lab: ScriptedLab, size: tuple[int, int] = (80, 24), **options: str) -> AsyncIterator[Driver]:
    """The app, running without a terminal."""
    handover = Handover()
    app = PodlabApp(lab.facade(), handoff=handover, exercise=options.get("exercise"), wall=lambda: NOW)
    async with app.run_test(size=size, notifications=True) as pilot:
        driver = Driver(app, lab, pilot, handover)
        await driver.until(lambda: app.screen.is_current and app.focused, "the first screen is up")
        await driver.until(lambda: catalogue_read(app), "the catalogue was read")
        yield driver
        lab.gate.open()
        for attempt in lab.attempts.values():
            attempt.gate.open()
