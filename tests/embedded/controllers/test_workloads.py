"""Deployments, ReplicaSets, endpoints, garbage, namespaces and scheduling together with a kubelet."""

from __future__ import annotations

from lab.embedded.api.interface import DeleteOptions
from lab.embedded.objects.copying import copy_json
from tests.embedded.api.conftest import refusal
from tests.embedded.small_cluster import SmallCluster, deployment, pod

_SERVICE = {
    "metadata": {"name": "app"},
    "spec": {"selector": {"app": "app"}, "ports": [{"port": 80, "targetPort": 8080}]},
}


def _pods(cluster: SmallCluster) -> list[str]:
    return [each["metadata"]["name"] for each in cluster.api.list("pods", "default").items]


def test_a_new_template_replaces_all_pods_and_an_old_one_comes_back() -> None:
    cluster = SmallCluster()
    cluster.apply("deployments.apps", deployment({"command": ["run", "obedient"]}, replicas=3))
    cluster.agenda.advance(5)
    first = set(_pods(cluster))
    changed = copy_json(cluster.api.get("deployments.apps", "default", "app"))
    old_template = copy_json(changed["spec"]["template"])
    changed["spec"]["template"]["spec"]["containers"][0]["command"] = ["run", "obedient", "v2"]
    cluster.api.update("deployments.apps", "default", "app", changed)
    cluster.agenda.advance(30)
    assert len(_pods(cluster)) == 3
    assert not first & set(_pods(cluster))
    status = cluster.api.get("deployments.apps", "default", "app")["status"]
    assert (status["updatedReplicas"], status["availableReplicas"]) == (3, 3)
    again = copy_json(cluster.api.get("deployments.apps", "default", "app"))
    again["spec"]["template"] = old_template
    cluster.api.update("deployments.apps", "default", "app", again)
    cluster.agenda.advance(30)
    sets = cluster.api.list("replicasets.apps", "default").items
    revisions = sorted(each["metadata"]["annotations"]["deployment.kubernetes.io/revision"] for each in sets)
    assert (len(sets), revisions) == (2, ["2", "3"])


def test_progress_stops_at_the_deadline() -> None:
    cluster = SmallCluster()
    cluster.runtime.exec_answer = lambda *_: 1
    probe = {"exec": {"command": ["false"]}}
    cluster.apply("deployments.apps", deployment({"readinessProbe": probe}, progressDeadlineSeconds=20))
    cluster.agenda.advance(40)
    conditions = cluster.api.get("deployments.apps", "default", "app")["status"]["conditions"]
    progressing = next(each for each in conditions if each["type"] == "Progressing")
    assert (progressing["status"], progressing["reason"]) == ("False", "ProgressDeadlineExceeded")


def test_endpoints_hold_the_ready_pods_and_the_table_routes_to_them() -> None:
    cluster = SmallCluster()
    service = cluster.apply("services", _SERVICE)
    address = service["spec"]["clusterIP"]
    assert cluster.controllers.services.resolve("app", "default") == [address]
    assert cluster.controllers.services.route(address, 80) == "connection refused"
    cluster.apply("deployments.apps", deployment({"command": ["run", "obedient"]}, replicas=2))
    cluster.agenda.advance(5)
    subset = cluster.api.get("endpoints", "default", "app")["subsets"][0]
    addresses = {each["ip"] for each in subset["addresses"]}
    assert {cluster.controllers.services.route(address, 80) for _ in range(4)} == {
        (ip, 8080) for ip in addresses
    }
    assert cluster.controllers.services.route("192.0.2.1", 80) == ("192.0.2.1", 80)
    slices = cluster.api.list("endpointslices.discovery.k8s.io", "default").items
    assert [len(each["endpoints"]) for each in slices if each["metadata"]["name"].startswith("app-")] == [2]


def test_what_a_deployment_owns_goes_with_it() -> None:
    cluster = SmallCluster()
    cluster.apply("deployments.apps", deployment({"command": ["run", "obedient"]}, replicas=2))
    cluster.agenda.advance(5)
    cluster.api.delete("deployments.apps", "default", "app", DeleteOptions(propagation="Background"))
    cluster.agenda.advance(5)
    assert not _pods(cluster)
    assert not cluster.api.list("replicasets.apps", "default").items


def test_orphans_stay_and_foreground_waits_for_the_pods() -> None:
    cluster = SmallCluster()
    cluster.apply("deployments.apps", deployment({"command": ["run"]}))
    cluster.agenda.advance(5)
    replica_set = cluster.api.list("replicasets.apps", "default").items[0]["metadata"]["name"]
    cluster.api.delete("deployments.apps", "default", "app", DeleteOptions(propagation="Orphan"))
    cluster.agenda.advance(1)
    assert cluster.api.find("deployments.apps", "default", "app") is None
    assert _pods(cluster)
    cluster.api.delete("replicasets.apps", "default", replica_set, DeleteOptions(propagation="Foreground"))
    cluster.agenda.advance(20)  # the process is deaf: 30 s of grace
    assert cluster.api.find("replicasets.apps", "default", replica_set) is not None
    cluster.agenda.advance(15)
    assert cluster.api.find("replicasets.apps", "default", replica_set) is None
    assert not _pods(cluster)


def test_a_namespace_is_furnished_and_emptied() -> None:
    cluster = SmallCluster()
    cluster.apply("namespaces", {"metadata": {"name": "team"}}, None)
    assert cluster.api.get("serviceaccounts", "team", "default")
    assert cluster.api.get("configmaps", "team", "kube-root-ca.crt")
    cluster.apply("pods", pod({"command": ["run", "obedient"]}), "team")
    cluster.agenda.advance(5)
    cluster.api.delete("namespaces", None, "team")
    cluster.agenda.advance(5)
    assert cluster.api.find("namespaces", None, "team") is None


def test_the_name_of_what_is_being_deleted_is_taken() -> None:
    cluster = SmallCluster()
    held = {"metadata": {"name": "held", "finalizers": ["example.org/hold"]}}
    cluster.apply("configmaps", held)
    cluster.api.delete("configmaps", "default", "held")
    error = refusal(lambda: cluster.api.create("configmaps", "default", held))
    assert error.message == 'object is being deleted: configmaps "held" already exists'


def test_what_fits_nowhere_is_told_why_and_scheduled_when_there_is_room() -> None:
    cluster = SmallCluster()
    big = {"command": ["run", "obedient"], "resources": {"requests": {"cpu": "3"}}}
    cluster.apply("pods", pod(big, name="first"))
    cluster.apply("pods", pod(big, name="second"))
    cluster.agenda.advance(5)
    condition = cluster.pod("second")["status"]["conditions"][0]
    assert condition["reason"] == "Unschedulable"
    assert condition["message"].startswith("0/1 nodes are available: 1 Insufficient cpu. ")
    cluster.api.delete("pods", "default", "first")
    cluster.agenda.advance(5)
    assert cluster.pod("second")["status"]["phase"] == "Running"


def test_events_expire_after_an_hour() -> None:
    cluster = SmallCluster()
    cluster.apply("pods", pod({"command": ["run"]}))
    cluster.agenda.advance(3590)
    assert cluster.events("app")
    cluster.agenda.advance(30)
    assert not cluster.events("app")


def test_pods_on_their_way_out_are_told_of() -> None:
    cluster = SmallCluster()
    cluster.apply("deployments.apps", deployment({"command": ["run"]}, replicas=2))
    cluster.agenda.advance(5)
    cluster.api.patch("deployments.apps", "default", "app", "merge-patch+json", {"spec": {"replicas": 0}})
    cluster.agenda.advance(5)
    assert cluster.api.get("deployments.apps", "default", "app")["status"]["terminatingReplicas"] == 2
    cluster.agenda.advance(30)
    assert cluster.api.get("deployments.apps", "default", "app")["status"]["terminatingReplicas"] == 0
