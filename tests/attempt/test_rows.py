"""The STATUS column agrees with what a real API server printed while the traces were recorded."""

from __future__ import annotations

from typing import Any

import pytest

from lab.attempt import rows

CREATED = "2026-01-01T00:00:00Z"
NOW = 1767225600.0 + 100


def pod(
    status: dict[str, Any], *, deleted: bool = False, inits: int = 0, containers: int = 1
) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": "web", "uid": "u", "creationTimestamp": CREATED}
    if deleted:
        metadata["deletionTimestamp"] = CREATED
    spec = {
        "initContainers": [{"name": f"i{number}"} for number in range(inits)],
        "containers": [{"name": f"c{number}"} for number in range(containers)],
    }
    return {"kind": "Pod", "metadata": metadata, "spec": spec, "status": status}


def one(state: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "c0", "ready": False, "restartCount": 0, "state": state, **more}


RUNNING = {"running": {"startedAt": CREATED}}
READY = [{"type": "Ready", "status": "True"}, {"type": "Initialized", "status": "True"}]


@pytest.mark.parametrize(
    ("obj", "status", "ready"),
    [
        (pod({"phase": "Pending"}), "Pending", "0/1"),
        (pod({"phase": "Running", "containerStatuses": [one(RUNNING, ready=True)]}), "Running", "1/1"),
        (
            pod(
                {"phase": "Running", "containerStatuses": [one({"waiting": {"reason": "CrashLoopBackOff"}})]}
            ),
            "CrashLoopBackOff",
            "0/1",
        ),
        (
            pod(
                {
                    "phase": "Running",
                    "containerStatuses": [one({"terminated": {"exitCode": 1, "reason": "Error"}})],
                }
            ),
            "Error",
            "0/1",
        ),
        (
            pod({"phase": "Running", "containerStatuses": [one({"terminated": {"exitCode": 7}})]}),
            "ExitCode:7",
            "0/1",
        ),
        (
            pod(
                {
                    "phase": "Running",
                    "containerStatuses": [one({"terminated": {"signal": 9, "exitCode": 137}})],
                }
            ),
            "Signal:9",
            "0/1",
        ),
        (
            pod({"phase": "Running", "containerStatuses": [one(RUNNING, ready=True)]}, deleted=True),
            "Terminating",
            "1/1",
        ),
        (pod({"phase": "Failed", "reason": "Evicted"}), "Evicted", "0/1"),
        (
            pod(
                {
                    "phase": "Pending",
                    "initContainerStatuses": [one({"waiting": {"reason": "PodInitializing"}}, name="i0")],
                    "containerStatuses": [one({"waiting": {"reason": "PodInitializing"}})],
                },
                inits=2,
            ),
            "Init:0/2",
            "0/1",
        ),
        (
            pod(
                {
                    "phase": "Pending",
                    "initContainerStatuses": [
                        one({"terminated": {"exitCode": 0}}, name="i0"),
                        one(RUNNING, name="i1"),
                    ],
                },
                inits=2,
            ),
            "Init:1/2",
            "0/1",
        ),
        (
            pod(
                {
                    "phase": "Pending",
                    "initContainerStatuses": [
                        one({"terminated": {"exitCode": 1, "reason": "Error"}}, name="i0")
                    ],
                },
                inits=1,
            ),
            "Init:Error",
            "0/1",
        ),
        (
            pod(
                {
                    "phase": "Pending",
                    "initContainerStatuses": [one({"waiting": {"reason": "CrashLoopBackOff"}}, name="i0")],
                },
                inits=1,
            ),
            "Init:CrashLoopBackOff",
            "0/1",
        ),
        (
            pod(
                {
                    "phase": "Running",
                    "conditions": READY,
                    "containerStatuses": [
                        one({"terminated": {"exitCode": 0, "reason": "Completed"}}),
                        one(RUNNING, name="c1", ready=True),
                    ],
                },
                containers=2,
            ),
            "Running",
            "1/2",
        ),
    ],
)
def test_status_and_ready(obj: dict[str, Any], status: str, ready: str) -> None:
    row = rows.pod(obj, NOW)
    assert (row.status, row.ready) == (status, ready)
    assert row.age == 100


def test_restarts_and_when() -> None:
    last = {"terminated": {"exitCode": 1, "finishedAt": "2026-01-01T00:01:10Z"}}
    row = rows.pod(
        pod({"phase": "Running", "containerStatuses": [one(RUNNING, restartCount=3, lastState=last)]}), NOW
    )
    assert (row.restarts, row.restarted) == (3, 30)


def test_events_come_latest_last() -> None:
    def event(reason: str, at: str, **more: Any) -> dict[str, Any]:
        about = {"kind": "Pod", "name": "web"}
        return {"metadata": {}, "involvedObject": about, "reason": reason, "lastTimestamp": at, **more}

    found = rows.events(
        [event("BackOff", "2026-01-01T00:01:00Z", count=4, type="Warning"), event("Pulled", CREATED)], NOW
    )
    assert [(row.reason, row.age, row.count, row.object) for row in found] == [
        ("Pulled", 100, 1, "pod/web"),
        ("BackOff", 40, 4, "pod/web"),
    ]


def test_a_service_tells_its_endpoints() -> None:
    service = {"kind": "Service", "metadata": {"name": "web", "creationTimestamp": CREATED}}
    subset = {
        "addresses": [{"ip": "10.0.0.1"}],
        "notReadyAddresses": [{"ip": "10.0.0.2"}],
        "ports": [{"port": 80}],
    }
    endpoints = {"metadata": {"name": "web"}, "subsets": [subset]}
    assert rows.workload(service, NOW, [endpoints]).summary == "endpoints 10.0.0.1:80"
    assert rows.workload(service, NOW).summary == "endpoints none"
