"""Who owns whom: adoption, release, several owners, names that are taken, histories, dying namespaces."""

from __future__ import annotations

from typing import Any

from lab.embedded.api.interface import DeleteOptions
from lab.embedded.objects.copying import copy_json
from tests.embedded.small_cluster import SmallCluster, deployment, pod

Json = dict[str, Any]
_ONE = "1 resource instances"
RUN = {"command": ["run", "obedient"]}


def _sets(cluster: SmallCluster) -> list[Json]:
    return list(cluster.api.list("replicasets.apps", "default").items)


def _image(cluster: SmallCluster, image: str) -> None:
    changed = copy_json(cluster.api.get("deployments.apps", "default", "app"))
    changed["spec"]["template"]["spec"]["containers"][0]["image"] = image
    cluster.api.update("deployments.apps", "default", "app", changed)
    cluster.agenda.advance(15)


def test_a_deployment_made_again_takes_over_its_orphans() -> None:
    cluster = SmallCluster()
    cluster.apply("deployments.apps", deployment(RUN, replicas=2))
    cluster.agenda.advance(5)
    pods = {each["metadata"]["uid"] for each in cluster.api.list("pods", "default").items}
    cluster.api.delete("deployments.apps", "default", "app", DeleteOptions(propagation="Orphan"))
    cluster.agenda.advance(1)
    assert "ownerReferences" not in _sets(cluster)[0]["metadata"]
    again = cluster.apply("deployments.apps", deployment(RUN, replicas=2))
    cluster.agenda.advance(5)
    (kept,) = _sets(cluster)
    assert kept["metadata"]["ownerReferences"][0]["uid"] == again["metadata"]["uid"]
    assert {each["metadata"]["uid"] for each in cluster.api.list("pods", "default").items} == pods


def test_a_replica_set_whose_labels_change_is_let_go() -> None:
    cluster = SmallCluster()
    cluster.apply("deployments.apps", deployment(RUN))
    cluster.agenda.advance(5)
    name = _sets(cluster)[0]["metadata"]["name"]
    patch = {"metadata": {"labels": {"app": "else"}}}
    cluster.api.patch("replicasets.apps", "default", name, "merge-patch+json", patch)
    cluster.agenda.advance(10)
    released = cluster.api.get("replicasets.apps", "default", name)
    assert "ownerReferences" not in released["metadata"]
    # The name of the successor was taken by the one let go.
    (successor,) = [each for each in _sets(cluster) if each["metadata"]["name"] != name]
    assert successor["status"]["availableReplicas"] == 1
    status = cluster.api.get("deployments.apps", "default", "app")["status"]
    assert status["collisionCount"] == 1


def test_only_so_many_revisions_are_kept_and_only_when_the_rollout_is_over() -> None:
    cluster = SmallCluster()
    cluster.apply("deployments.apps", deployment(RUN, revisionHistoryLimit=1))
    for number in range(1, 4):
        _image(cluster, f"busybox:1.{number}")
    images = [each["spec"]["template"]["spec"]["containers"][0]["image"] for each in _sets(cluster)]
    assert sorted(images) == ["busybox:1.2", "busybox:1.3"]


def test_a_pod_counts_as_available_only_after_its_seconds() -> None:
    cluster = SmallCluster()
    cluster.apply("deployments.apps", deployment(RUN, replicas=2, minReadySeconds=30))
    cluster.agenda.advance(20)
    status = cluster.api.get("deployments.apps", "default", "app")["status"]
    assert (status["readyReplicas"], status.get("availableReplicas", 0)) == (2, 0)
    cluster.agenda.advance(15)
    assert cluster.api.get("deployments.apps", "default", "app")["status"]["availableReplicas"] == 2


def test_an_object_with_two_owners_outlives_one_of_them() -> None:
    cluster = SmallCluster()
    owners = [
        cluster.apply("configmaps", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}})
        for name in ("one", "two")
    ]
    references = [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "name": each["metadata"]["name"],
            "uid": each["metadata"]["uid"],
        }
        for each in owners
    ]
    cluster.apply("secrets", {"metadata": {"name": "s", "ownerReferences": references}})
    cluster.api.delete("configmaps", "default", "one", DeleteOptions(propagation="Foreground"))
    cluster.agenda.advance(1)
    assert cluster.api.get("secrets", "default", "s")["metadata"]["ownerReferences"] == references[1:]
    cluster.api.delete("configmaps", "default", "two")
    cluster.agenda.advance(1)
    assert cluster.api.find("secrets", "default", "s") is None


def test_a_dying_namespace_says_what_is_left() -> None:
    cluster = SmallCluster()
    cluster.apply("namespaces", {"metadata": {"name": "team"}}, None)
    cluster.apply("pods", pod({"command": ["run"]}), "team")
    held = {"metadata": {"name": "held", "finalizers": ["example.com/hold"]}}
    cluster.apply("configmaps", held, "team")
    cluster.agenda.advance(5)
    cluster.api.delete("namespaces", None, "team")
    cluster.agenda.advance(5)

    def told() -> list[tuple[str, str, str]]:
        listed = cluster.api.get("namespaces", None, "team")["status"]["conditions"]
        return [(each["reason"], each["status"], each["message"]) for each in listed][3:]

    remaining, finalizers = told()
    assert remaining == (
        "SomeResourcesRemain",
        "True",
        f"Some resources are remaining: configmaps. has {_ONE}, pods. has {_ONE}",
    )
    assert finalizers == (
        "SomeFinalizersRemain",
        "True",
        f"Some content in the namespace has finalizers remaining: example.com/hold in {_ONE}",
    )
    cluster.agenda.advance(40)
    assert "configmaps. has 1 resource instances" in told()[0][2]
    assert "pods" not in told()[0][2]
    cluster.api.patch("configmaps", "team", "held", "merge-patch+json", {"metadata": {"finalizers": None}})
    cluster.agenda.advance(2)
    assert cluster.api.find("namespaces", None, "team") is None


def test_an_owner_in_another_namespace_is_none() -> None:
    cluster = SmallCluster()
    owner = cluster.apply("configmaps", {"metadata": {"name": "owner"}}, "kube-public")
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]}
    cluster.apply("configmaps", {"metadata": {"name": "lost", "ownerReferences": [reference]}})
    cluster.agenda.advance(1)
    assert cluster.api.find("configmaps", "default", "lost") is None
    ((reason, message, _),) = cluster.events("lost")
    assert reason == "OwnerRefInvalidNamespace"
    assert 'does not exist in namespace "default"' in message
    wrong = reference | {"name": "other"}
    cluster.apply("configmaps", {"metadata": {"name": "lost", "ownerReferences": [wrong]}}, "kube-public")
    cluster.agenda.advance(1)
    assert cluster.api.find("configmaps", "kube-public", "lost") is None


def test_a_namespace_with_a_finalizer_of_its_own_waits_for_that() -> None:
    cluster = SmallCluster()
    made = {"metadata": {"name": "team"}, "spec": {"finalizers": ["example.com/hold"]}}
    cluster.apply("namespaces", made, None)
    cluster.api.delete("namespaces", None, "team")
    cluster.agenda.advance(10)
    waiting = cluster.api.get("namespaces", None, "team")
    assert waiting["spec"]["finalizers"] == ["example.com/hold"]
    freed = {**waiting, "spec": {"finalizers": []}}
    cluster.api.update("namespaces", None, "team", freed, subresource="finalize")
    assert cluster.api.find("namespaces", None, "team") is None
