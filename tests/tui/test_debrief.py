"""The debrief: all parts by keys, in a later sitting as well, and what is said where little is known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from lab.attempt import debriefing, solved
from lab.attempt.views import Drift
from lab.model.debrief import Event
from lab.model.progress import Standing
from lab.model.tracks import RUNNING, TERMINATED, WAITING, ContainerTrack, Flip, PodTrack, ProbeMark, Span
from lab.model.verdict import Evidence
from lab.report import debrief as report
from lab.tui.screens.debrief import DebriefScreen
from lab.tui.screens.evidence import EvidenceScreen
from lab.tui.screens.exercise import ExerciseScreen
from lab.tui.widgets.trail import Trail
from tests.tui.conftest import Driver, driven
from tests.tui.scripted import CATALOGUE, NOW, POLICY, SOLVED

if TYPE_CHECKING:
    from lab.attempt.attempt import Attempt
    from tests.tui.scripted import ScriptedLab

TRACK = PodTrack(
    "uid-web", "web-1", NOW,
    containers=(ContainerTrack("web", spans=(
        Span(NOW + 1, NOW + 31, RUNNING),
        Span(NOW + 31, NOW + 31, TERMINATED, "Error", exit_code=137),
        Span(NOW + 31, NOW + 41, WAITING, "CrashLoopBackOff", backoff=10.0),
        Span(NOW + 41, None, RUNNING, restart=1),
    )),),
    ready=(Flip(NOW, "False"), Flip(NOW + 42, "True")),
    until=NOW + 60,
)  # fmt: skip


def shown(driver: Driver, part: str) -> str:
    return str(driver.app.screen.query_one(f"#{part}-text").render())


def test_pods_the_check_deleted_are_remembered(lab: ScriptedLab) -> None:
    attempt = cast("Attempt", lab.attempt("wrong-path"))
    solved.keep(attempt, replace(SOLVED, replaced=("uid-web",)))
    brief = debriefing.of(attempt, {"uid-web": TRACK}, CATALOGUE)
    assert brief.story[-1].what.endswith("for a cold start")


async def test_its_parts_are_a_key_away_and_so_is_the_next_exercise(lab: ScriptedLab) -> None:
    async with driven(lab) as driver:
        attempt = await driver.begin()
        first, *others = SOLVED.findings
        piece = Evidence("pod/web-1", "status.phase", "Running")
        attempt.verdicts = [replace(SOLVED, findings=(replace(first, evidence=(piece,)), *others))]
        attempt.drifted = (Drift("deployment/web", "spec.replicas", "app.yaml", "1", "2"),)
        (attempt.workspace / "app.yaml").write_text(POLICY.replace("/health,", "/healthz,"))
        await driver.until(lambda: driver.exercise.view.judging.solved, "solved")
        await driver.press("d")
        await driver.on(DebriefScreen)
        await driver.press("2")
        trail = driver.app.screen.query_one(Trail)
        assert any("no restart in 60 s" in str(option.prompt) for option in trail.options)
        await driver.press("enter")
        await driver.on(EvidenceScreen)
        assert "As it was when the exercise was solved" in driver.app.screen.sight.note  # type: ignore[attr-defined]
        await driver.press("escape", "right")
        changed = shown(driver, "changes")
        assert "-            httpGet: {path: /health, port: 8080}" in changed
        assert "+            httpGet: {path: /healthz, port: 8080}" in changed
        assert "deployment/web spec.replicas" in changed
        await driver.press("4")
        assert report.NO_STORY in shown(driver, "story")
        await driver.press("q")
        await driver.on(ExerciseScreen)
    lab.offered = ("embedded", frozenset())
    async with driven(lab) as driver:
        await driver.opened()
        await driver.press("d")
        await driver.on(DebriefScreen)
        kept = driver.app.screen.query_one(Trail).options
        assert any("no restart in 60 s" in str(one.prompt) for one in kept), "kept from the check that passed"
        going = str(driver.app.screen.query_one("#going").render())
        assert "Passed over, not solved yet: always-200 (not on this cluster)." in going
        await driver.press("n")
        await driver.until(lambda: lab.started[-1] == "start database-in-liveness", "the next one starts")


def test_where_nothing_was_kept_it_says_so_and_still_tells_what_it_was(lab: ScriptedLab) -> None:
    lab.mark("wrong-path", Standing.SOLVED)
    attempt = cast("Attempt", lab.attempt("wrong-path"))
    kept = lab.settings.home / "solved" / "wrong-path.json"
    kept.parent.mkdir(parents=True)
    for damage in (b"", b"[]", b'{"format": 1}', b'{"format": 2}'):
        kept.write_bytes(damage)
        assert solved.of(attempt) is None
    brief = debriefing.of(attempt, {}, CATALOGUE[:2])
    assert brief.ahead.name == "", "the other one is solved"
    text = report.render(brief)
    assert "The probe asked a path nobody serves" in brief.text
    assert report.NO_EVIDENCE in text
    assert report.NO_CHANGES not in text, "service.yaml is new"


def test_the_story_tells_what_a_pod_went_through_in_order() -> None:
    told = [(event.at - NOW, event.what) for event in debriefing.story({"uid-web": TRACK})]
    assert told == [
        (0, "is there"),
        (1, "web: runs"),
        (31, "web: ended with exit code 137 (Error)"),
        (31, "web: CrashLoopBackOff, back-off 10 s"),
        (41, "web: runs, restart 1"),
        (42, "ready"),
        (60, "is gone"),
    ]
    by_probe = ProbeMark(NOW + 30, "liveness", "failure", "HTTP 500", run=3, threshold=3)
    web = TRACK.containers[0]
    spans = tuple(replace(one, killed=by_probe) if one.state == TERMINATED else one for one in web.spans)
    killed = replace(TRACK, containers=(replace(web, spans=spans),))
    done = (
        Event(NOW + 0.4, "apply", "deployment/web created"),
        Event(NOW + 43, "lab", "deletes it", ("uid-web",)),
    )
    why = [event.what for event in debriefing.story({"uid-web": killed}, done=done)]
    assert why[:2] == ["deployment/web created", "is there"], "what was done comes before what came of it"
    assert why[3] == "web: liveness failed 3 times in a row (HTTP 500): the kubelet kills it"
    assert why[-1] == "is gone: the check deleted it, for a cold start", "by whichever check"
    gone = replace(TRACK, ready=(*TRACK.ready, Flip(NOW + 60, "False"), Flip(NOW + 60, "gone")))
    said = [event.what for event in debriefing.story({"uid-web": gone}, frozenset({"uid-web"}))]
    assert said.count("not ready any more") == 1
    assert said[-1] == "is gone: the check deleted it, for a cold start"
