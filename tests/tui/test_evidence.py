"""Evidence is opened where it is: an object at its field, an event, a line of a log."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lab.model.verdict import Evidence
from lab.tui import evidence
from lab.tui.screens.evidence import EvidenceScreen
from tests.tui.conftest import driven
from tests.tui.scripted import BROKEN, ScriptedLab

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
