"""Jobs: completions, retries and their back-off, deadlines, suspension, clean-up."""

from __future__ import annotations

from typing import Any

import pytest

from lab.embedded.api.interface import DeleteOptions
from tests.embedded.api.conftest import CLIENT, refusal
from tests.embedded.small_cluster import SmallCluster

Json = dict[str, Any]


def job(*command: str, policy: str = "Never", **spec: Any) -> Json:
    container = {"name": "app", "image": "busybox:1.36", "command": list(command)}
    template = {"spec": {"containers": [container], "restartPolicy": policy}}
    return {"metadata": {"name": "work"}, "spec": {"template": template, **spec}}


def _status(cluster: SmallCluster) -> Json:
    status: Json = cluster.api.get("jobs.batch", "default", "work")["status"]
    return status


def _conditions(cluster: SmallCluster) -> list[tuple[str, str, str]]:
    return [(each["type"], each["status"], each["reason"]) for each in _status(cluster).get("conditions", ())]


def _pods(cluster: SmallCluster) -> list[Json]:
    return list(cluster.api.list("pods", "default").items)


def test_a_job_runs_until_enough_pods_succeed() -> None:
    cluster = SmallCluster()
    made = cluster.apply("jobs.batch", job("exit", "0", "5", completions=3, parallelism=2))
    assert made["spec"]["selector"]["matchLabels"] == {
        "batch.kubernetes.io/controller-uid": made["metadata"]["uid"]
    }
    assert made["metadata"]["labels"]["job-name"] == "work"
    status = _status(cluster)
    assert (status["active"], status["ready"], status["startTime"]) == (2, 0, "2026-01-01T00:00:00Z")
    cluster.agenda.advance(20)
    status = _status(cluster)
    assert (status["succeeded"], status["terminating"], "active" in status) == (3, 0, False)
    assert _conditions(cluster) == [
        ("SuccessCriteriaMet", "True", "CompletionsReached"),
        ("Complete", "True", "CompletionsReached"),
    ]
    # A pod's end is looked at a second later; then its successor takes as long again.
    assert status["completionTime"] == "2026-01-01T00:00:17Z"
    assert [each["metadata"].get("finalizers") for each in _pods(cluster)] == [None] * 3
    reasons = [reason for reason, _, _ in cluster.events("work")]
    assert reasons == ["SuccessfulCreate"] * 3 + ["Completed"]


def test_failed_pods_are_replaced_after_ten_seconds_doubling() -> None:
    cluster = SmallCluster()
    cluster.apply("jobs.batch", job("exit", "1", "0.5", backoffLimit=2))
    cluster.agenda.advance(100)
    times = sorted(each["metadata"]["creationTimestamp"][-6:] for each in _pods(cluster))
    # The ends are at 3.0, 16.0 and 39.0 s: 10 s and 20 s later the next ones are made.
    assert times == ["00:00Z", "00:13Z", "00:36Z"]
    assert _conditions(cluster) == [
        ("FailureTarget", "True", "BackoffLimitExceeded"),
        ("Failed", "True", "BackoffLimitExceeded"),
    ]
    assert _status(cluster)["failed"] == 3
    event = cluster.events("work")[-1]
    assert event[:2] == ("BackoffLimitExceeded", "Job has reached the specified backoff limit")


def test_restarts_in_place_use_up_the_limit_too() -> None:
    cluster = SmallCluster()
    cluster.apply("jobs.batch", job("exit", "1", policy="OnFailure", backoffLimit=2))
    cluster.agenda.advance(60)
    assert ("Failed", "True", "BackoffLimitExceeded") in _conditions(cluster)
    assert _status(cluster)["failed"] == 1
    assert not _pods(cluster)


def test_a_deadline_ends_the_job_once_its_pods_are_gone() -> None:
    cluster = SmallCluster()
    cluster.apply("jobs.batch", job("run", activeDeadlineSeconds=20))
    cluster.agenda.advance(25)
    assert _conditions(cluster) == [("FailureTarget", "True", "DeadlineExceeded")]
    assert _status(cluster)["terminating"] == 1
    cluster.agenda.advance(40)  # the process is deaf: 30 s of grace
    assert ("Failed", "True", "DeadlineExceeded") in _conditions(cluster)
    assert (_status(cluster)["failed"], _status(cluster)["terminating"]) == (1, 0)


def test_suspending_stops_the_pods_and_resuming_starts_the_time_anew() -> None:
    cluster = SmallCluster()
    cluster.apply("jobs.batch", job("exit", "0", "5", suspend=True))
    assert _conditions(cluster) == [("Suspended", "True", "JobSuspended")]
    assert not _pods(cluster)
    assert "startTime" not in _status(cluster)
    cluster.agenda.advance(50)

    def suspend(value: bool) -> None:
        patch = {"spec": {"suspend": value}}
        cluster.api.patch("jobs.batch", "default", "work", "merge-patch+json", patch, CLIENT)
        cluster.agenda.settle()

    suspend(False)
    assert _conditions(cluster) == [("Suspended", "False", "JobResumed")]
    assert _status(cluster)["startTime"] == "2026-01-01T00:00:50Z"
    cluster.agenda.advance(4)
    suspend(True)
    cluster.agenda.advance(40)
    assert not _pods(cluster)
    assert "failed" not in _status(cluster)
    suspend(False)
    cluster.agenda.advance(12)
    assert ("Complete", "True", "CompletionsReached") in _conditions(cluster)


def test_a_finished_job_goes_after_its_time_to_live() -> None:
    cluster = SmallCluster()
    cluster.apply("jobs.batch", job("exit", "0", ttlSecondsAfterFinished=30))
    cluster.agenda.advance(10)
    assert cluster.api.find("jobs.batch", "default", "work") is not None
    cluster.agenda.advance(30)
    assert cluster.api.find("jobs.batch", "default", "work") is None
    assert not _pods(cluster)


@pytest.mark.parametrize(
    ("propagation", "left"), [("Background", 0), ("Orphan", 1), ("Foreground", 0), (None, 1)]
)
def test_deleting_a_running_job(propagation: Any, left: int) -> None:
    cluster = SmallCluster()
    cluster.apply("jobs.batch", job("run", "obedient"))
    cluster.agenda.advance(5)
    cluster.api.delete("jobs.batch", "default", "work", DeleteOptions(propagation=propagation))
    cluster.agenda.advance(10)
    assert cluster.api.find("jobs.batch", "default", "work") is None
    assert len(_pods(cluster)) == left
    assert all("finalizers" not in each["metadata"] for each in _pods(cluster))


def test_without_completions_one_success_is_enough() -> None:
    cluster = SmallCluster()
    cluster.apply("jobs.batch", job("exit", "0", "5", parallelism=3))
    cluster.agenda.advance(15)
    assert _status(cluster)["succeeded"] == 3
    assert ("Complete", "True", "CompletionsReached") in _conditions(cluster)


def test_indexed_completions_each_succeed_once() -> None:
    cluster = SmallCluster()
    body = job("exit", "0", "5", completions=4, parallelism=2, completionMode="Indexed")
    cluster.apply("jobs.batch", body)
    cluster.agenda.advance(30)
    assert _status(cluster)["completedIndexes"] == "0-3"
    assert sorted(each["spec"]["hostname"] for each in _pods(cluster)) == [f"work-{n}" for n in range(4)]
    assert all(each["metadata"]["name"].startswith("work-") for each in _pods(cluster))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            job("run", policy="Always"),
            'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
        ),
        (
            job("run", completions=-1),
            "spec.completions: Invalid value: -1: must be greater than or equal to 0",
        ),
        (
            job("run", parallelism=1, completionMode="Indexed"),
            "spec.completions: Required value: when completion mode is Indexed",
        ),
    ],
)
def test_wrong_jobs(body: Json, message: str) -> None:
    cluster = SmallCluster()
    refused = refusal(lambda: cluster.api.create("jobs.batch", "default", body, CLIENT))
    assert refused.message == f'Job.batch "work" is invalid: {message}'


def test_a_template_never_changes() -> None:
    cluster = SmallCluster()
    cluster.apply("jobs.batch", job("run", "obedient"))
    patch = {"spec": {"template": {"spec": {"terminationGracePeriodSeconds": 1}}}}
    refused = refusal(
        lambda: cluster.api.patch("jobs.batch", "default", "work", "merge-patch+json", patch, CLIENT)
    )
    assert refused.message.startswith('Job.batch "work" is invalid: spec.template: Invalid value: ')
    assert refused.message.endswith(": field is immutable")
