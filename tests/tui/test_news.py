"""What the screen says while something runs and after it: verdicts of others, saves that wait, Escape."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from lab.attempt import durable, last_verdict
from lab.attempt.last_verdict import Kept, Spoken
from lab.tui.widgets.editor import Editor
from lab.tui.widgets.files import FilesPanel
from lab.tui.widgets.logs import LogsPanel
from lab.tui.widgets.row_list import RowList
from lab.tui.wording import shortened
from tests.tui.conftest import driven
from tests.tui.scripted import BROKEN, NOT_YET, SOLVED, pod

if TYPE_CHECKING:
    from lab.attempt.attempt import Attempt
    from lab.model.verdict import Verdict
    from tests.tui.conftest import Driver
    from tests.tui.scripted import ScriptedAttempt, ScriptedLab


def keep(attempt: ScriptedAttempt, verdict: Verdict, at: float) -> None:
    """As a check in a shell does it."""
    import msgspec

    kept = Kept(at, verdict, Spoken(50, {"deployment/web": ("u-web", 3)}))
    durable.write(last_verdict.path(cast("Attempt", attempt)), msgspec.json.encode(kept))


def deployment(generation: int) -> dict[str, tuple[dict[str, object], ...]]:
    facts = {"name": "web", "uid": "u-web", "resourceVersion": "60", "generation": generation}
    return {"Deployment": ({"kind": "Deployment", "metadata": facts},)}


def banner(driver: Driver) -> str:
    return driver.text("Banner") if driver.exercise.query_one("Banner").display else ""


async def test_a_verdict_from_a_shell_is_seen_and_grows_old(lab: ScriptedLab) -> None:
    async with driven(lab, (60, 20)) as driver:
        attempt = await driver.begin()
        attempt.stream.push(replace(BROKEN, objects=deployment(3)))
        keep(attempt, NOT_YET, 1.0)
        await driver.until(lambda: "Not yet (1 of 3 passed)" in banner(driver), "a shell's check is seen")
        assert len(banner(driver).splitlines()) == 2
        await driver.press("escape")
        assert banner(driver) == ""
        keep(attempt, SOLVED, 2.0)
        await driver.until(lambda: "S O L V E D" in banner(driver), "other news")
        attempt.stream.push(replace(BROKEN, objects=deployment(4)))
        await driver.until(lambda: "then deployment/web was changed" in banner(driver), "it is older now")
        assert str(driver.exercise.query_one("#entry-checks").render()).strip() == "6 Checks!"
        assert "deployment/web was changed" in str(driver.exercise.query_one("#checks").border_subtitle)


async def test_a_save_during_an_apply_waits_and_is_applied(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        attempt = await driver.begin()
        attempt.gate.close()
        await driver.press("2", "enter")
        await driver.until(lambda: driver.exercise.query_one("#files").has_class("-editing"), "it is edited")
        await driver.press("x", "ctrl+s")
        await driver.until(lambda: attempt.calls == ["apply"], "the first apply")
        await driver.press("y")
        panel = driver.exercise.query_one(FilesPanel)
        await driver.until(lambda: panel.query(Editor).first().disk.text.startswith("x"), "it is on disk")
        await driver.press("ctrl+s")
        await driver.until(lambda: driver.exercise.save_waits, "the second one waits: nobody else saved")
        attempt.gate.open()
        await driver.until(
            lambda: attempt.calls == ["apply", "apply", "check"], "and is applied, then checked"
        )
        assert (attempt.workspace / "app.yaml").read_text().startswith("xy")
        await driver.until(lambda: not driver.exercise.unsaved, "nothing is left")
        said = {one.message for one in driver.app._notifications}
        assert not any("Not saved yet" in one for one in said), "what was so meanwhile"


async def test_the_log_goes_on_with_the_pod_that_came_after(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        attempt = await driver.begin()
        other, next_one, gone = pod("db-1", age=1.0), pod("web-5d9c7b8f6d-new", age=2.0), pod()
        attempt.stream.push(replace(BROKEN, pods=(other, next_one, gone)))
        rows = driver.exercise.query_one(RowList)
        await driver.until(lambda: len(rows.rows) == 5, "three pods and two workloads")
        attempt.stream.push(replace(BROKEN, pods=(other, next_one)))
        panel = driver.exercise.query_one(LogsPanel)
        await driver.until(lambda: panel.source and panel.source.pod == next_one.name, "its follower")


async def test_escape_and_a_letter_that_come_as_one_are_both(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        attempt = await driver.begin()
        await driver.press("alt+c")
        await driver.until(lambda: attempt.calls == ["check"], "the letter")


def test_what_is_too_long_is_cut_between_words() -> None:
    assert shortened("the image cannot be pulled", 40) == "the image cannot be pulled"
    assert shortened("the image cannot be pulled", 20) == "the image cannot …"
    assert shortened("the image: not there", 13) == "the image …"
    assert len(shortened("x" * 50, 10)) <= 10
