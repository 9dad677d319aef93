"""ResourceQuota: what is refused, in which words, and what is counted and given back."""

from __future__ import annotations

from typing import Any

import pytest

from lab.embedded.api.interface import WriteOptions
from tests.embedded.api.conftest import CLIENT, refusal
from tests.embedded.small_cluster import SmallCluster, deployment, pod

Json = dict[str, Any]
_FOO = "spec.hard[foo]: Invalid value:"
_QUOTA = "must be a standard resource for quotas"


def _quota(hard: Json, **spec: Any) -> Json:
    return {"metadata": {"name": "team"}, "spec": {"hard": hard, **spec}}


def _container(cpu: str = "100m", **more: Any) -> Json:
    return {"command": ["run", "obedient"], "resources": {"requests": {"cpu": cpu}}, **more}


def _used(cluster: SmallCluster) -> Json:
    used: Json = cluster.api.get("resourcequotas", "default", "team")["status"]["used"]
    return used


def test_a_quota_counts_what_is_there_and_refuses_what_exceeds_it() -> None:
    cluster = SmallCluster()
    cluster.apply("pods", pod(_container(), name="first"))
    cluster.apply("resourcequotas", _quota({"requests.cpu": "0.5", "pods": "3"}))
    assert _used(cluster) == {"pods": "1", "requests.cpu": "100m"}
    cluster.apply("pods", pod(_container("300m"), name="second"))
    assert _used(cluster) == {"pods": "2", "requests.cpu": "400m"}
    refused = refusal(lambda: cluster.api.create("pods", "default", pod(_container("200m"), name="third")))
    assert refused.code == 403
    assert refused.message == (
        'pods "third" is forbidden: exceeded quota: team, requested: requests.cpu=200m, '
        "used: requests.cpu=400m, limited: requests.cpu=500m"
    )
    cluster.api.delete("pods", "default", "second")
    cluster.agenda.advance(5)
    assert _used(cluster) == {"pods": "1", "requests.cpu": "100m"}


def test_what_a_quota_limits_every_container_must_say() -> None:
    cluster = SmallCluster()
    cluster.apply("resourcequotas", _quota({"limits.memory": "1Gi", "requests.cpu": "1"}))
    body = pod({}, _container())
    assert refusal(lambda: cluster.api.create("pods", "default", body, CLIENT)).message == (
        'pods "app" is forbidden: failed quota: team: must specify limits.memory for: app,c1; '
        "requests.cpu for: app"
    )


def test_dry_runs_and_refused_objects_are_not_charged() -> None:
    cluster = SmallCluster()
    cluster.apply("resourcequotas", _quota({"count/configmaps": "3", "configmaps": "3"}))
    before = _used(cluster)
    config = {"metadata": {"name": "x"}}
    cluster.api.create("configmaps", "default", config, WriteOptions(dry_run=True))
    refusal(lambda: cluster.api.create("configmaps", "default", {"metadata": {"name": "X_"}}, CLIENT))
    assert _used(cluster) == before == {"configmaps": "1", "count/configmaps": "1"}
    cluster.apply("configmaps", config)
    assert _used(cluster) == {"configmaps": "2", "count/configmaps": "2"}


def test_services_count_by_type_and_a_change_of_type_is_charged() -> None:
    cluster = SmallCluster()
    hard = {"services": "3", "services.nodeports": "1", "count/deployments.apps": "0"}
    cluster.apply("resourcequotas", _quota(hard))
    service = {"metadata": {"name": "a"}, "spec": {"ports": [{"port": 80}, {"port": 81, "name": "b"}]}}
    made = cluster.apply("services", service)
    assert _used(cluster) == {"services": "1", "services.nodeports": "0", "count/deployments.apps": "0"}
    node_port = {**made, "spec": {**made["spec"], "type": "NodePort"}}
    assert refusal(lambda: cluster.api.update("services", "default", "a", node_port)).message == (
        'services "a" is forbidden: exceeded quota: team, requested: services.nodeports=2, '
        "used: services.nodeports=0, limited: services.nodeports=1"
    )
    assert (
        "count/deployments.apps=1"
        in refusal(lambda: cluster.api.create("deployments.apps", "default", deployment({}))).message
    )


@pytest.mark.parametrize(
    ("spec", "counted"),
    [
        ({"scopes": ["BestEffort"]}, "0"),
        ({"scopes": ["NotBestEffort", "NotTerminating"]}, "1"),
        ({"scopes": ["Terminating"]}, "0"),
        (
            {"scopeSelector": {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "Exists"}]}},
            "0",
        ),
    ],
)
def test_scopes_choose_the_pods(spec: Json, counted: str) -> None:
    cluster = SmallCluster()
    cluster.apply("resourcequotas", _quota({"pods": "5"}, **spec))
    cluster.apply("pods", pod(_container()))
    assert _used(cluster) == {"pods": counted}


def test_a_pod_that_has_ended_gives_back_what_it_used() -> None:
    cluster = SmallCluster()
    cluster.apply("resourcequotas", _quota({"pods": "1", "count/pods": "5"}))
    cluster.apply("pods", pod({"command": ["exit", "0"]}, restartPolicy="Never"))
    assert _used(cluster) == {"pods": "1", "count/pods": "1"}
    cluster.agenda.advance(10)
    assert cluster.pod()["status"]["phase"] == "Succeeded"
    assert _used(cluster) == {"pods": "0", "count/pods": "1"}


def test_a_deployment_beyond_its_quota_says_so() -> None:
    cluster = SmallCluster()
    cluster.apply("resourcequotas", _quota({"pods": "2"}))
    cluster.apply("deployments.apps", deployment({"command": ["run", "obedient"]}, replicas=6))
    cluster.agenda.advance(5)
    status = cluster.api.get("deployments.apps", "default", "app")["status"]
    failure = next(each for each in status["conditions"] if each["type"] == "ReplicaFailure")
    assert (status["availableReplicas"], status["unavailableReplicas"]) == (2, 4)
    assert failure["reason"] == "FailedCreate"
    assert "exceeded quota: team, requested: pods=1, used: pods=2, limited: pods=2" in failure["message"]
    name = cluster.api.list("replicasets.apps", "default").items[0]["metadata"]["name"]
    failures = [each for each in cluster.events(name) if each[0] == "FailedCreate"]
    assert failures[0][1].startswith(f'Error creating: pods "{name}-')
    # Retries come after 5 ms, 10 ms …; a few seconds see ten of them or so.
    assert 8 <= sum(count for _, _, count in failures) <= 14
    cluster.api.delete("resourcequotas", "default", "team")
    cluster.agenda.advance(20)
    status = cluster.api.get("deployments.apps", "default", "app")["status"]
    assert status["availableReplicas"] == 6
    assert "ReplicaFailure" not in {each["type"] for each in status["conditions"]}


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            {"hard": {"pods": "-1"}},
            'spec.hard[pods]: Invalid value: "-1": must be greater than or equal to 0',
        ),
        ({"hard": {"pods": "1.5"}}, 'spec.hard[pods]: Invalid value: "1500m": must be an integer'),
        (
            {"hard": {"foo": "1"}},
            f'[{_FOO} "foo": must be a standard resource type or fully qualified, {_FOO} "foo": {_QUOTA}]',
        ),
        (
            {"hard": {"pods": "1"}, "scopes": ["BestEffort", "NotBestEffort"]},
            'spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes',
        ),
        (
            {"hard": {"services": "1"}, "scopes": ["Terminating"]},
            'spec.scopes: Invalid value: ["Terminating"]: unsupported scope applied to resource',
        ),
    ],
)
def test_wrong_quotas(spec: Json, message: str) -> None:
    cluster = SmallCluster()
    body = {"metadata": {"name": "q"}, "spec": spec}
    refused = refusal(lambda: cluster.api.create("resourcequotas", "default", body, CLIENT))
    assert refused.message == f'ResourceQuota "q" is invalid: {message}'
