"""PodDisruptionBudgets: what they count, and what an eviction may then do."""

from __future__ import annotations

from typing import Any

import pytest

from lab.embedded.api.errors import ApiError
from lab.embedded.api.interface import WriteOptions
from tests.embedded.api.conftest import CLIENT, refusal
from tests.embedded.small_cluster import SmallCluster, deployment, pod

Json = dict[str, Any]
RUN = {"command": ["run", "obedient"]}


def _budget(selector: Json | None = None, **spec: Any) -> Json:
    return {
        "metadata": {"name": "keep"},
        "spec": {"selector": selector or {"matchLabels": {"app": "app"}}, **spec},
    }


def _status(cluster: SmallCluster) -> Json:
    status: Json = cluster.api.get("poddisruptionbudgets.policy", "default", "keep")["status"]
    return status


def _counts(cluster: SmallCluster) -> tuple[int, int, int, int]:
    status = _status(cluster)
    allowed, healthy = status["disruptionsAllowed"], status["currentHealthy"]
    return allowed, healthy, status["desiredHealthy"], status["expectedPods"]


def _evict(cluster: SmallCluster, name: str, options: WriteOptions = CLIENT) -> None:
    cluster.api.create_subresource("pods", "default", name, "eviction", {}, options)
    cluster.agenda.settle()


def _names(cluster: SmallCluster) -> list[str]:
    return [each["metadata"]["name"] for each in cluster.api.list("pods", "default").items]


@pytest.mark.parametrize(
    ("spec", "counts"),
    [
        ({"minAvailable": 2}, (2, 4, 2, 4)),
        ({"minAvailable": "51%"}, (1, 4, 3, 4)),
        ({"maxUnavailable": 1}, (1, 4, 3, 4)),
        ({"maxUnavailable": "30%"}, (2, 4, 2, 4)),
        ({"minAvailable": 9}, (0, 4, 9, 4)),
        ({}, (0, 4, 0, 0)),
    ],
)
def test_what_a_budget_counts(spec: Json, counts: tuple[int, ...]) -> None:
    cluster = SmallCluster()
    cluster.apply("deployments.apps", deployment(RUN, replicas=4))
    cluster.apply("poddisruptionbudgets.policy", _budget(**spec))
    assert _counts(cluster)[:2] == (0, 0)
    cluster.agenda.advance(5)
    assert _counts(cluster) == counts
    (condition,) = _status(cluster)["conditions"]
    assert (condition["status"], condition["reason"]) == (
        ("True", "SufficientPods") if counts[0] else ("False", "InsufficientPods")
    )


def test_evictions_stop_where_the_budget_ends() -> None:
    cluster = SmallCluster()
    cluster.apply("deployments.apps", deployment(RUN, replicas=3))
    cluster.apply("poddisruptionbudgets.policy", _budget(minAvailable=2))
    cluster.agenda.advance(5)
    first, second, _ = _names(cluster)
    _evict(cluster, first, WriteOptions(dry_run=True))
    assert "deletionTimestamp" not in cluster.pod(first)["metadata"]
    # Both at the same instant: the first takes the one disruption there is.
    cluster.api.create_subresource("pods", "default", first, "eviction", {}, CLIENT)
    target = next(
        each for each in cluster.pod(first)["status"]["conditions"] if each["type"] == "DisruptionTarget"
    )
    assert (target["reason"], target["message"]) == ("EvictionByEvictionAPI", "Eviction API: evicting")
    refused = refusal(lambda: _evict(cluster, second))
    assert (refused.code, refused.reason) == (429, "TooManyRequests")
    assert refused.message == "Cannot evict pod as it would violate the pod's disruption budget."
    (cause,) = refused.details["causes"]
    assert cause == {
        "reason": "DisruptionBudget",
        "message": "The disruption budget keep needs 2 healthy pods and has 3 currently",
    }
    cluster.agenda.settle()
    assert "has 2 currently" in refusal(lambda: _evict(cluster, second)).details["causes"][0]["message"]
    cluster.agenda.advance(6)  # the successor is ready
    _evict(cluster, second)
    assert second not in _names(cluster)


def test_an_unready_pod_goes_freely_only_while_the_others_are_enough() -> None:
    cluster = SmallCluster()
    never = {"exec": {"command": ["false"]}}
    cluster.runtime.exec_answer = lambda *_: 1
    cluster.apply("pods", pod(RUN, name="one"))
    cluster.apply("pods", pod(RUN | {"readinessProbe": never}, name="two"))
    selector = {"matchExpressions": [{"key": "app", "operator": "In", "values": ["one", "two"]}]}
    cluster.apply("poddisruptionbudgets.policy", _budget(selector, minAvailable=1))
    cluster.agenda.advance(15)
    assert _counts(cluster) == (0, 1, 1, 2)
    _evict(cluster, "two")
    assert refusal(lambda: _evict(cluster, "one")).code == 429


def test_pods_that_nobody_counts_are_named() -> None:
    cluster = SmallCluster()
    cluster.apply("pods", pod(RUN))
    cluster.apply("poddisruptionbudgets.policy", _budget(maxUnavailable=1))
    cluster.agenda.advance(5)
    assert _counts(cluster) == (0, 1, 0, 0)
    (reason, message, _) = cluster.events("keep")[0]
    assert reason == "UnmanagedPods"
    assert "(selector: &LabelSelector{MatchLabels:map[string]string{app: app,}," in message


def test_a_budget_for_jobs_says_that_it_cannot_count_them() -> None:
    cluster = SmallCluster()
    container = {"name": "a", "image": "busybox:1.36", **RUN}
    template = {
        "metadata": {"labels": {"app": "app"}},
        "spec": {"containers": [container], "restartPolicy": "Never"},
    }
    cluster.apply("jobs.batch", {"metadata": {"name": "work"}, "spec": {"template": template}})
    cluster.apply("poddisruptionbudgets.policy", _budget(maxUnavailable=1))
    cluster.agenda.advance(5)
    (condition,) = _status(cluster)["conditions"]
    assert (condition["reason"], condition["message"]) == (
        "SyncFailed", "jobs.batch does not implement the scale subresource",
    )  # fmt: skip
    name = _names(cluster)[0]
    assert "failed sync: jobs.batch" in refusal(lambda: _evict(cluster, name)).details["causes"][0]["message"]


def test_two_budgets_forbid_evictions_altogether() -> None:
    cluster = SmallCluster()
    cluster.apply("pods", pod(RUN))
    cluster.apply("poddisruptionbudgets.policy", _budget(minAvailable=0))
    cluster.apply("poddisruptionbudgets.policy", _budget(minAvailable=0) | {"metadata": {"name": "other"}})
    cluster.agenda.advance(5)
    with pytest.raises(ApiError, match="more than one PodDisruptionBudget"):
        _evict(cluster, "app")


def test_wrong_budgets() -> None:
    cluster = SmallCluster()

    def message(**spec: Any) -> str:
        body = _budget(**spec)
        return refusal(
            lambda: cluster.api.create("poddisruptionbudgets.policy", "default", body, CLIENT)
        ).message

    assert message(minAvailable=1, maxUnavailable=1).endswith(
        "minAvailable and maxUnavailable cannot be both set"
    )
    assert "spec.minAvailable: Invalid value: -1: must be greater" in message(minAvailable=-1)
    assert "must not be greater than 100%" in message(maxUnavailable="101%")
    assert 'supported values: "AlwaysAllow", "IfHealthyBudget"' in message(unhealthyPodEvictionPolicy="No")
