"""Where pods go: taints, affinities, spreading, and what is said when they fit nowhere."""

from __future__ import annotations

from typing import Any

import pytest

from lab.embedded.api.interface import DeleteOptions, WriteOptions
from lab.embedded.objects.taints import tolerates, toleration_seconds
from tests.embedded.api.conftest import refusal
from tests.embedded.small_cluster import SmallCluster, deployment, pod

Json = dict[str, Any]
IGNORING = WriteOptions(from_client=True, field_validation="Ignore")
RUN = {"command": ["run", "obedient"]}
ZONE, HOST = "topology.kubernetes.io/zone", "kubernetes.io/hostname"
NEAR = "requiredDuringSchedulingIgnoredDuringExecution"
LIKELY = "preferredDuringSchedulingIgnoredDuringExecution"
STATUS: Json = {
    "allocatable": {"cpu": "2", "memory": "4Gi", "pods": "5"},
    "conditions": [{"type": "Ready", "status": "True"}],
}


def _cluster(zones: str = "abb", **labels: str) -> SmallCluster:
    """Nodes `n0`, `n1` … in these zones; the cluster's own node is cordoned."""
    cluster = SmallCluster()
    own = cluster.api.get("nodes", None, "podlab")
    cluster.api.update("nodes", None, "podlab", own | {"spec": {"unschedulable": True}})
    for number, zone in enumerate(zones):
        name = f"n{number}"
        node = {
            "metadata": {"name": name, "labels": {ZONE: zone, HOST: name, **labels}},
            "spec": {},
            "status": STATUS,
        }
        cluster.apply("nodes", node, None)
    return cluster


def _place(cluster: SmallCluster, name: str, container: Json | None = None, **spec: Any) -> str:
    """The node a pod gets, or why it gets none."""
    cluster.apply("pods", pod(container or RUN, name=name, **spec))
    found = cluster.pod(name)
    if "nodeName" in found["spec"]:
        return str(found["spec"]["nodeName"])
    (condition,) = found["status"]["conditions"]
    return str(condition["message"])


def _taint(cluster: SmallCluster, name: str, *taints: str) -> None:
    found = cluster.api.get("nodes", None, name)
    listed = []
    for text in taints:
        key, _, effect = text.partition(":")
        listed.append({"key": key, "effect": effect})
    cluster.api.update("nodes", None, name, found | {"spec": {"taints": listed}})
    cluster.agenda.settle()


def _affinity(kind: str, app: str, key: str, **more: Any) -> Json:
    term = {"labelSelector": {"matchLabels": {"app": app}}, "topologyKey": key, **more}
    return {kind: {NEAR: [term]}}


def _expression(key: str, operator: str, *values: str) -> Json:
    return {"key": key, "operator": operator, **({"values": list(values)} if values else {})}


def test_every_reason_is_counted() -> None:
    cluster = _cluster("abbb")
    _taint(cluster, "n0", "gpu:NoSchedule")
    _taint(cluster, "n1", "old:NoExecute")
    message = _place(cluster, "app", RUN | {"resources": {"requests": {"cpu": "3"}}})
    assert message == (
        "0/5 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu, "
        "2 node(s) had untolerated taint(s). no new claims to deallocate, preemption: "
        "0/5 nodes are available: 5 Preemption is not helpful for scheduling."
    )


def test_tolerations_open_nodes_and_soft_taints_are_avoided() -> None:
    cluster = _cluster("ab")
    _taint(cluster, "n0", "gpu:NoSchedule")
    assert _place(cluster, "plain") == "n1"
    _taint(cluster, "n1", "slow:PreferNoSchedule")
    assert _place(cluster, "brave", tolerations=[{"key": "gpu", "operator": "Exists"}]) == "n0"
    assert _place(cluster, "anyway") == "n1"


@pytest.mark.parametrize(
    ("toleration", "covered"),
    [
        ({"operator": "Exists"}, True),
        ({"key": "k", "operator": "Exists"}, True),
        ({"key": "k", "value": "v"}, True),
        ({"key": "k", "operator": "Equal", "value": "w"}, False),
        ({"key": "k"}, False),
        ({"key": "other", "operator": "Exists"}, False),
        ({"key": "k", "operator": "Exists", "effect": "NoExecute"}, False),
        ({"key": "k", "operator": "Exists", "effect": "NoSchedule"}, True),
    ],
)
def test_what_a_toleration_covers(toleration: Json, covered: bool) -> None:
    assert tolerates(toleration, {"key": "k", "value": "v", "effect": "NoSchedule"}) == covered


def test_the_shortest_time_of_all_tolerations_counts() -> None:
    taint = {"key": "k", "effect": "NoExecute"}
    given: list[Json] = [{"operator": "Exists", "tolerationSeconds": 60}, {"key": "k", "operator": "Exists"}]
    assert toleration_seconds([taint], given) == 60
    assert toleration_seconds([taint], given[1:]) is None
    assert toleration_seconds([taint], [{"operator": "Exists", "tolerationSeconds": -5}]) == 0


@pytest.mark.parametrize(
    ("terms", "node"),
    [
        ([[_expression(ZONE, "In", "b")]], "n1"),
        ([[_expression(ZONE, "NotIn", "b")]], "n0"),
        ([[_expression(ZONE, "Exists"), _expression(HOST, "In", "n2")]], "n2"),
        ([[_expression(ZONE, "In", "z")], [_expression(HOST, "In", "n2")]], "n2"),
        ([[_expression(ZONE, "DoesNotExist")]], None),
        ([[]], None),
    ],
)
def test_required_node_affinity(terms: list[list[Json]], node: str | None) -> None:
    required = {"nodeSelectorTerms": [{"matchExpressions": each} if each else {} for each in terms]}
    placed = _place(_cluster(), "app", affinity={"nodeAffinity": {NEAR: required}})
    if node is None:
        assert "3 node(s) didn't match Pod's node affinity/selector" in placed
    else:
        assert placed == node


def test_preferred_node_affinity_weighs() -> None:
    def preferred(weight: int, zone: str) -> Json:
        return {"weight": weight, "preference": {"matchExpressions": [_expression(ZONE, "In", zone)]}}

    terms = [preferred(1, "a"), preferred(50, "b")]
    assert _place(_cluster("aab"), "app", affinity={"nodeAffinity": {LIKELY: terms}}) == "n2"
    assert _place(_cluster("aaa"), "app", affinity={"nodeAffinity": {LIKELY: terms}}) == "n0"


def test_pods_keep_near_and_away() -> None:
    cluster = _cluster("aab")
    assert _place(cluster, "db", nodeName="n2") == "n2"
    assert _place(cluster, "web", affinity=_affinity("podAffinity", "db", ZONE)) == "n2"
    assert _place(cluster, "other", affinity=_affinity("podAntiAffinity", "db", ZONE)) == "n0"
    message = _place(cluster, "lost", affinity=_affinity("podAffinity", "nobody", HOST))
    assert "3 node(s) didn't match pod affinity rules" in message
    assert "4 Preemption is not helpful for scheduling" in message
    # What is already there may not want company either.
    assert _place(cluster, "db2", affinity=_affinity("podAntiAffinity", "web", HOST)) == "n1"
    cluster.api.delete("pods", "default", "web", DeleteOptions(grace_period=0))
    only_there = {"nodeSelector": {HOST: "n1"}}
    message = _place(cluster, "web", **only_there)
    assert "1 node(s) didn't satisfy existing pods anti-affinity rules" in message


def test_anti_affinity_of_replicas_leaves_the_surplus_pending_until_a_node_comes() -> None:
    cluster = _cluster("ab")
    body = deployment(RUN, replicas=3)
    body["spec"]["template"]["spec"]["affinity"] = _affinity("podAntiAffinity", "app", HOST)
    cluster.apply("deployments.apps", body)
    pods = cluster.api.list("pods", "default").items
    assert sorted(each["spec"].get("nodeName", "") for each in pods) == ["", "n0", "n1"]
    waiting = next(each for each in pods if "nodeName" not in each["spec"])
    assert waiting["status"]["conditions"][0]["message"] == (
        "0/3 nodes are available: 1 node(s) were unschedulable, 2 node(s) didn't match pod anti-affinity "
        "rules. no new claims to deallocate, preemption: 0/3 nodes are available: 1 Preemption is not "
        "helpful for scheduling, 2 No preemption victims found for incoming pod."
    )
    cluster.apply(
        "nodes", {"metadata": {"name": "n9", "labels": {HOST: "n9"}}, "spec": {}, "status": STATUS}, None
    )
    assert cluster.pod(waiting["metadata"]["name"])["spec"]["nodeName"] == "n9"


def test_a_pod_waits_for_the_one_it_wants_to_be_near() -> None:
    cluster = _cluster("ab")
    near = _affinity("podAffinity", "db", HOST, namespaceSelector={})
    assert "didn't match pod affinity rules" in _place(cluster, "web", affinity=near)
    cluster.apply("namespaces", {"metadata": {"name": "data"}}, None)
    cluster.apply("pods", pod(RUN, name="db", nodeName="n1"), "data")
    assert cluster.pod("web")["spec"]["nodeName"] == "n1"


def test_the_first_of_a_group_may_go_anywhere_and_the_others_follow() -> None:
    cluster = _cluster("abc")
    body = deployment(RUN, replicas=3)
    body["spec"]["template"]["spec"]["affinity"] = _affinity("podAffinity", "app", ZONE)
    cluster.apply("deployments.apps", body)
    nodes = [each["spec"]["nodeName"] for each in cluster.api.list("pods", "default").items]
    assert len(set(nodes)) == 1


def test_spreading_by_constraint() -> None:
    cluster = _cluster("aab")
    constraint = {
        "maxSkew": 1, "topologyKey": ZONE, "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"app": "app"}},
    }  # fmt: skip
    body = deployment(RUN, replicas=4)
    body["spec"]["template"]["spec"]["topologySpreadConstraints"] = [constraint]
    cluster.apply("deployments.apps", body)
    nodes = [each["spec"]["nodeName"] for each in cluster.api.list("pods", "default").items]
    assert sorted(nodes) == ["n0", "n1", "n2", "n2"]
    _taint(cluster, "n2", "full:NoSchedule")
    alike = {"labelSelector": {"matchExpressions": [_expression("app", "Exists")]}, "maxSkew": 1}
    message = _place(cluster, "more", topologySpreadConstraints=[constraint | alike, constraint | alike])
    assert message in {"n0", "n1"}  # as many here as there: one more is within the skew
    message = _place(cluster, "most", topologySpreadConstraints=[constraint | alike])
    assert "2 node(s) didn't match pod topology spread constraints" in message
    unlabelled = constraint | {"topologyKey": "rack"}
    message = _place(cluster, "rackless", topologySpreadConstraints=[unlabelled])
    assert "2 node(s) didn't match pod topology spread constraints (missing required label)" in message


def test_replicas_spread_by_default() -> None:
    cluster = _cluster("abc")
    _place(cluster, "big", RUN | {"resources": {"requests": {"cpu": "100m"}}}, nodeName="n0")
    cluster.apply("deployments.apps", deployment(RUN, replicas=6))
    nodes = [each["spec"]["nodeName"] for each in cluster.api.list("pods", "default", labels="app=app").items]
    assert [nodes.count(f"n{number}") for number in range(3)] == [2, 2, 2]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            {"affinity": {"nodeAffinity": {NEAR: {"nodeSelectorTerms": []}}}},
            "nodeSelectorTerms: Required value: must have at least one node selector term",
        ),
        (
            {"affinity": {"podAffinity": {NEAR: [{"topologyKey": ""}]}}},
            f"spec.affinity.podAffinity.{NEAR}[0].topologyKey: Required value: can not be empty",
        ),
        (
            {"affinity": {"podAntiAffinity": {LIKELY: [{"podAffinityTerm": {"topologyKey": HOST}}]}}},
            f"spec.affinity.podAntiAffinity.{LIKELY}[0].weight: Invalid value: 0: must be in the range 1-100",
        ),
        (
            {"topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": HOST, "whenUnsatisfiable": "No"}]},
            'Unsupported value: "No": supported values: "DoNotSchedule", "ScheduleAnyway"',
        ),
    ],
)
def test_wrong_wishes(spec: Json, message: str) -> None:
    body = pod(RUN, **spec)
    refused = refusal(lambda: SmallCluster().api.create("pods", "default", body, IGNORING))
    assert message in refused.message


def test_a_gated_pod_waits_until_its_gates_are_gone() -> None:
    cluster = _cluster()
    message = _place(cluster, "app", schedulingGates=[{"name": "example.com/review"}])
    assert message == "Scheduling is blocked due to non-empty scheduling gates"
    assert not cluster.events("app")

    def gates(value: Json) -> None:
        cluster.api.patch("pods", "default", "app", "merge-patch+json", {"spec": value}, IGNORING)
        cluster.agenda.settle()

    more = [{"name": "example.com/review"}, {"name": "example.com/more"}]
    assert "only deletion is allowed" in refusal(lambda: gates({"schedulingGates": more})).message
    gates({"schedulingGates": None})
    assert cluster.pod()["spec"]["nodeName"] == "n0"


def test_resources_nobody_has() -> None:
    gpu = RUN | {"resources": {"requests": {"example.com/gpu": "1"}}}
    assert "3 Insufficient example.com/gpu" in _place(_cluster(), "app", gpu)


def test_room_that_appears_goes_to_the_pod_of_highest_priority() -> None:
    cluster, big = _cluster("a"), RUN | {"resources": {"requests": {"cpu": "2"}}}
    assert _place(cluster, "first", big) == "n0"
    _place(cluster, "low", big, priority=1)
    _place(cluster, "high", big, priority=100)
    cluster.api.delete("pods", "default", "first", DeleteOptions(grace_period=0))
    cluster.agenda.settle()
    assert cluster.pod("high")["spec"]["nodeName"] == "n0"
    assert "nodeName" not in cluster.pod("low")["spec"]
