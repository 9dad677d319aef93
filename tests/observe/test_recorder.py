"""The recorder: nothing missed, in cluster time, and a hole is said to be one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lab.errors import ObservationLost
from lab.kube import Client, Listed, WatchEvent, WatchExpired
from lab.model.times import seconds
from lab.observe import Recorder, without_secrets
from lab.observe import recorder as recorder_module
from lab.observe.normalise import latest_time
from lab.providers.embedded.inprocess import InProcessProvider

if TYPE_CHECKING:
    from collections.abc import Iterator

Object = dict[str, Any]


@pytest.fixture(scope="module")
def provider() -> Iterator[InProcessProvider]:
    with InProcessProvider() as running:
        yield running


def configmap(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}


def test_everything_up_to_now_is_on_the_tape_after_a_sync(provider: InProcessProvider) -> None:
    client, clock = Client(provider.kubeconfig()), provider.clock()
    with Recorder(client, "default") as recorder:
        start = recorder.now()
        for number in range(20):
            client.create(configmap(f"n{number}"), "default")
        recorder.sync(lambda: clock.wait(0))
        clock.wait(30)
        recorder.sync(lambda: clock.wait(0))  # a change is known to the step it falls into: this ends one
        client.delete("ConfigMap", "default", "n0")
        recorder.sync(lambda: clock.wait(0))
        names = {item["metadata"]["name"] for item in recorder.snapshot().of("ConfigMap")}
        changes = [change for change in recorder.timeline().changes if change.kind == "ConfigMap"]
    assert {f"n{number}" for number in range(1, 20)} <= names
    assert "n0" not in names
    assert [change.type for change in changes] == ["ADDED"] * 20 + ["DELETED"]
    assert changes[0].at == pytest.approx(start, abs=1)
    assert changes[-1].at >= start + 30
    assert recorder.timeline().lost == ""
    client.close()


class _Watch(list[Any]):
    """A watch that was recorded, or raises what is in it."""

    def __iter__(self) -> Iterator[WatchEvent]:
        for item in list.__iter__(self):
            if isinstance(item, Exception):
                raise item
            yield item

    def close(self) -> None:
        """Nothing to close."""


class _Client:
    """A cluster whose watches go as scripted; a list always has one pod more than before."""

    host = "https://scripted"
    now_seen = 1000.0

    def __init__(self, *watches: list[Any]) -> None:
        self._watches = list(watches)
        self._listed = 0

    def now(self) -> float:
        return self.now_seen

    def list(self, _kind: str, _namespace: str) -> Listed:
        self._listed += 1
        pods = [{"kind": "Pod", "metadata": {"name": f"p{number}"}} for number in range(self._listed)]
        return Listed(pods, str(self._listed))

    def resource_version(self, _namespace: str) -> str:
        return "9"

    def watch(self, _kind: str, _namespace: str, _version: str) -> _Watch:
        if not self._watches:
            raise ObservationLost("refused", where=self.host)
        return _Watch(self._watches.pop(0))


def scripted(*watches: list[Any]) -> Recorder:
    return Recorder(_Client(*watches), "ns", kinds=("Pod",))  # type: ignore[arg-type]  # the part that is used


BOOKMARK = WatchEvent("BOOKMARK", {"kind": "Pod", "metadata": {"resourceVersion": "9"}})


def test_a_gap_in_the_history_is_listed_over_and_said() -> None:
    with scripted([WatchExpired("too old")], [BOOKMARK]) as recorder:
        recorder.sync(lambda: None)
        assert len(recorder.snapshot().of("Pod")) == 2
        assert "too old" in recorder.timeline().lost
        assert recorder.timeline().since == 1000.0


def test_a_dropped_connection_is_taken_up_again_without_a_gap() -> None:
    with scripted([ObservationLost("reset")], [BOOKMARK]) as recorder:
        recorder.sync(lambda: None)
        assert recorder.timeline().lost == ""


def test_a_cluster_that_stays_away_is_an_observation_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.observe.recorder.RECONNECT_SECONDS", (0.0, 0.0))
    with scripted() as recorder, pytest.raises(ObservationLost, match="broke off"):
        recorder.sync(lambda: None)


def test_silence_is_not_taken_for_quiet(provider: InProcessProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without bookmarks: a cluster that hangs, and a watch that is dead, are lost; not a cluster at rest."""
    client = Client(provider.kubeconfig())
    monkeypatch.setattr(recorder_module, "SYNC_LIMIT_SECONDS", 0.1)
    with Recorder(client, "default") as recorder:
        recorder.sync()
        monkeypatch.setattr(recorder, "_take", lambda *_event: None)
        pod = {"containers": [{"name": "app", "image": "busybox:1.36"}]}
        client.create(
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "new"}, "spec": pod}, "default"
        )
        with pytest.raises(ObservationLost, match="watches of Pod did not catch up"):
            recorder.sync()
        monkeypatch.setattr(client, "list", lambda *_asked: (_ for _ in ()).throw(ObservationLost("hangs")))
        with pytest.raises(ObservationLost, match="hangs"):
            recorder.sync()
    client.close()


def test_secret_values_are_never_on_the_tape() -> None:
    secret = {
        "kind": "Secret",
        "metadata": {
            "name": "s",
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "hunter2"},
        },
        "data": {"password": "aHVudGVyMg=="},
    }
    kept = without_secrets(secret)
    assert "hunter2" not in str(kept)
    assert "aHVudGVyMg==" not in str(kept)
    assert list(kept["data"]) == ["password"]


def test_times_of_both_event_apis_are_understood() -> None:
    assert seconds("2026-01-01T00:00:00Z") == seconds("2026-01-01T00:00:00.000000Z")
    assert seconds("nonsense") is None
    event = {"kind": "Event", "metadata": {}, "series": {"lastObservedTime": "2026-01-01T00:00:05.000000Z"},
             "eventTime": "2026-01-01T00:00:01.000000Z"}  # fmt: skip
    assert latest_time(event) == seconds("2026-01-01T00:00:05Z")
