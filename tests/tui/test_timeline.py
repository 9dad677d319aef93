"""Time one can see: what the chart draws and tells, looking back, and the keys of the clock."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from lab.attempt.live import view_of
from lab.attempt.moments import Reading
from lab.kube.logs import LogLine
from lab.model.observation import Change
from lab.model.tracks import ContainerTrack, Flip, PodTrack, ProbeMark, Span
from lab.tui import charting, telling
from lab.tui.screens.inspecting import InspectScreen
from lab.tui.screens.viewer import Text
from lab.tui.widgets.chart import Chart
from lab.tui.widgets.events import EventLines
from lab.tui.widgets.key_bar import KeyBar
from lab.tui.widgets.logs import LogLines
from lab.tui.widgets.row_list import RowList
from tests.tui.conftest import Driver, driven, wait_until
from tests.tui.scripted import BROKEN, NOW, pod
from tests.tui.test_looks import _app as app_of
from tests.tui.test_looks import _opened as opened

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from textual.pilot import Pilot

    from tests.tui.scripted import ScriptedLab

BEGUN = NOW - 60.0
WEB = ContainerTrack(
    "web",
    probes=("liveness",),
    every_probe=True,
    marks_since=BEGUN,
    spans=(
        Span(BEGUN, BEGUN + 2, "waiting", "ContainerCreating"),
        Span(BEGUN + 2, BEGUN + 17, "running", instance="c0"),
        Span(BEGUN + 17, BEGUN + 18, "terminated", "Error", exit_code=137, instance="c0"),
        Span(BEGUN + 18, BEGUN + 27, "waiting", "CrashLoopBackOff", backoff=10.0, retry_at=BEGUN + 27),
        Span(BEGUN + 27, BEGUN + 42, "running", restart=1, instance="c1"),
        Span(BEGUN + 42, BEGUN + 43, "terminated", "Error", exit_code=137, restart=1, instance="c1"),
        Span(BEGUN + 43, None, "waiting", "CrashLoopBackOff", restart=1, backoff=20.0, retry_at=BEGUN + 62),
    ),
    marks=tuple(
        ProbeMark(BEGUN + at, "liveness", "failure", "HTTP 404", 0.004, run, 3)
        for at, run in ((7, 1), (12, 2), (17, 3), (32, 1), (37, 2), (42, 3))
    ),
)
TRACK = PodTrack(
    "u",
    "web-1",
    BEGUN,
    containers=(WEB,),
    ready=(Flip(BEGUN, "False"), Flip(BEGUN + 2, "True"), Flip(BEGUN + 17, "False")),
    services=(("web", (Flip(BEGUN + 2, "in"), Flip(BEGUN + 17, "not ready"))),),
)


LIVE = replace(BROKEN, pods=(pod("web-1", uid="u"),), tracks={"u": TRACK}, whole_probes=True)


def test_the_timeline_in_80x24(lab: ScriptedLab, snap_compare: Callable[..., bool]) -> None:
    lab.attempt("wrong-path").stream.view = LIVE

    async def looked(pilot: Pilot[int]) -> None:
        screen = await opened(pilot)
        await pilot.press("7", "down", "shift+left")
        chart = screen.query_one(Chart)
        await wait_until(pilot, lambda: chart.cursor, "the cursor stands at a mark")
        bar = screen.query_one(KeyBar)
        await wait_until(pilot, lambda: str(bar.render()).startswith("space"), "the clock's keys are there")

    assert snap_compare(app_of(lab), terminal_size=(80, 24), run_before=looked)


def _drawn(lane: charting.Lane) -> str:
    return "".join(sign for sign, _ in lane.cells)


def test_a_crash_loop_is_drawn_and_told() -> None:
    scale = charting.fitting(BEGUN, NOW, 66)
    view = charting.window(NOW, scale, 66)
    lanes = {lane.what: lane for lane in charting.lanes(TRACK, view)}
    assert scale == 1.0
    assert list(lanes) == ["state", "liveness", "back-off", "ready", "service:web"]
    state = _drawn(lanes["state"])
    assert "━━ running ━━━━✗137░" in state
    assert "running, restart 1" not in state, "what does not fit is not written"
    assert state.rstrip().endswith("▹")
    assert _drawn(lanes["liveness"]).split() == ["✗", "✗", "✘", "✗", "✗", "✘"]
    assert "10s" in _drawn(lanes["back-off"])
    assert "20s, 2s left" in _drawn(lanes["back-off"])
    assert _drawn(lanes["ready"]).strip().startswith("▁▁▀▀")
    at = view.cell(BEGUN + 17)
    told = telling.told(TRACK, lanes["liveness"], view, at)
    assert told.endswith("failed, HTTP 404 after 4 ms, 3rd in a row of 3: the container is ended")
    assert "exit code 137 (Error)" in telling.told(TRACK, lanes["state"], view, at)
    assert "back-off of 10s, 7s of it left" in telling.told(
        TRACK, lanes["back-off"], view, view.cell(BEGUN + 19)
    )
    assert "is known to, but gets no traffic of, Service web" in telling.told(
        TRACK, lanes["service:web"], view, at + 1
    )
    assert (
        telling.told(TRACK, lanes["state"], charting.window(NOW, 2.0, 66), 1) == "the pod was not there yet"
    )
    assert telling.summary(TRACK, NOW) == "web: CrashLoopBackOff: back-off of 20s, 2s of it left"


def test_several_answers_in_a_cell_show_the_worst_and_tell_all() -> None:
    view = charting.window(NOW, 30.0, 20)
    lane = next(lane for lane in charting.lanes(TRACK, view) if lane.what == "liveness")
    assert "✘" in _drawn(lane)
    cell = view.cell(BEGUN + 12)
    assert telling.told(TRACK, lane, view, cell).count("HTTP 404") >= 2


def _pod(restarts: int, state: dict[str, Any]) -> dict[str, Any]:
    status = {"name": "web", "restartCount": restarts, "ready": "running" in state, "state": state}
    return {
        "kind": "Pod",
        "metadata": {"name": "web-1", "uid": "u", "creationTimestamp": "2023-11-14T22:12:20Z"},
        "spec": {"containers": [{"name": "web", "livenessProbe": {}}]},
        "status": {"phase": "Running", "containerStatuses": [status]},
    }


def _event(name: str, message: str) -> dict[str, Any]:
    about = {"kind": "Pod", "name": "web-1", "uid": "u"}
    return {"metadata": {"name": name}, "involvedObject": about, "reason": name, "message": message}


async def _with_history(driver: Driver) -> None:
    """A pod that ran, and crashed half a minute ago; its log was in view."""
    attempt = await driver.begin()
    running = _pod(0, {"running": {"startedAt": "2023-11-14T22:12:22Z"}})
    crashed = _pod(0, {"terminated": {"exitCode": 1, "finishedAt": "2023-11-14T22:12:50Z"}})
    past = attempt.stream.past
    past.begin(attempt.namespace, {"Pod": [running]}, NOW - 60)
    changes = [
        Change(NOW - 30, "MODIFIED", "Pod", crashed),
        Change(NOW - 20, "ADDED", "Event", _event("BackOff", "later")),
    ]
    past.take(changes, Reading(NOW, whole_since=NOW - 60))
    live = view_of({"Pod": (crashed,), "Event": (changes[1].object,)}, attempt.namespace, NOW)
    attempt.stream.push(replace(live, tracks=past.tracks(), whole_probes=True))
    await driver.until(lambda: attempt.opened and driver.exercise.log_source, "the log is open")
    await driver.until(
        lambda: driver.exercise.view.live and driver.exercise.view.live.tracks, "the tracks are there"
    )
    await driver.until(
        lambda: driver.exercise.view.log and driver.exercise.view.log.source.pod == "web-1", "its log is read"
    )
    assert attempt.opened is not None
    attempt.opened.write(LogLine(NOW - 40, "early"), LogLine(NOW - 10, "late"))
    await driver.until(lambda: "late" in _log(driver), "its log is followed")


def _log(driver: Driver) -> tuple[str, ...]:
    shown = driver.exercise.query_one(LogLines).shown
    return shown.lines if shown is not None else ()


def _pods(driver: Driver) -> str:
    return " ".join(driver.exercise.query_one(RowList).rows[0].cells)


async def test_all_panels_show_how_it_was(lab: ScriptedLab) -> None:
    async with driven(lab, (200, 50)) as driver:
        await _with_history(driver)
        await driver.press("7")
        await driver.until(lambda: isinstance(driver.app.focused, Chart), "the timeline has the keyboard")
        assert "ended" in driver.text("#told")
        await driver.press("b")
        await driver.until(lambda: driver.exercise.query_one("BackBar").display, "the banner is up")
        assert "AS IT WAS 20s ago" in driver.text("BackBar")
        assert "changed: event BackOff: later" in driver.text("BackBar")
        await driver.press("b", "b")
        assert "AS IT WAS 60s ago" in driver.text("BackBar")
        assert "the earliest known" in driver.text("BackBar")
        assert "changed" not in driver.text("BackBar")
        assert "Running" in _pods(driver)
        assert driver.exercise.query_one(EventLines).events == ()
        await driver.press("left")
        assert driver.exercise.moment == NOW - 60, "there is nothing before the earliest"
        chart = driver.exercise.query_one(Chart)
        await driver.press("f")
        assert driver.exercise.moment == NOW - 30
        assert "changed: pod/web-1 Running → ExitCode:1, ready 1/1 → 0/1" in driver.text("BackBar")
        assert chart.cursor == NOW - 30
        assert "Running" not in _pods(driver)
        await driver.press("5")
        assert "late" not in _log(driver)
        assert "early" in _log(driver)
        await driver.press("l")
        await driver.until(lambda: "late" in _log(driver), "now again")
        assert not driver.exercise.query_one("BackBar").display
        assert chart.cursor is None


async def test_the_chart_moves_in_time_zooms_and_takes_the_panels_along(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        await _with_history(driver)
        await driver.press("7")
        chart = driver.exercise.query_one(Chart)
        await driver.until(lambda: chart.window.width > 20, "it is drawn")
        fit = chart.window.scale
        await driver.press("z")
        assert chart.window.scale < fit
        await driver.press("x", "x")
        assert chart.window.scale > fit
        await driver.press("0")
        assert chart.window.scale == fit
        await driver.press("shift+left")
        assert chart.cursor == NOW - 30, "the mark before: the crash"
        assert "ended at" in driver.text("#told")
        await driver.press("enter")
        assert driver.exercise.moment == NOW - 30
        await driver.press("left")
        assert driver.exercise.moment is not None
        assert driver.exercise.moment < NOW - 30, "the panels follow the cursor"
        await driver.press("end")
        assert driver.exercise.moment is None


async def test_a_step_says_what_it_brought_once_that_is_in_view(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        await _with_history(driver)
        attempt, before = cast("Any", driver.exercise.attempt), driver.exercise.view.live
        await driver.until(lambda: driver.exercise.view.clock, "the clock was read")
        await driver.press("comma")
        await driver.until(lambda: driver.exercise._stepped, "the step is over")
        assert before is not None
        row = replace(before.pods[0], status="CrashLoopBackOff")
        attempt.stream.push(replace(before, pods=(row,), generation=before.generation + 1))
        await driver.until(
            lambda: any("→ CrashLoopBackOff" in one.message for one in driver.app._notifications),
            "what came is told",
        )
        await driver.press("space", "plus")
        clock = driver.exercise.view.clock
        assert clock is not None
        assert clock.rate == 1.0, "on from a pause as fast as the clock on the wall"


async def test_a_log_is_searched_and_an_object_inspected(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        await _with_history(driver)
        await driver.press("5", "slash", *"late")
        lines = driver.exercise.query_one(LogLines)
        await driver.until(lambda: lines.found == 1, "found once")
        assert len(lines._lines) == 1
        await driver.press("enter", "x")
        await driver.until(lambda: len(lines._lines) == 5, "all lines, with what was found marked")
        await driver.press("slash", "escape")
        await driver.until(lambda: not lines.sought, "the search is over")
        await driver.press("3", "y")
        await driver.on(InspectScreen)
        text = driver.app.screen.query_one(Text).lines
        assert "kind: Pod" in text
        assert any(line.strip() == "exitCode: 1" for line in text)
        await driver.press("slash", *"exitcode", "enter")
        assert "exitCode" in text[driver.app.screen.query_one(Text).match or 0], "the keys of all texts"
        await driver.press("i")
        title = driver.app.screen.query_one("#question")
        assert "DESCRIBE" in str(title.render())
        assert "as it is now" in str(title.render()), "it says of when it is"
        await driver.press("escape")


async def test_keys_of_the_clock_wait_their_turn_and_are_called_off(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        attempt = await driver.begin()
        await driver.until(lambda: driver.exercise.view.clock, "the clock was read")
        before = attempt.clock.seconds
        await driver.press("greater_than_sign", "full_stop", "full_stop", "comma")
        await driver.until(lambda: attempt.clock.seconds == before + 81, "each key counted")
        await driver.until(lambda: not driver.exercise.clockwork.busy, "the clock is at rest")
        await driver.press("minus", "minus")
        await driver.until(lambda: attempt.clock.speed == 0.0, "half as fast, then not at all")
        clock = driver.exercise.view.clock
        assert clock is not None
        driver.exercise.view = replace(driver.exercise.view, clock=replace(clock, controllable=False))
        driver.exercise.action_step()
        await driver.until(
            lambda: any("cannot be moved" in one.message for one in driver.app._notifications),
            "it says why not",
        )


def test_times_neither_run_into_now_nor_out_of_the_window() -> None:
    for now in range(120):
        for width in (48, 66):
            drawn = "".join(sign for sign, _ in charting.axis(charting.window(NOW + now, 1.0, width)))
            assert all(re.fullmatch(r"\d\d:\d\d:\d\d|now", one) for one in drawn.replace("╷", " ").split())
            assert drawn.count(" ╷") + drawn.startswith("╷") == drawn.count("╷"), drawn
    drawn = "".join(sign for sign, _ in charting.axis(charting.window(NOW, 1.0, 60, NOW - 300)))
    assert all(len(one) == 9 for one in drawn.split()), "of another window, whole times as well"


def test_the_legend_breaks_no_meaning_from_its_sign() -> None:
    for width in (50, 58, 76):
        lines = charting.legend(width).splitlines()
        assert all(len(line) <= width for line in lines)
        assert [one for line in lines for one in line.split("  ")] == list(charting.LEGEND)


async def test_the_footer_begins_with_the_keys_of_time_where_it_can_be_moved(lab: ScriptedLab) -> None:
    def footer() -> str:
        return driver.text("KeyBar")

    lab.attempt("wrong-path").stream.view = LIVE
    async with driven(lab) as driver:
        attempt = await driver.begin()
        await driver.until(lambda: driver.exercise.view.clock, "the clock was read")
        await driver.press("7")
        await driver.until(lambda: footer().startswith("space Pause , Step n Next restart"), "its keys")
        await driver.press("space")
        await driver.until(lambda: attempt.clock.speed == 0.0, "it stands still")
        before = attempt.clock.seconds
        await driver.press("n")
        await driver.until(lambda: attempt.clock.seconds > before, "it went on to the next restart")
        clock = driver.exercise.view.clock
        assert clock is not None
        driver.app.bridge.unwatch()  # a clock that is read meanwhile could be moved
        await driver.pilot.pause()
        driver.exercise.push(replace(driver.exercise.view, clock=replace(clock, controllable=False)))
        await driver.until(lambda: footer().startswith("c Check"), "real time has no such keys")
        await driver.press("comma")
        assert any("cannot be moved" in one.message for one in driver.app._notifications)
    async with driven(lab, (200, 50)) as driver:
        await driver.begin()
        assert "Pause" in driver.text("KeyBar"), "where there is room, from everywhere"
