"""Jobs with policies of their own: failures that count, successes that suffice, retries of each index."""

from __future__ import annotations

from typing import Any

import pytest

from tests.embedded.api.conftest import CLIENT, refusal
from tests.embedded.controllers.test_jobs import _conditions, _pods, _status, job
from tests.embedded.small_cluster import SmallCluster

Json = dict[str, Any]
INDEX = "batch.kubernetes.io/job-completion-index"
COUNT = "batch.kubernetes.io/job-index-failure-count"


def _indexed(*command: str, **spec: Any) -> Json:
    return job(*command, completionMode="Indexed", **spec)


def _on_exit(action: str, *values: int, operator: str = "In") -> Json:
    return {"action": action, "onExitCodes": {"operator": operator, "values": list(values)}}


def test_an_exit_code_of_the_failure_policy_fails_the_job_at_once() -> None:
    cluster = SmallCluster()
    cluster.apply("jobs.batch", job("exit", "42", "1", podFailurePolicy={"rules": [_on_exit("FailJob", 42)]}))
    assert cluster.api.get("jobs.batch", "default", "work")["spec"]["podReplacementPolicy"] == "Failed"
    cluster.agenda.advance(20)
    (pod,) = _pods(cluster)
    text = (
        f"Container app for pod default/{pod['metadata']['name']} failed with exit code 42 "
        "matching FailJob rule at index 0"
    )
    assert [(each["type"], each["message"]) for each in _status(cluster)["conditions"]] == [
        ("FailureTarget", text), ("Failed", text),
    ]  # fmt: skip
    assert cluster.events("work")[-1][0] == "PodFailurePolicy"


def test_an_ignored_disruption_costs_no_retry() -> None:
    cluster = SmallCluster()
    rule = {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]}
    cluster.apply("jobs.batch", job("run", backoffLimit=0, podFailurePolicy={"rules": [rule]}))
    cluster.agenda.advance(5)
    (pod,) = _pods(cluster)
    eviction = {"metadata": {"name": pod["metadata"]["name"]}, "deleteOptions": {"gracePeriodSeconds": 1}}
    cluster.api.create_subresource("pods", "default", pod["metadata"]["name"], "eviction", eviction)
    cluster.agenda.advance(30)
    assert (_status(cluster)["active"], _status(cluster).get("failed", 0)) == (1, 0)
    assert not _conditions(cluster)


def test_a_pod_on_its_way_out_is_replaced_when_it_has_gone() -> None:
    cluster = SmallCluster()
    cluster.apply("jobs.batch", job("run", podReplacementPolicy="Failed"))
    cluster.agenda.advance(5)
    cluster.api.delete("pods", "default", _pods(cluster)[0]["metadata"]["name"])
    cluster.agenda.advance(25)
    assert (_status(cluster)["terminating"], "active" in _status(cluster)) == (1, False)
    cluster.agenda.advance(20)
    assert (_status(cluster)["failed"], _status(cluster)["active"]) == (1, 1)


def test_a_success_policy_ends_the_job_over_pods_that_run() -> None:
    cluster = SmallCluster()
    policy = {"rules": [{"succeededIndexes": "0,1", "succeededCount": 1}]}
    cluster.apply(
        "jobs.batch", _indexed("exit", "0", "5", completions=2, parallelism=1, successPolicy=policy)
    )
    cluster.agenda.advance(40)
    assert _conditions(cluster) == [
        ("SuccessCriteriaMet", "True", "SuccessPolicy"), ("Complete", "True", "SuccessPolicy"),
    ]  # fmt: skip
    assert (_status(cluster)["succeeded"], _status(cluster)["completedIndexes"]) == (1, "0")
    assert "failed" not in _status(cluster)


def test_each_index_has_retries_of_its_own() -> None:
    cluster = SmallCluster()
    cluster.apply(
        "jobs.batch", _indexed("exit", "1", "0.5", completions=2, parallelism=2, backoffLimitPerIndex=1)
    )
    cluster.agenda.advance(8)
    assert "failed" not in _status(cluster)  # counted when the next pod carries the number on
    cluster.agenda.advance(40)
    counts = sorted(
        (each["metadata"]["annotations"][INDEX], each["metadata"]["annotations"][COUNT])
        for each in _pods(cluster)
    )
    assert counts == [("0", "0"), ("0", "1"), ("1", "0"), ("1", "1")]
    assert (_status(cluster)["failed"], _status(cluster)["failedIndexes"]) == (4, "0,1")
    assert _conditions(cluster)[-1] == ("Failed", "True", "FailedIndexes")
    assert not any(each["metadata"].get("finalizers") for each in _pods(cluster))


def test_too_many_failed_indexes_fail_the_job() -> None:
    cluster = SmallCluster()
    policy = {"rules": [_on_exit("FailIndex", 0, operator="NotIn")]}
    limits = {"backoffLimitPerIndex": 5, "maxFailedIndexes": 0, "podFailurePolicy": policy}
    cluster.apply("jobs.batch", _indexed("exit", "3", "1", completions=5, **limits))
    cluster.agenda.advance(30)
    assert _status(cluster)["failedIndexes"] == "0"
    assert _conditions(cluster)[-1] == ("Failed", "True", "MaxFailedIndexesExceeded")


def test_a_smaller_indexed_job_gives_up_its_last_indexes() -> None:
    cluster = SmallCluster()
    cluster.apply("jobs.batch", _indexed("run", "obedient", completions=3, parallelism=3))
    cluster.agenda.advance(5)
    patch = {"spec": {"completions": 1, "parallelism": 1}}
    cluster.api.patch("jobs.batch", "default", "work", "merge-patch+json", patch)
    cluster.agenda.advance(5)
    assert [each["metadata"]["annotations"][INDEX] for each in _pods(cluster)] == ["0"]


def test_a_job_of_another_controller_is_left_alone() -> None:
    cluster = SmallCluster()
    cluster.apply("jobs.batch", job("exit", "0", managedBy="example.org/other"))
    cluster.agenda.advance(10)
    assert not _pods(cluster)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"maxFailedIndexes": 1}, "spec.backoffLimitPerIndex: Required value: when maxFailedIndexes"),
        ({"backoffLimitPerIndex": 1}, "spec.backoffLimitPerIndex: Invalid value: 1: requires indexed"),
        ({"podFailurePolicy": {"rules": [{"action": "Count"}]}},
         "rules[0]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required"),
        ({"podFailurePolicy": {"rules": [_on_exit("Retry", 0)]}}, 'action: Unsupported value: "Retry"'),
        ({"successPolicy": {"rules": [{"succeededCount": 1}]}}, "requires indexed completion mode"),
        ({"completionMode": "Indexed", "completions": 3,
          "successPolicy": {"rules": [{"succeededIndexes": "2-1"}]}},
         "error parsing succeededIndexes: non-increasing order, previous: 2, current: 1"),
        ({"podReplacementPolicy": "Never"}, 'supported values: "Failed", "TerminatingOrFailed"'),
    ],
)  # fmt: skip
def test_policies_that_make_no_sense_are_refused(spec: Json, words: str) -> None:
    cluster = SmallCluster()
    error = refusal(lambda: cluster.api.create("jobs.batch", "default", job("exit", "0", **spec), CLIENT))
    assert words in error.message
