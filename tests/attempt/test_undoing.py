"""Experiments that are cut off: undone when interrupted; put back by the next check after a kill."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lab.attempt import clusters, deeds, experiments, undoing
from lab.attempt.cancel import Cancel
from lab.attempt.experiments import injection
from lab.attempt.lab import Lab
from lab.attempt.undoing import UNDO, WayBack
from lab.attempt.watching import Watch
from lab.errors import Cancelled
from lab.kube import Client
from lab.model.checks import Outage, Rotate
from lab.model.verdict import Finding, State
from lab.providers.embedded.inprocess import InProcessProvider
from lab.settings import Settings
from tests.attempt import exercises

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lab.attempt.attempt import Attempt

NAMESPACE = "podlab-sample"


@pytest.fixture(scope="module")
def cluster() -> Iterator[InProcessProvider]:
    with InProcessProvider() as provider:
        yield provider


@pytest.fixture
def attempt(tmp_path: Path, cluster: InProcessProvider, monkeypatch: pytest.MonkeyPatch) -> Iterator[Attempt]:
    exercises.write_with_outage(tmp_path / "exercises")
    settings = Settings(
        home=tmp_path / "home", exercises=tmp_path / "exercises", environment={"PATH": "/bin"}
    )
    monkeypatch.setattr(clusters, "provider", lambda *_arguments: cluster)
    lab = Lab.open(settings)
    if Client(cluster.kubeconfig()).find("Namespace", None, NAMESPACE) is None:
        started = lab.start("sample")
    else:
        started = lab.start("sample")
        started.reset()
    (started.workspace / "web.yaml").write_text(exercises.FIXED, encoding="utf-8")
    started.apply()
    cluster.clock().wait(5)
    yield started
    started.close()


def live(attempt: Attempt, kind: str, name: str) -> dict[str, Any]:
    return attempt.client.get(kind, None if kind == "Namespace" else NAMESPACE, name)


def replicas(attempt: Attempt) -> int:
    return int(live(attempt, "Deployment", "db")["spec"]["replicas"])


def way_back(attempt: Attempt) -> str | None:
    annotations = live(attempt, "Namespace", NAMESPACE)["metadata"].get("annotations") or {}
    return annotations.get(UNDO)


def uids(attempt: Attempt) -> set[str]:
    pods = attempt.client.list("Pod", NAMESPACE, labels="app=db").items
    return {pod["metadata"]["uid"] for pod in pods if not pod["metadata"].get("deletionTimestamp")}


def cut_off(attempt: Attempt) -> None:
    """Check, and interrupt as soon as the experiment waits for its outcome."""
    cancel = Cancel()

    def told(finding: Finding) -> None:
        if finding.kind == "experiment" and finding.state is State.WAITING:
            assert replicas(attempt) == 0
            assert way_back(attempt)
            cancel.cancel()

    with pytest.raises(Cancelled):
        attempt.check(cancel=cancel, on_finding=told)


def test_ctrl_c_during_an_experiment_undoes_it(attempt: Attempt) -> None:
    cut_off(attempt)
    assert replicas(attempt) == 2
    assert way_back(attempt) is None
    told = [event.what for event in deeds.of(attempt)]
    check = 'for the check "It survives an outage"'
    assert told[-3:] == [
        f"stops deployment/db, {check}",
        f"starts deployment/db again, {check}",
        "called off",
    ], "what the lab did is told, also of a check that came to no end"


def test_a_kill_during_an_experiment_is_made_good_by_the_next_check(
    attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as killed:
        killed.setattr(experiments._Outage, "undo", lambda _self: None)
        cut_off(attempt)
    assert replicas(attempt) == 0
    said: list[str] = []
    verdict = attempt.check(said.append)
    assert any("cut off" in line and "deployment/db" in line for line in said)
    assert verdict.state is State.PASSED, verdict
    assert (replicas(attempt), way_back(attempt)) == (2, None)


def test_a_rotated_secret_comes_back_and_its_pods_start_anew(
    attempt: Attempt, cluster: InProcessProvider
) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "keys"}, "data": {"A": "YQ=="}}
    attempt.client.create(secret, NAMESPACE)
    spec = Rotate(of="secret/keys", values={"A": "{random}", "B": "b"}, restart=("deployment/db",))
    with Watch(attempt.client, cluster.clock(), NAMESPACE, Cancel()) as watch:
        watch.sync()
        injection(spec, watch).make()
    assert set(live(attempt, "Secret", "keys")["data"]) == {"A", "B"}
    cluster.clock().wait(40)
    rotated = uids(attempt)
    assert undoing.repair(attempt.client, live(attempt, "Namespace", NAMESPACE))
    assert live(attempt, "Secret", "keys")["data"] == {"A": "YQ=="}
    cluster.clock().wait(40)
    assert not rotated & uids(attempt)
    assert not undoing.repair(attempt.client, live(attempt, "Namespace", NAMESPACE)), "once is enough"


def test_a_pod_that_cannot_be_mended_is_replaced(attempt: Attempt, cluster: InProcessProvider) -> None:
    (pod, _other) = attempt.client.list("Pod", NAMESPACE, labels="app=db").items
    name, uid = pod["metadata"]["name"], pod["metadata"]["uid"]
    undoing.note(
        attempt.client, NAMESPACE, WayBack("deployment/db", pods=((name, uid),), port=9099, path="mend")
    )
    assert undoing.repair(attempt.client, live(attempt, "Namespace", NAMESPACE))
    cluster.clock().wait(40)
    assert uid not in uids(attempt)
    assert len(uids(attempt)) == 2


def test_what_cannot_be_read_is_said_and_forgotten(attempt: Attempt) -> None:
    attempt.client.patch(
        "Namespace", None, NAMESPACE, {"metadata": {"annotations": {UNDO: "{"}}}, style="merge"
    )
    said: list[str] = []
    assert not undoing.repair(attempt.client, live(attempt, "Namespace", NAMESPACE), said.append)
    assert "podlab reset" in said[0]
    assert way_back(attempt) is None


def test_an_outage_of_what_is_gone_meanwhile_is_forgotten(
    attempt: Attempt, cluster: InProcessProvider
) -> None:
    with Watch(attempt.client, cluster.clock(), NAMESPACE, Cancel()) as watch:
        watch.sync()
        injection(Outage(workload="deployment/db"), watch).make()
    attempt.client.delete("Deployment", NAMESPACE, "db")
    assert undoing.repair(attempt.client, live(attempt, "Namespace", NAMESPACE))
    assert way_back(attempt) is None
