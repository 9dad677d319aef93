"""The four kinds of patches, and who owns what after an apply."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from lab.embedded.api.patch import apply, fieldsets, merge, strategic
from lab.embedded.api.schema.definitions import Shape
from tests.embedded.api.conftest import CLIENT, container, deployment, refusal

if TYPE_CHECKING:
    from lab.embedded.api.verbs import ApiMachinery
    from lab.embedded.clock.agenda import Agenda

Object = dict[str, Any]

POD = Shape.of_kind("", "v1", "Pod")
JSON = st.recursive(
    st.integers(0, 3) | st.text("ab", max_size=2),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("xyz", min_size=1, max_size=1), inner, max_size=3)
    ),
    max_leaves=10,
)
OBJECTS = st.dictionaries(st.text("xyz", min_size=1, max_size=1), JSON, max_size=3)


def difference(old: Object, new: Object) -> Object:
    """The merge patch from one object to another, the plainest way."""
    patch: Object = {key: None for key in old if key not in new}
    for key, value in new.items():
        if isinstance(value, dict) and isinstance(old.get(key), dict):
            patch[key] = difference(old[key], value)
        elif old.get(key) != value:
            patch[key] = value
    return patch


@given(OBJECTS, OBJECTS)
def test_merge_patches_round_trip(old: Object, new: Object) -> None:
    assert merge.merge(old, difference(old, new)) == new
    assert merge.merge(new, {}) == new


def pod(*containers: Object) -> Object:
    return {"spec": {"containers": list(containers)}}


CONTAINERS = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from("abcd"), "image": st.sampled_from("xy")}),
    unique_by=lambda each: each["name"],
)


@given(CONTAINERS, CONTAINERS)
def test_a_strategic_patch_of_all_items_and_deletions_gives_the_new_list(old: Any, new: Any) -> None:
    names = [each["name"] for each in new]
    gone = [{"name": each["name"], "$patch": "delete"} for each in old if each["name"] not in names]
    order = [{"name": name} for name in names]
    patch = {"spec": {"containers": [*new, *gone], "$setElementOrder/containers": order}}
    assert strategic.merge(pod(*old), patch, POD) == pod(*new)


@given(CONTAINERS, CONTAINERS)
def test_applying_twice_changes_nothing_more(old: Any, new: Any) -> None:
    once = apply.merge(pod(*old), pod(*new), POD)
    assert apply.merge(once, pod(*new), POD) == once


@given(CONTAINERS)
def test_sets_of_fields_round_trip(containers: Any) -> None:
    fields = fieldsets.fields_of(pod(*containers), POD)
    assert fieldsets.from_trie(fieldsets.to_trie(fields)) == fields


@pytest.mark.parametrize(
    ("patch", "result"),
    [
        (
            {"containers": [{"name": "b", "image": "2"}]},
            {"containers": [{"name": "a"}, {"name": "b", "image": "2"}]},
        ),
        ({"containers": [{"name": "a", "$patch": "delete"}]}, {"containers": []}),
        ({"containers": [{"$patch": "replace"}, {"name": "z"}]}, {"containers": [{"name": "z"}]}),
        ({"$patch": "replace", "hostname": "h"}, {"hostname": "h"}),
        ({"$retainKeys": ["hostname"], "hostname": "h"}, {"hostname": "h"}),
        ({"containers": None}, {}),
        (
            {"$setElementOrder/containers": [{"name": "n"}, {"name": "a"}], "containers": [{"name": "n"}]},
            {"containers": [{"name": "n"}, {"name": "a"}]},
        ),
        ({"tolerations": [{"key": "k"}]}, {"containers": [{"name": "a"}], "tolerations": [{"key": "k"}]}),
    ],
)
def test_strategic_directives(patch: Object, result: Object) -> None:
    current = {"spec": {"containers": [{"name": "a"}]}}
    assert strategic.merge(current, {"spec": patch}, POD) == {"spec": result}


def test_deleting_from_a_list_of_values() -> None:
    current = {"metadata": {"finalizers": ["a", "b"]}}
    patch = {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"], "finalizers": ["c"]}}
    assert strategic.merge(current, patch, POD) == {"metadata": {"finalizers": ["b", "c"]}}


@pytest.mark.parametrize("patch", [{"$patch": "mend"}, {"spec": {"containers": [{"image": "x"}]}}])
def test_contradictory_strategic_patches_are_refused(patch: Object) -> None:
    with pytest.raises(strategic.StrategicPatchError):
        strategic.merge({"spec": {"containers": []}}, patch, POD)


def test_json_patches(api: ApiMachinery) -> None:
    api.create("configmaps", "default", {"metadata": {"name": "c"}, "data": {"a": "1"}})

    def patch(*operations: Object) -> Any:
        return api.patch("configmaps", "default", "c", "json-patch+json", list(operations), CLIENT)

    assert patch({"op": "add", "path": "/data/b", "value": "2"}).object["data"] == {"a": "1", "b": "2"}
    assert refusal(lambda: patch({"op": "test", "path": "/data/a", "value": "9"})).code == 422
    assert refusal(lambda: patch({"op": "remove", "path": "/data/none"})).code == 422
    wrong = refusal(lambda: api.patch("configmaps", "default", "c", "text/plain", {}, CLIENT))
    assert wrong.code == 415


def test_an_unknown_field_is_blamed_on_the_patch(api: ApiMachinery) -> None:
    api.create("deployments.apps", "default", deployment(), CLIENT)
    patch = {"spec": {"replicass": 2}}
    refused = refusal(
        lambda: api.patch("deployments.apps", "default", "web", "strategic-merge-patch+json", patch, CLIENT)
    )
    assert refused.code == 422
    assert refused.status()["details"]["causes"][0]["message"] == (
        'Invalid value: "map[spec:map[replicass:2]]": strict decoding error: unknown field "spec.replicass"'
    )


def applied(api: ApiMachinery, body: Object, manager: str = "kubectl", *, force: bool = False) -> Object:
    options = replace(CLIENT, field_manager=manager, force=force)
    return api.patch("deployments.apps", "default", "web", "apply-patch+yaml", body, options).object


def config(**spec: Any) -> Object:
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}


def test_apply_creates_owns_and_lets_go(api: ApiMachinery, agenda: Agenda) -> None:
    made = applied(api, deployment(replicas=3))
    assert made["metadata"]["managedFields"][0]["operation"] == "Apply"
    agenda.advance(5)
    assert applied(api, deployment(replicas=3)) is made
    without = applied(api, deployment())
    assert without["spec"]["replicas"] == 1
    labelled = deployment(container(env=[{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]))
    applied(api, labelled)
    fewer = applied(api, deployment(container(env=[{"name": "B", "value": "2"}])))
    assert fewer["spec"]["template"]["spec"]["containers"][0]["env"] == [{"name": "B", "value": "2"}]


def test_apply_conflicts_with_another_manager_unless_forced(api: ApiMachinery) -> None:
    api.create("deployments.apps", "default", deployment(replicas=2), CLIENT)
    refused = refusal(lambda: applied(api, config(replicas=5)))
    assert refused.message == (
        'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using apps/v1: '
        ".spec.replicas"
    )
    assert refused.details["causes"][0]["reason"] == "FieldManagerConflict"
    assert applied(api, config(replicas=2))["spec"]["replicas"] == 2
    assert applied(api, config(replicas=5), force=True)["spec"]["replicas"] == 5
    assert applied(api, config(replicas=5))["spec"]["replicas"] == 5


def test_a_field_two_managers_state_stays_when_one_lets_go(api: ApiMachinery) -> None:
    applied(api, deployment(replicas=3), "one")
    applied(api, config(replicas=3), "two")
    assert applied(api, deployment(), "one")["spec"]["replicas"] == 3


def test_applying_an_unknown_field_names_it_by_its_keys(api: ApiMachinery) -> None:
    refused = refusal(lambda: applied(api, deployment(container(imagee="x"))))
    assert refused.message == (
        "failed to create typed patch object (default/web; apps/v1, Kind=Deployment): "
        '.spec.template.spec.containers[name="app"].imagee: field not declared in schema'
    )


def test_an_apply_needs_a_manager(api: ApiMachinery) -> None:
    refused = refusal(lambda: applied(api, config(), ""))
    assert 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value' in refused.message


def test_nobody_owns_what_admission_adds(api: ApiMachinery) -> None:
    body = {"metadata": {"name": "web"}, "spec": {"containers": [container()], "nodeSelector": {}}}
    made = api.create("pods", "default", body, CLIENT).object
    assert "nodeSelector" not in made["spec"]  # an empty map is absence, as in Go's JSON
    (entry,) = made["metadata"]["managedFields"]
    owned = set(entry["fieldsV1"]["f:spec"])
    assert {"f:containers", "f:restartPolicy", "f:terminationGracePeriodSeconds"} <= owned
    assert not owned & {"f:tolerations", "f:priority", "f:preemptionPolicy"}
    # so kubectl's move to server-side apply, which takes over what client-side apply owned, keeps it
    taken = {
        "metadata": {
            **made["metadata"],
            "managedFields": [{**entry, "manager": "kubectl", "operation": "Apply"}],
        }
    }
    api.patch("pods", "default", "web", "merge-patch+json", taken, CLIENT)
    whole = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web"},
        "spec": {"containers": [container()]},
    }
    applied = api.patch(
        "pods", "default", "web", "apply-patch+yaml", whole, replace(CLIENT, field_manager="kubectl")
    )
    assert applied.object["spec"]["tolerations"] == made["spec"]["tolerations"]


def test_a_replaced_pod_keeps_what_admission_adds(api: ApiMachinery) -> None:
    made = api.create("pods", "default", pod_object(), CLIENT).object
    refused = refusal(lambda: api.update("pods", "default", "web", pod_object(image="nginx:1.26"), CLIENT))
    assert refused.message.startswith('Pod "web" is invalid: spec: Forbidden: pod updates may not change')
    replaced = api.update("pods", "default", "web", pod_object(), replace(CLIENT, from_client=False)).object
    for field in ("tolerations", "priority", "preemptionPolicy"):
        assert replaced["spec"][field] == made["spec"][field]


def pod_object(**fields: Any) -> Object:
    return {"metadata": {"name": "web"}, "spec": {"containers": [container(**fields)]}}
