"""What `kubectl get` prints: ages, the pod columns' rules, and the Table around them."""

from __future__ import annotations

from typing import Any

import pytest

from lab.embedded.server.ages import age, human_duration
from lab.embedded.server.pod_rows import pod_cells, pod_status
from lab.embedded.server.tables import table, wants_table

Json = dict[str, Any]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "<invalid>"), (0, "0s"), (119, "119s"), (120, "2m"), (192, "3m12s"), (600, "10m"),
        (10799, "179m"),
        (10800, "3h"), (11100, "3h5m"), (28800, "8h"), (172799, "47h"), (172800, "2d"), (180000, "2d2h"),
        (691200, "8d"), (63072000, "2y"), (66000000, "2y33d"),
    ],
)  # fmt: skip
def test_durations_as_kubernetes_writes_them(seconds: float, text: str) -> None:
    assert human_duration(seconds) == text


def test_no_timestamp_is_an_unknown_age() -> None:
    assert age(None, 10.0) == "<unknown>"
    assert age("2026-01-01T00:00:10Z", 12.5) == "2s"


def pod(*containers: Json, phase: str = "Running", init: list[Json] | None = None, **status: Any) -> Json:
    names = [{"name": each["name"]} for each in containers]
    spec: Json = {"containers": names, "nodeName": "node-1"}
    if init:
        spec["initContainers"] = [{"name": each["name"], **each.pop("spec", {})} for each in init]
        status["initContainerStatuses"] = init
    return {
        "kind": "Pod",
        "metadata": {"name": "web", "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": spec,
        "status": {"phase": phase, "containerStatuses": list(containers), **status},
    }


def container(
    name: str = "app", state: Json | None = None, *, ready: bool = False, restarts: int = 0, **more: Any
) -> Json:
    return {"name": name, "ready": ready, "restartCount": restarts, **(state or {}), **more}


RUNNING = {"state": {"running": {"startedAt": "2026-01-01T00:00:01Z"}}}
BACK_OFF = {"state": {"waiting": {"reason": "CrashLoopBackOff"}}}
FAILED = {"state": {"terminated": {"exitCode": 1, "reason": "Error"}}}
DONE = {"state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}


@pytest.mark.parametrize(
    ("obj", "status"),
    [
        (pod(phase="Pending"), "Pending"),
        (pod(container(ready=True, state=RUNNING)), "Running"),
        (pod(container(state=BACK_OFF)), "CrashLoopBackOff"),
        (pod(container(state={"state": {"terminated": {"exitCode": 3}}})), "ExitCode:3"),
        (pod(container(state={"state": {"terminated": {"exitCode": 137, "signal": 9}}})), "Signal:9"),
        (pod(container("a", ready=True, state=RUNNING), container("b", state=DONE)), "NotReady"),
        (pod(container(), init=[container("i", state=BACK_OFF)], phase="Pending"), "Init:CrashLoopBackOff"),
        (pod(container(), init=[container("i", state=RUNNING)], phase="Pending"), "Init:0/1"),
        (pod(container(), init=[container("i", FAILED)]),
         "Init:Error"),
        (pod(phase="Failed", reason="Evicted"), "Evicted"),
    ],
)  # fmt: skip
def test_the_status_column(obj: Json, status: str) -> None:
    assert pod_status(obj) == status


def test_a_pod_on_its_way_out_is_terminating_until_it_has_ended() -> None:
    leaving = pod(container(ready=True, state=RUNNING))
    leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:01:00Z"
    assert pod_status(leaving) == "Terminating"
    ended = pod(container(state=DONE), phase="Succeeded")
    ended["metadata"]["deletionTimestamp"] = "2026-01-01T00:01:00Z"
    assert pod_status(ended) == "Completed"


def test_restarts_tell_how_long_ago_the_last_one_was() -> None:
    last = {"terminated": {"finishedAt": "2026-01-01T00:00:35Z"}}
    cells = pod_cells(pod(container(restarts=3, state=BACK_OFF, lastState=last)), 60.0)
    assert cells[:5] == ["web", "0/1", "CrashLoopBackOff", "3 (25s ago)", "60s"]


def test_a_running_sidecar_counts_as_a_container() -> None:
    sidecar = container(
        "mesh", ready=True, restarts=1, started=True, spec={"restartPolicy": "Always"}, state=RUNNING
    )
    cells = pod_cells(pod(container(ready=True, state=RUNNING), init=[sidecar]), 60.0)
    assert cells[1:4] == ["2/2", "Running", "1"]


def test_a_table_has_the_header_once_and_metadata_in_its_rows() -> None:
    shown = table(
        "pods",
        [pod(container(ready=True, state=RUNNING))],
        1.0,
        metadata={"resourceVersion": "7"},
        include="",
    )
    assert [each["name"] for each in shown["columnDefinitions"] if not each["priority"]] == [
        "Name", "Ready", "Status", "Restarts", "Age",
    ]  # fmt: skip
    assert shown["rows"][0]["object"]["kind"] == "PartialObjectMetadata"
    assert (
        table("pods", [], 1.0, metadata={"resourceVersion": "7"}, include="None", header=False)[
            "columnDefinitions"
        ]
        is None
    )


def test_who_wants_a_table() -> None:
    kubectl = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io"
    assert wants_table(kubectl)
    assert not wants_table("application/json")
