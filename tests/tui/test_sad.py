"""When things around the lab go wrong: a cluster that hangs, programs that fail or never end."""

from __future__ import annotations

import contextlib
import os
import re
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from lab.attempt.lab import Lab
from lab.attempt.views import LiveView
from lab.settings import Settings
from lab.tui import feed, operations
from lab.tui.operation import Failure
from lab.tui.screens.catalogue import CatalogueScreen
from lab.tui.screens.failure import FailureScreen
from lab.tui.screens.progress import ProgressScreen
from lab.tui.silence import Silence
from lab.tui.watcher import Watcher
from lab.tui.widgets.banner import Banner
from tests.attempt import exercises
from tests.providers.stand_in import CREATED, NO_CLUSTERS, NO_DOCKER, PULL_FAILED, StandIn
from tests.tui.conftest import driven
from tests.tui.scripted import BROKEN, POLICY, SOLVED, ScriptedLab

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from lab.model.verdict import Verdict


def test_a_cluster_that_says_nothing_is_noticed() -> None:
    host, posted = [100.0], list[LiveView]()
    silence = Silence(posted.append, LiveView("ns", 0.0), now=lambda: host[0])
    silence.heard(BROKEN)
    host[0] += 4
    silence.look()
    assert posted == [], "a slow answer is no silence"
    host[0] += 8
    silence.look()
    assert posted == [replace(BROKEN, lost="the cluster has not answered for 12 s")]
    silence.heard(replace(BROKEN, lost="the cluster does not answer"))
    host[0] += 60
    silence.look()
    assert len(posted) == 1, "what the stream itself says stands"


async def test_a_check_of_a_hung_cluster_says_so_and_is_given_up(
    lab: ScriptedLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "PATIENCE_SECONDS", 0.01)
    hung, answered = threading.Event(), threading.Event()

    def deaf(**_: object) -> Verdict:
        hung.wait()
        answered.set()
        return SOLVED

    async with driven(lab) as driver:
        attempt = await driver.begin()
        monkeypatch.setattr(attempt, "check", deaf)
        attempt.stream.push(replace(BROKEN, lost="the cluster has not answered for 12 s"))
        await driver.press("c")
        banner = driver.exercise.query_one(Banner)
        await driver.until(lambda: "has not answered for 12 s" in str(banner.render()), "why it takes long")
        assert "Esc cancels" in str(banner.render())
        await driver.press("escape")
        await driver.until(lambda: driver.app.bridge.running is None, "it is not waited for")
        await driver.until(lambda: not driver.exercise.busy, "the screen is free again")
        hung.set()
        answered.wait()
        await driver.press("1")
        assert driver.exercise.view.judging.verdict is None, "what comes after that is nobody's"
        assert driver.app.bridge.running is None


async def test_programs_that_fail_or_never_end_are_told_and_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exercises.write(tmp_path / "exercises")
    programs = StandIn(tmp_path / "bin")
    programs.install("kind")
    environment = {"PATH": f"{programs.directory}{os.pathsep}/bin", "HOME": str(tmp_path)}
    real = Lab.open(
        Settings(
            home=tmp_path / "home", provider="kind", exercises=tmp_path / "exercises", environment=environment
        )
    )
    lab = ScriptedLab(tmp_path)
    monkeypatch.setattr(lab, "facade", lambda: real)
    programs.answer({"kind": NO_DOCKER})
    async with driven(lab) as driver:

        def failure() -> Failure:
            screen = driver.app.screen
            return screen.failure if isinstance(screen, FailureScreen) else Failure("")

        await driver.press("enter")
        await driver.until(lambda: "exit code 1: Command Output: Cannot connect" in failure().what, "why")
        assert failure().command == "kind get clusters"
        assert "--provider embedded" in failure().remedy
        gone = {"kind get clusters": NO_CLUSTERS, "kind delete": {}}
        programs.answer({**gone, "kind create": PULL_FAILED})
        await driver.press("r")
        await driver.until(lambda: "no such host" in failure().what, "the last line is what counts")
        assert failure().command.startswith("kind create cluster --name podlab")
        assert "EOF" in failure().command, "it can be pasted, standard input and all"
        programs.answer({**gone, "kind create": {**CREATED, "hangs": True}})
        await driver.press("r")
        await driver.on(ProgressScreen)
        running = driver.app.bridge.running
        assert running is not None
        await driver.until(lambda: " ✓ Preparing nodes" in running.narration, "its output is on screen")
        await driver.press("escape")
        await driver.on(CatalogueScreen)
        assert programs.calls()[-1][:3] == ["kind", "delete", "cluster"], "nothing is left half made"


async def test_where_notification_is_dead_saves_are_seen_all_the_same(
    lab: ScriptedLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Watcher, "run", lambda _self: None)
    monkeypatch.setattr(feed, "PERIOD", 0.05)
    async with driven(lab) as driver:
        attempt = await driver.begin()
        attempt.verdicts = [SOLVED]
        (attempt.workspace / "app.yaml").write_text(f"# over a network file system\n{POLICY}")
        await driver.until(lambda: driver.exercise.view.judging.solved, "it was looked at, applied, checked")
        assert attempt.calls == ["apply", "check"]


async def test_without_colour_nothing_is_coloured_and_signs_say_it(
    lab: ScriptedLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with driven(lab) as driver:
        await driver.begin()
        await driver.press("c")
        await driver.until(lambda: driver.exercise.view.judging.verdict, "it was judged")
        await driver.press("6")
        await driver.until(lambda: "✗" in driver.app.export_screenshot(), "the checks are on screen")
        picture = driver.app.export_screenshot()
        drawn = re.findall(r"-r\d+ \{ fill: #(\w{6})|<rect fill=\"#(\w{6})", picture)
        colours = {one or other for one, other in drawn} - {"c5c8c6"}  # the picture's own, of no text
        assert drawn
        assert {one for one in colours if not one[:2] == one[2:4] == one[4:]} == set()


async def test_a_shell_says_what_it_waits_for_before_it_looks_at_the_cluster(
    lab: ScriptedLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with driven(lab) as driver:
        attempt = await driver.begin()
        announced: list[str] = []

        def environment() -> dict[str, str]:
            announced.append(driver.handover.announced)
            return {}

        monkeypatch.setattr(attempt, "environment", environment)
        monkeypatch.setattr(driver.app, "suspend", contextlib.nullcontext)
        await driver.press("exclamation_mark")
        await driver.until(lambda: driver.handover.calls, "the shell has run")
        assert "whether the cluster runs" in announced[0]
