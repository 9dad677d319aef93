"""Service accounts of pods, eviction, warnings, and events that expire."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from lab.embedded.api.events import EventRecorder
from lab.embedded.api.served import KINDS
from lab.embedded.api.verbs import ApiMachinery
from lab.embedded.store.store import Store
from tests.embedded.api.conftest import CLIENT, container, pod, refusal

if TYPE_CHECKING:
    from lab.embedded.clock.agenda import Agenda


def test_a_pod_gets_its_accounts_token(api: ApiMachinery) -> None:
    api.create("serviceaccounts", "default", {"metadata": {"name": "default"}})
    spec = api.create("pods", "default", pod(), CLIENT).object["spec"]
    (mount,) = spec["containers"][0]["volumeMounts"]
    assert mount["mountPath"] == "/var/run/secrets/kubernetes.io/serviceaccount"
    assert mount["name"].startswith("kube-api-access-")
    assert [each["name"] for each in spec["volumes"]] == [mount["name"]]
    bare = api.create("pods", "default", pod("bare", automountServiceAccountToken=False), CLIENT).object
    assert "volumes" not in bare["spec"]


def test_a_pod_without_pull_secrets_has_its_accounts(api: ApiMachinery) -> None:
    account = {"metadata": {"name": "puller"}, "imagePullSecrets": [{"name": "registry"}]}
    api.create("serviceaccounts", "default", account)
    spec = api.create("pods", "default", pod(serviceAccountName="puller"), CLIENT).object["spec"]
    assert spec["imagePullSecrets"] == [{"name": "registry"}]
    own = pod("own", serviceAccountName="puller", imagePullSecrets=[{"name": "mine"}])
    assert api.create("pods", "default", own, CLIENT).object["spec"]["imagePullSecrets"] == [{"name": "mine"}]


def test_an_account_that_does_not_exist_keeps_the_pod_out(api: ApiMachinery) -> None:
    refused = refusal(lambda: api.create("pods", "default", pod(serviceAccountName="nope"), CLIENT))
    assert refused.message == (
        'pods "web" is forbidden: error looking up service account default/nope: '
        'serviceaccount "nope" not found'
    )


def test_an_eviction_deletes(api: ApiMachinery) -> None:
    api.create("pods", "default", pod())
    answer = api.create_subresource("pods", "default", "web", "eviction", {}).object
    assert answer["status"] == "Success"
    assert api.find("pods", "default", "web") is None
    assert refusal(lambda: api.create_subresource("pods", "default", "web", "eviction", {})).code == 404
    assert refusal(lambda: api.create_subresource("pods", "default", "web", "nope", {})).code == 404


def test_ephemeral_containers_are_added_by_their_subresource(api: ApiMachinery) -> None:
    made = api.create("pods", "default", pod()).object
    debug = {"spec": {"ephemeralContainers": [{"name": "debug", "image": "busybox"}]}}
    new = api.update("pods", "default", "web", {**made, **debug}, subresource="ephemeralcontainers").object
    assert new["spec"]["ephemeralContainers"][0]["imagePullPolicy"] == "Always"
    assert new["spec"]["containers"] == made["spec"]["containers"]


def test_warnings_name_the_place(api: ApiMachinery) -> None:
    twice = [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]
    given = container(
        env=twice,
        securityContext={
            "privileged": True,
            "capabilities": {"add": ["CHOWN", "NET_ADMIN"], "drop": ["ALL"]},
        },
        ports=[{"containerPort": 80, "hostPort": 80}, {"containerPort": 80}],
    )
    volumes: list[dict[str, Any]] = [{"name": "h", "nfs": {"path": "/", "server": "s"}}]
    warnings = api.create("pods", "default", pod("web", given, volumes=volumes), CLIENT).warnings
    sentence, added = "Podlab's embedded cluster does not honour this field", "capabilities.add[1]"
    granted = "all capabilities are granted, and nothing else"
    assert warnings == (
        f"spec.volumes[0].nfs: {sentence}",
        f"spec.containers[0].securityContext.privileged: {sentence} ({granted})",
        f"spec.containers[0].securityContext.{added}: {sentence} (no program here uses NET_ADMIN)",
        f"spec.containers[0].ports[0].hostPort: {sentence}",
        "spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]",
        'spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply',
    )


def test_events_go_an_hour_after_they_were_last_written(api: ApiMachinery, agenda: Agenda) -> None:
    subject = api.create("pods", "default", pod()).object
    recorder = EventRecorder(api, agenda, "kubelet")
    recorder.record(subject, "Normal", "Once", "x")
    recorder.record(subject, "Normal", "Twice", "x")
    agenda.advance(1800)
    recorder.record(subject, "Normal", "Twice", "x")
    agenda.advance(1800)
    assert [each["reason"] for each in api.list("events").items] == ["Twice"]
    agenda.advance(1800)
    assert api.list("events").items == []


def test_events_of_an_earlier_life_expire_too(api: ApiMachinery, agenda: Agenda) -> None:
    subject = api.create("pods", "default", pod()).object
    EventRecorder(api, agenda, "kubelet").record(subject, "Normal", "Once", "x")
    store = Store()
    event = api.list("events").items[0]
    store.load([("events", "default", event["metadata"]["name"], event)], api.revision)
    later = ApiMachinery(store, agenda, random.Random(1), KINDS)  # noqa: S311 (a seeded source)
    assert len(later.list("events").items) == 1
    agenda.advance(3600)
    assert later.list("events").items == []


def test_expiry_comes_at_the_microsecond_it_is_due(api: ApiMachinery, agenda: Agenda) -> None:
    subject = api.create("pods", "default", pod()).object
    recorder = EventRecorder(api, agenda, "kubelet")
    for step in range(300):  # sums that binary fractions do not hit exactly
        agenda.advance(0.736413 + step * 1e-6)
        recorder.record(subject, "Normal", f"Reason{step}", "x")
    agenda.advance(4000)
    assert api.list("events").items == []
