"""The embedded cluster does what a real kubelet was recorded doing: whole traces, every scenario."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from lab.embedded.runtime.simulated import SimulatedRuntime
from tests.traces import recording
from tests.traces.comparison import compare
from tests.traces.endings import compare_endings, endings
from tests.traces.replay import Replay

if TYPE_CHECKING:
    from tests.embedded.small_cluster import SmallCluster


def runtime_with_busybox(cluster: SmallCluster) -> SimulatedRuntime:
    """The simulated runtime, with the image that the recorded node had."""
    runtime = SimulatedRuntime(cluster.agenda, random.Random(1), cluster.controllers.services)  # noqa: S311
    runtime.images.pulled("podlab", "busybox:1.36")
    return runtime


@pytest.mark.parametrize("name", recording.SCENARIOS)
def test_scenario_is_reproduced(name: str) -> None:
    trace = recording.load(name)
    replay = Replay(name, runtime_with_busybox)
    replay.run()
    recorded = (
        recording.recorded_rows(trace),
        recording.happenings(trace),
        [(each["t"], each["ready"], each["notReady"]) for each in trace["endpoints"]],
    )
    replayed = (replay.rows, replay.happenings(), replay.endpoints)
    until = recording.CHANCE.get(name, recording.SECONDS)
    assert compare(recorded, replayed, until, drifted=name in recording.DRIFTED) == []
    if name not in recording.ENDS_LOST:
        assert compare_endings(endings(trace["pods"]), endings(replay.statuses)) == []
    for pod, printed in recording.logs(trace).items():
        assert (replay.log(pod, previous=False), replay.log(pod, previous=True)) == printed
