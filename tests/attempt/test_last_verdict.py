"""What makes a verdict older than the cluster, and what does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lab.attempt.last_verdict import Kept, Spoken, older
from lab.attempt.views import LiveView
from lab.model.verdict import Finding, State, Verdict


def kept(state: State = State.PASSED) -> Kept:
    finding = Finding("one", "One", state, "ok", "a", "b")
    spoken = Spoken(
        until=50,
        given={"deployment/web": ("u-web", 3), "configmap/settings": ("u-settings", 20)},
        ready=frozenset({"u-pod"}),
    )
    return Kept(1.0, Verdict("sample", "embedded", "ns", (finding,)), spoken)


def made(kind: str, name: str, version: int, **more: Any) -> dict[str, Any]:
    metadata = {"name": name, "uid": f"u-{name}", "resourceVersion": str(version), **more}
    return {"kind": kind, "metadata": metadata}


def pod(version: int, ready: str, **more: Any) -> dict[str, Any]:
    status = {"conditions": [{"type": "Ready", "status": ready}]}
    owned = {"ownerReferences": [{"kind": "ReplicaSet"}]}
    return {**made("Pod", "pod", version, **owned, **more), "status": status}


def live(**changed: tuple[dict[str, Any], ...]) -> LiveView:
    objects = {
        "Deployment": (made("Deployment", "web", 60, generation=3),),
        "ConfigMap": (made("ConfigMap", "settings", 20), made("ConfigMap", "kube-root-ca.crt", 70)),
        "Pod": (pod(40, "True"),),
    }
    return LiveView("ns", 0.0, objects={**objects, **changed})


def test_status_that_moves_on_and_views_that_lag_change_nothing() -> None:
    assert older(kept(), live()) == "", "a status was written since"
    lagging = live(
        Deployment=(made("Deployment", "web", 30, generation=2),),
        Pod=(pod(45, "False"), made("Pod", "helper", 44)),
    )
    assert older(kept(), lagging) == "", "what the check did itself came before the verdict"


def test_what_somebody_wished_since_is_named() -> None:
    scaled = live(Deployment=(made("Deployment", "web", 60, generation=4),))
    assert older(kept(), scaled) == "deployment/web was changed"
    assert older(kept(State.FAILED), scaled) == "deployment/web was changed"
    written = live(ConfigMap=(made("ConfigMap", "settings", 61),))
    assert older(kept(), written) == "configmap/settings was changed"
    assert older(kept(), live(Deployment=())) == "deployment/web was deleted"
    anew = live(Deployment=(made("Deployment", "web", 60, generation=1, uid="other"),))
    assert older(kept(), anew) == "deployment/web was made anew"
    service = live(Service=(made("Service", "web", 61),))
    assert older(kept(), service) == "service/web was created"


def test_a_pod_that_was_ready_and_is_not_any_more_outdates_only_what_passed() -> None:
    fallen = live(Pod=(pod(61, "False"),))
    assert older(kept(), fallen) == "pod/pod is not ready any more"
    assert older(kept(State.FAILED), fallen) == ""
    assert older(kept(), live(Pod=(pod(61, "False", deletionTimestamp="now"),))) == ""
    other = replace(kept(), spoken=replace(kept().spoken, ready=frozenset()))
    assert older(other, fallen) == "", "it was not ready then either"
