"""The verbs: create, read, update, delete, watch, and what they refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from lab.embedded.api.interface import DeleteOptions, WatchEvent, WriteOptions
from tests.embedded.api.conftest import CLIENT, deployment, pod, refusal

if TYPE_CHECKING:
    from lab.embedded.api.verbs import ApiMachinery
    from lab.embedded.clock.agenda import Agenda


def test_a_new_object_gets_what_only_the_server_gives(api: ApiMachinery, agenda: Agenda) -> None:
    agenda.advance(5)
    made = api.create("pods", "default", {"metadata": {"generateName": "web-"}, "spec": {}}).object
    metadata = made["metadata"]
    assert metadata["name"].startswith("web-")
    assert len(metadata["name"]) == len("web-") + 5
    assert metadata["creationTimestamp"] == "2026-01-01T00:00:05Z"
    assert metadata["uid"][14] == "4"
    assert (made["kind"], made["apiVersion"], made["status"]["phase"]) == ("Pod", "v1", "Pending")
    assert api.get("pods", "default", metadata["name"]) is made


def test_messages_are_the_servers(api: ApiMachinery) -> None:
    api.create("pods", "default", pod())
    missing = refusal(lambda: api.get("deployments.apps", "default", "x"))
    assert (missing.code, missing.message) == (404, 'deployments.apps "x" not found')
    assert missing.status()["details"] == {"name": "x", "group": "apps", "kind": "deployments"}
    assert refusal(lambda: api.create("pods", "default", pod())).message == 'pods "web" already exists'
    assert refusal(lambda: api.create("pods", "no", pod())).message == 'namespaces "no" not found'
    assert refusal(lambda: api.get("widgets", "default", "x")).code == 404
    nameless = refusal(lambda: api.create("pods", "default", {"metadata": {}, "spec": {}}))
    assert nameless.message.endswith("metadata.name: Required value: name or generateName is required")


def test_a_stale_update_conflicts_and_an_idle_one_changes_nothing(api: ApiMachinery) -> None:
    first = api.create("configmaps", "default", {"metadata": {"name": "c"}, "data": {"a": "1"}}).object
    assert api.update("configmaps", "default", "c", first).object is first
    changed = api.update("configmaps", "default", "c", {**first, "data": {"a": "2"}}).object
    assert int(changed["metadata"]["resourceVersion"]) > int(first["metadata"]["resourceVersion"])
    stale = refusal(lambda: api.update("configmaps", "default", "c", {**first, "data": {"a": "3"}}))
    assert stale.message == (
        'Operation cannot be fulfilled on configmaps "c": the object has been modified; please apply your '
        "changes to the latest version and try again"
    )
    assert first["data"] == {"a": "1"}


def test_generation_counts_changes_of_the_spec_only(api: ApiMachinery) -> None:
    made = api.create("deployments.apps", "default", deployment()).object
    labelled = {**made, "metadata": {**made["metadata"], "labels": {"x": "y"}}}
    made = api.update("deployments.apps", "default", "web", labelled).object
    assert made["metadata"]["generation"] == 1
    made = api.update(
        "deployments.apps", "default", "web", {**made, "spec": {**made["spec"], "replicas": 3}}
    ).object
    assert made["metadata"]["generation"] == 2
    made = api.update_status("deployments.apps", made, lambda each: each["status"].update(replicas=3))
    assert (made["metadata"]["generation"], made["status"]) == (2, {"replicas": 3})
    over = api.update("deployments.apps", "default", "web", {**made, "status": {}}).object
    assert over["status"] == {"replicas": 3}
    only = {**made, "status": {"replicas": 1}, "spec": {**made["spec"], "replicas": 9}}
    over = api.update("deployments.apps", "default", "web", only, subresource="status").object
    assert (over["status"]["replicas"], over["spec"]["replicas"]) == (1, 3)


def test_scale_is_read_and_written(api: ApiMachinery) -> None:
    api.create("deployments.apps", "default", deployment())
    scale = api.get("deployments.apps", "default", "web", "scale")
    assert (scale["spec"], scale["status"]["selector"]) == ({"replicas": 1}, "app=web")
    scale = {**scale, "spec": {"replicas": 4}}
    api.update("deployments.apps", "default", "web", scale, subresource="scale")
    patch = {"spec": {"replicas": 5}}
    api.patch("deployments.apps", "default", "web", "merge-patch+json", patch, subresource="scale")
    assert api.get("deployments.apps", "default", "web")["spec"]["replicas"] == 5
    below = {"spec": {"replicas": -1}}
    refused = refusal(
        lambda: api.patch("deployments.apps", "default", "web", "merge-patch+json", below, CLIENT, "scale")
    )
    assert "must be greater than or equal to 0" in refused.message


def test_a_running_pod_is_deleted_gracefully(api: ApiMachinery, agenda: Agenda) -> None:
    api.create("pods", "default", pod())
    api.create_subresource("pods", "default", "web", "binding", {"target": {"name": "n1"}})
    taken = refusal(
        lambda: api.create_subresource("pods", "default", "web", "binding", {"target": {"name": "n2"}})
    )
    assert (taken.code, taken.reason) == (409, "Conflict")
    agenda.advance(10)
    dying = api.delete("pods", "default", "web")
    assert dying["metadata"]["deletionTimestamp"] == "2026-01-01T00:00:40Z"
    assert dying["metadata"]["deletionGracePeriodSeconds"] == 30
    sooner = api.delete("pods", "default", "web", DeleteOptions(grace_period=5))
    assert sooner["metadata"]["deletionTimestamp"] == "2026-01-01T00:00:15Z"
    assert api.delete("pods", "default", "web", DeleteOptions(grace_period=60)) is sooner
    api.delete("pods", "default", "web", DeleteOptions(grace_period=0))
    assert api.find("pods", "default", "web") is None


def test_an_unscheduled_pod_goes_at_once(api: ApiMachinery) -> None:
    api.create("pods", "default", pod())
    api.delete("pods", "default", "web")
    assert api.find("pods", "default", "web") is None


def test_finalizers_hold_an_object_until_the_last_is_gone(api: ApiMachinery) -> None:
    made = {"metadata": {"name": "c", "finalizers": ["example.com/hold"]}}
    api.create("configmaps", "default", made)
    api.delete("configmaps", "default", "c")
    held = api.get("configmaps", "default", "c")
    assert held["metadata"]["deletionTimestamp"]
    patch: dict[str, Any] = {"metadata": {"finalizers": None}}
    api.patch("configmaps", "default", "c", "merge-patch+json", patch)
    assert api.find("configmaps", "default", "c") is None


@pytest.mark.parametrize(
    ("propagation", "finalizer"), [("Foreground", "foregroundDeletion"), ("Orphan", "orphan")]
)
def test_propagation_is_recorded_as_a_finalizer(api: ApiMachinery, propagation: Any, finalizer: str) -> None:
    api.create("deployments.apps", "default", deployment())
    api.delete("deployments.apps", "default", "web", DeleteOptions(propagation=propagation))
    metadata = api.get("deployments.apps", "default", "web")["metadata"]
    assert metadata["finalizers"] == [finalizer]
    assert metadata["deletionGracePeriodSeconds"] == 0


def test_preconditions_of_a_delete(api: ApiMachinery) -> None:
    api.create("configmaps", "default", {"metadata": {"name": "c"}})
    wrong = refusal(lambda: api.delete("configmaps", "default", "c", DeleteOptions(uid="other")))
    assert "the UID in the precondition (other) does not match the UID in record" in wrong.message


def test_a_terminating_namespace_takes_nothing_new_and_goes_when_finalized(api: ApiMachinery) -> None:
    api.create("namespaces", None, {"metadata": {"name": "n"}})
    space = api.delete("namespaces", None, "n")
    assert space["status"]["phase"] == "Terminating"
    refused = refusal(lambda: api.create("pods", "n", pod()))
    assert refused.message == (
        'pods "web" is forbidden: unable to create new content in namespace n because it is being terminated'
    )
    api.update("namespaces", None, "n", {**space, "spec": {"finalizers": []}}, subresource="finalize")
    assert api.find("namespaces", None, "n") is None
    assert refusal(lambda: api.delete("namespaces", None, "default")).code == 403


def test_dry_run_stores_nothing(api: ApiMachinery) -> None:
    before = api.revision
    dry = WriteOptions(dry_run=True)
    assert api.create("pods", "default", pod(), dry).object["spec"]["restartPolicy"] == "Always"
    api.create("configmaps", "default", {"metadata": {"name": "c"}})
    api.update("configmaps", "default", "c", {"metadata": {"name": "c"}, "data": {"a": "b"}}, dry)
    api.delete("configmaps", "default", "c", DeleteOptions(dry_run=True))
    assert "data" not in api.get("configmaps", "default", "c")
    assert api.revision == before + 1


def test_watchers_hear_of_changes_after_they_subscribed_on_the_agenda(
    api: ApiMachinery, agenda: Agenda
) -> None:
    api.create("pods", "default", pod("before"))
    seen: list[WatchEvent] = []
    stop = api.subscribe("pods", seen.append)
    api.create("pods", "default", pod())
    assert seen == []
    agenda.settle()
    assert [(each.type, each.object["metadata"]["name"]) for each in seen] == [("ADDED", "web")]
    api.delete("pods", "default", "web")
    stop()
    agenda.settle()
    assert len(seen) == 1
    assert [each.type for each in api.changes("pods", "default", 0)] == ["ADDED", "ADDED", "DELETED"]
    assert api.changes("configmaps", None, 0) == []


def test_lists_select_by_labels_and_fields(api: ApiMachinery) -> None:
    for name, app in (("a", "x"), ("b", "y")):
        one = pod(name)
        one["metadata"]["labels"] = {"app": app}
        api.create("pods", "default", one)
    api.create_subresource("pods", "default", "b", "binding", {"target": {"name": "n1"}})

    def names(**selectors: str) -> list[str]:
        return [each["metadata"]["name"] for each in api.list("pods", None, **selectors).items]

    assert names(labels="app in (x)") == ["a"]
    assert names(fields="spec.nodeName=n1,metadata.namespace=default") == ["b"]
    assert names(fields="spec.nodeName=") == ["a"]
    assert "field label not supported: spec.x" in refusal(lambda: names(fields="spec.x=1")).message
    assert refusal(lambda: names(labels="a=b=c")).code == 400


def test_deleting_a_collection(api: ApiMachinery) -> None:
    for name in "abc":
        api.create(
            "configmaps", "default", {"metadata": {"name": name, "labels": {"keep": str(name == "b")}}}
        )
    api.delete_collection("configmaps", "default", labels="keep=False")
    assert [each["metadata"]["name"] for each in api.list("configmaps").items] == ["b"]


def test_the_same_seed_makes_the_same_names(api: ApiMachinery) -> None:
    made = [api.create("pods", "default", {"metadata": {"generateName": "p-"}, "spec": {}}) for _ in range(3)]
    assert len({each.object["metadata"]["name"] for each in made}) == 3
    assert len({each.object["metadata"]["uid"] for each in made}) == 3


def test_events_have_two_faces(api: ApiMachinery) -> None:
    event = {"metadata": {"name": "e"}, "note": "hello", "regarding": {"kind": "Pod"}}
    api.create("events.events.k8s.io", "default", event)
    assert api.get("events", "default", "e")["message"] == "hello"
    api.patch("events.events.k8s.io", "default", "e", "merge-patch+json", {"note": "bye"})
    shown = api.list("events.events.k8s.io").items[0]
    assert (shown["note"], shown["apiVersion"]) == ("bye", "events.k8s.io/v1")
    assert api.get("events", "default", "e")["message"] == "bye"


def test_immutable_configuration_and_selectors(api: ApiMachinery) -> None:
    api.create("configmaps", "default", {"metadata": {"name": "c"}, "data": {"a": "1"}, "immutable": True})
    patch = {"data": {"a": "2"}}
    refused = refusal(lambda: api.patch("configmaps", "default", "c", "merge-patch+json", patch, CLIENT))
    assert "data: Forbidden: field is immutable when `immutable` is set" in refused.message
    made = api.create("deployments.apps", "default", deployment()).object
    other = {"matchLabels": {"app": "web", "x": "y"}}
    spec = {**made["spec"], "selector": other}
    refused = refusal(
        lambda: api.update("deployments.apps", "default", "web", {**made, "spec": spec}, CLIENT)
    )
    assert (
        'spec.selector: Invalid value: {"matchLabels":{"app":"web","x":"y"}}: field is immutable'
        in refused.message
    )


def test_most_of_a_pod_cannot_change(api: ApiMachinery) -> None:
    api.create("pods", "default", pod(), CLIENT)

    def patch(spec: dict[str, Any]) -> Any:
        return api.patch("pods", "default", "web", "strategic-merge-patch+json", {"spec": spec}, CLIENT)

    assert patch({"containers": [{"name": "app", "image": "nginx:2"}]}).object["metadata"]["generation"] == 2
    refused = refusal(lambda: patch({"restartPolicy": "Never"}))
    assert (
        'Pod "web" is invalid: spec: Forbidden: pod updates may not change fields other than'
        in refused.message
    )
    refused = refusal(lambda: patch({"containers": [{"name": "more", "image": "x"}]}))
    assert "spec.containers: Forbidden: pod updates may not add or remove containers" in refused.message


def test_field_validation_of_clients(api: ApiMachinery) -> None:
    wrong = pod()
    wrong["spec"]["containers"][0]["imagee"] = "x"
    refused = refusal(lambda: api.create("pods", "default", wrong, CLIENT))
    assert refused.message.endswith('strict decoding error: unknown field "spec.containers[0].imagee"')
    written = api.create("pods", "default", wrong, replace(CLIENT, field_validation="Warn"))
    assert written.warnings == ('unknown field "spec.containers[0].imagee"',)
    assert "imagee" not in written.object["spec"]["containers"][0]


def test_what_is_not_honoured_is_said(api: ApiMachinery) -> None:
    written = api.create("deployments.apps", "default", deployment(template={"hostNetwork": True}), CLIENT)
    assert written.warnings == (
        "spec.template.spec.hostNetwork: Podlab's embedded cluster does not honour this field",
    )
    again = api.patch(
        "deployments.apps", "default", "web", "merge-patch+json", {"spec": {"replicas": 2}}, CLIENT
    )
    assert again.warnings == written.warnings
    labels = {"metadata": {"labels": {"a": "b"}}}
    assert api.patch("deployments.apps", "default", "web", "merge-patch+json", labels, CLIENT).warnings == ()
