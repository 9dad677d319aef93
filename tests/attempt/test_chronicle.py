"""What pods went through is told in later sittings, as far as somebody looked; a reset begins it anew."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from lab.attempt import debriefing, deeds
from lab.attempt.debriefing import story
from lab.attempt.kubectl import Console
from lab.model.tracks import RUNNING, TERMINATED, UNKNOWN
from tests.attempt import exercises

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lab.attempt.attempt import Attempt
    from lab.attempt.views import LiveView
    from lab.model.tracks import PodTrack
    from lab.providers.base import ClusterClock


def _well(attempt: Attempt) -> ClusterClock:
    """The exercise's pod runs."""
    exercises.edit(attempt, "exit 1", "sleep 100000")
    attempt.apply()
    clock = attempt.provider.clock()
    clock.wait(60)
    return clock


def _looked(attempt: Attempt, pods: int) -> Mapping[str, PodTrack]:
    """Look until there are so many pods, and leave."""
    seen = threading.Event()

    def take(view: LiveView) -> None:
        if len(view.pods) == pods and all(row.status == "Running" for row in view.pods):
            seen.set()

    stream = attempt.live()
    stream.subscribe(take)
    try:
        assert seen.wait(30), stream.view
    finally:
        stream.close()
    return stream.view.tracks


def test_a_story_goes_on_after_nobody_looked(attempt: Attempt) -> None:
    clock = _well(attempt)
    first = next(iter(_looked(attempt, 1).values()))
    clock.wait(60)
    attempt.client.delete("Pod", attempt.namespace, first.name)
    clock.wait(60)
    tracks = _looked(attempt, 1)
    assert len(tracks) == 2, "the timeline has the pod of the sitting before"
    kept = attempt.chronicle.read()
    assert kept is not None
    assert set(kept.tracks) == set(tracks)
    gone = kept.tracks[first.uid].containers[0].spans
    assert [span.state for span in gone][-2:] == [RUNNING, UNKNOWN], "what it did then is not known"
    told = story(kept.tracks, gaps=kept.gaps)
    here = [event.what for event in told if event.object in {"", f"pod/{first.name}"}]
    assert here[-3:] == ["nobody looked from here on", "the lab looks again", "is gone; nobody saw when"]
    assert any("runs" in event.what for event in told if event.object not in {"", f"pod/{first.name}"})

    attempt.reset()
    _well(attempt)
    _looked(attempt, 1)
    anew = attempt.chronicle.read()
    assert anew is not None
    assert not set(anew.tracks) & set(kept.tracks), "a reset begins anew"
    assert anew.gaps == ()


def test_a_container_that_went_on_is_one_that_went_on(attempt: Attempt) -> None:
    clock = _well(attempt)
    before = next(iter(_looked(attempt, 1).values()))
    clock.wait(60)
    after = _looked(attempt, 1)[before.uid]
    assert [span.state for span in after.containers[0].spans] == [
        span.state for span in before.containers[0].spans
    ]
    assert after.containers[0].spans[-1].until is None
    assert TERMINATED not in {span.state for span in after.containers[0].spans}


def test_what_cannot_be_read_is_no_story(attempt: Attempt) -> None:
    path: Path = attempt.settings.home / "stories" / "sample.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    for damage in (b"", b"[]", b'{"format": 2}', b'{"namespace": "u", "begun": 0, "until": 0, "format": 9}'):
        path.write_bytes(damage)
        assert attempt.chronicle.read() is None


def test_what_was_done_is_told_among_what_happened(attempt: Attempt) -> None:
    attempt.check()
    _well(attempt)
    attempt.check()
    told = [(event.object, event.what.partition(":")[0]) for event in deeds.of(attempt)]
    assert told == [
        ("apply", "deployment/web created"),
        ("check", "failed"),
        ("apply", "deployment/web configured"),
        ("check", "solved"),
    ]
    story = debriefing.of(attempt, {}, ()).story
    assert {event.object for event in story} == {"apply", "check"}
    assert [event.at for event in story] == sorted(event.at for event in story)
    attempt.reset()
    anew = debriefing.of(attempt, {}, ()).story
    assert [(event.object, event.what) for event in anew] == [
        ("reset", "files and cluster are as at the start"),
        ("apply", "deployment/web created"),
    ], "a reset begins anew"


def test_hints_and_what_kubectl_wrote_are_told_too(attempt: Attempt) -> None:
    hint = attempt.hint()
    console = Console(attempt)
    for line in ("scale deployment web --replicas=2", "get pods", "delete pod web --dry-run=client"):
        console.note(line, console.judge(line), 0.0, 0)
    console.note("delete pod web", console.judge("delete pod web"), 0.0, 1)
    console.note(f"annotate pod web a={'b' * 500}", console.judge("annotate pod web a=b"), 0.0, 0)
    told = [(event.object, event.what) for event in deeds.of(attempt)]
    assert told[-4:-1] == [
        ("hint", f"1: {hint.title}"),
        ("kubectl", "scale deployment web --replicas=2"),
        ("kubectl", "delete pod web (exit 1)"),
    ]
    assert len(told[-1][1]) == deeds.LONGEST
