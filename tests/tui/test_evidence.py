"""Evidence is opened where it is: an object at its field, an event, a line of a log."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest

from lab.attempt import solved
from lab.model.progress import Standing
from lab.model.verdict import Evidence
from lab.tui import evidence
from lab.tui.screens.evidence import EvidenceScreen
from lab.tui.widgets.output import Output
from tests.tui.conftest import driven
from tests.tui.scripted import BROKEN, SOLVED, ScriptedLab

if TYPE_CHECKING:
    from lab.attempt.attempt import Attempt

POD: dict[str, Any] = {
    "kind": "Pod",
    "metadata": {"name": "web-5d9c7b8f6d-x2x7v", "managedFields": [{"manager": "x"}]},
    "status": {
        "phase": "Running",
        "conditions": [{"type": "PodScheduled", "status": "True"}, {"type": "Ready", "status": "False"}],
        "containerStatuses": [
            {"name": "web", "restartCount": 2, "lastState": {"terminated": {"exitCode": 137}}}
        ],
    },
}
EVENT = {
    "kind": "Event",
    "metadata": {"name": "web.17f"},
    "reason": "Unhealthy",
    "message": "Liveness probe failed",
}
OBJECTS = {"Pod": (POD,), "Event": (EVENT,)}
NAME = f"pod/{POD['metadata']['name']}"


@pytest.mark.parametrize(
    ("field", "line"),
    [
        ("status.phase", "  phase: Running"),
        ("status.containerStatuses[0].restartCount", "    restartCount: 2"),
        ("status.containerStatuses[*].restartCount", "    restartCount: 2"),
        ("status.containerStatuses[web].lastState.terminated", "      terminated:"),
        ("status.conditions[type=Ready].status", "    status: 'False'"),
        ("status.conditions[type=Ready].message", "  - type: Ready"),
        ("status.nothing", "status:"),
    ],
)
def test_an_object_is_opened_at_its_field(field: str, line: str) -> None:
    sight = evidence.in_objects(Evidence(NAME, field), OBJECTS)
    assert [sight.lines[number] for number in sight.meant] == [line]
    assert not any("managedFields" in one for one in sight.lines)


def test_events_logs_and_what_is_gone() -> None:
    sight = evidence.in_objects(Evidence("event/web.17f", "Unhealthy", "Liveness"), OBJECTS)
    assert sight.lines[sight.meant[0]] == "message: Liveness probe failed"
    piece = Evidence(NAME, "log web", "GET  /health…")
    assert evidence.source(piece) == "log"
    log = evidence.in_log(
        replace(piece, value="GET /health 40…"), "up\nGET  /health 404\nbye\n", previous=True
    )
    assert log is not None
    assert log.meant == (1,)
    assert "before the last restart" in log.title
    assert evidence.in_log(replace(piece, value="POST"), "up\n", previous=False) is None
    gone = evidence.in_objects(Evidence("pod/old", "status.phase", "Failed"), OBJECTS)
    assert "not there any more" in gone.note
    assert gone.lines == ("status.phase: Failed",)


def test_an_object_is_shown_as_it_was_found_where_it_says_something_else_by_now() -> None:
    field = "status.containerStatuses[0].restartCount"
    status = {**POD["status"], "containerStatuses": [{"name": "web", "restartCount": 1}]}
    earlier = {"Pod": ({**POD, "status": status},)}

    def shown(value: str, past: evidence.Objects | None) -> evidence.Sight:
        return evidence.then_or_now(Evidence(NAME, field, value, at=1973.0), OBJECTS, lambda _: past)

    assert shown("2 (1 of them before)", earlier).title.endswith(", as it is now")
    then = shown("1 (0 of them before)", earlier)
    assert then.title.endswith(", as it was found at 00:32:53")
    assert [then.lines[at].strip() for at in then.meant] == ["restartCount: 1"]
    forgotten = shown("1", None)
    assert forgotten.title.endswith(", as it is now")
    assert forgotten.note == f"Found at 00:32:53: {field}: 1"


async def test_enter_opens_the_evidence_of_a_finding(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        attempt = await driver.begin()
        attempt.stream.push(replace(BROKEN, objects=OBJECTS, generation=9))
        await driver.press("c")
        await driver.until(lambda: driver.exercise.view.judging.verdict, "it is judged")
        await driver.press("6", "enter", "enter")
        await driver.on(EvidenceScreen)
        screen = driver.app.screen
        assert isinstance(screen, EvidenceScreen)
        assert screen.sight.lines[screen.sight.meant[0]].strip() == "restartCount: 2"
        await driver.press("escape", "down", "enter")
        await driver.on(EvidenceScreen)
        assert "web.17f" in screen.sight.title or "web.17f" in driver.app.screen.sight.title  # type: ignore[attr-defined]
        await driver.press("escape", "escape")
        assert driver.exercise.query_one("#plan").has_focus


async def test_the_evidence_of_an_earlier_sitting_is_there(lab: ScriptedLab) -> None:
    restarts = Evidence(NAME, "status.containerStatuses[0].restartCount", "0")
    gone = Evidence("pod/old", "status.phase", "Running")
    first, *others = SOLVED.findings
    kept = replace(SOLVED, findings=(replace(first, evidence=(restarts, gone)), *others))
    attempt = lab.attempt("wrong-path")
    solved.keep(cast("Attempt", attempt), kept)
    lab.mark("wrong-path", Standing.SOLVED)
    attempt.stream.view = replace(BROKEN, objects=OBJECTS)
    async with driven(lab, exercise="wrong-path") as driver:
        await driver.opened()
        await driver.press("6")
        await driver.until(lambda: "1 of 1" in driver.text("#finding-text"), "what was observed is told")
        assert "when it was solved" in driver.text("#finding-text")
        await driver.press("enter", "enter")
        await driver.on(EvidenceScreen)
        screen = cast("EvidenceScreen", driver.app.screen)
        assert "As it was when the exercise was solved" in screen.sight.note
        assert [screen.sight.lines[at].strip() for at in screen.sight.meant] == [
            "status.containerStatuses[0].restartCount: 0",
            "restartCount: 2",
        ], "then, and now"
        await driver.press("escape", "down", "enter")
        await driver.until(lambda: isinstance(driver.app.screen, EvidenceScreen), "the other one is open")
        other = cast("EvidenceScreen", driver.app.screen).sight
        assert "not there any more" in other.note
        assert other.lines == ("status.phase: Running",)
        await driver.press("escape", "c")
        await driver.until(lambda: driver.exercise.view.judging.verdict, "it is judged again")
        assert "when it was solved" not in driver.text("#finding-text")


async def test_a_match_leads_to_the_next_as_in_a_pager(lab: ScriptedLab) -> None:
    long = {**POD, "spec": {"args": [f"{number} {'match' * (number % 10 == 5)}" for number in range(60)]}}
    lab.attempt("wrong-path").stream.view = replace(BROKEN, objects={"Pod": (long,)})
    async with driven(lab, exercise="wrong-path") as driver:
        await driver.opened()
        await driver.press("c")
        await driver.until(lambda: driver.exercise.view.judging.verdict, "it is judged")
        await driver.press("6", "enter", "enter")
        await driver.on(EvidenceScreen)
        output = driver.app.screen.query_one(Output)
        await driver.until(lambda: output.max_scroll_y > 0 and output.texts, "it is laid out")
        found = []
        for keys in (("home", "slash", *"match", "enter"), ("n",), ("n",), ("N",)):
            await driver.press(*keys)
            assert output.match is not None
            found.append(output.texts[output.match].strip(" -▶'"))
        assert found == ["5 match", "15 match", "25 match", "15 match"]
        await driver.press("slash", "escape", "escape")
        assert not isinstance(driver.app.screen, EvidenceScreen)
