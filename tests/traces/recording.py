"""Recordings of a real kubelet, and how to read them as a newer version would have written them.

The data are facts recorded from a single-node Kubernetes v1.20.2; what newer versions do otherwise is
known, and applied here to the recording, never to what is compared with it.

What v1.36 does otherwise so that a recording would not tell of it, and none is kept:

* A readiness probe is triggered by every status in which a running container is not ready, and its period
  counts from there (`manualTriggerCh`, `pkg/kubelet/prober/worker.go`); v1.20 only ticked.
* Liveness and start-up probes end when a pod is being stopped (`StopLivenessAndStartup`).
* A pod past its `activeDeadlineSeconds` keeps the ends of its containers, so that `kubectl get pods` prints
  `Error` and not `DeadlineExceeded`; the event comes with each status that is made (`active_deadline.go`).
* A deletion in the middle of an init container kills it with an event and waits for its end
  (`SyncTerminatingPod`); v1.20 told `ContainerStatusUnknown` at once.
* A container whose postStart hook failed waits with the bare reason `PostStartHookError`.
* A pull secret that is missing is an event of every sync (`getPullSecretsForPod`, from v1.28 to v1.36).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

DATA = Path(__file__).parent / "data"
SECONDS = 190.0
Json = dict[str, Any]

GONE = ""
"""The STATUS of a pod that has been deleted."""

CHANCE = {
    # The fifth restart escaped its back-off by a tenth of a second: 40.1 s after the end that counted.
    "sigterm-ignored-liveness": 95.0,
    # v1.20 noticed an exhausted start-up probe at its next full sync only; newer ones kill at once.
    "startup-probe-fails": 12.0,
}
"""Seconds up to which a recording can be compared, where that is not the whole of it."""

DRIFTED = {
    # The back-off law is 10, 20, 40 s after each end. A v1.20 kubelet looks for its end at a sync that comes
    # 10 to 15 s after the last failed one (`completeWork`: `wait.Jitter(backOffPeriod, 0.5)`), and a start is
    # seen by a relist a second later. The recorded restarts came 15.3, 30.9 and 54.0 s after one another:
    # the statuses of its watch changed at 6.3, 34.1, 63.1 and 120.1 s, which are those syncs. (v1.35 and on
    # sync when the back-off ends, stretched by up to half.) What adds up is 19 s at the third restart; the
    # other crash loops had the same delays and less of them.
    "init-fails": "each back-off served at the next sync, 10 to 15 s late by the fourth",
    # The first replicas of the twelve scenarios that shared two cores: one container was seen after 11.6 s.
    "rollout-bad-image-undo": "first containers started late by machine load",
}
"""Recordings whose delays add up to more than the tolerance, and why: compared from restart to restart."""

ENDS_LOST = frozenset(("delete-sigterm-ignored", "pod-restart-never"))
"""Recordings in which v1.20 lost the containers of a pod that was over before it had told how they ended."""

HOOKS_FAILED = {
    "FailedPostStartHook": "PostStartHook failed",
    "FailedPreStopHook": "PreStopHook failed",
}
"""What is told of a failed hook. v1.20 also told what it said, which may be a secret
(`executePreStopHook` and `startContainer` in `pkg/kubelet/kuberuntime/kuberuntime_container.go`)."""

_UNTOLD = (
    # since 1.29 a wait for volumes that timed out is not an event any more
    "Unable to attach or mount volumes",
    # since 1.34 any printable key becomes a variable (`RelaxedEnvironmentVariableValidation`)
    "Keys [1bad] from the EnvFrom configMap",
)
"""How events begin that newer kubelets do not record."""

DEAD = frozenset(("Error", "OOMKilled", "Completed", "RunContainerError", "CrashLoopBackOff"))
"""What a dead container's STATUS says before and after the kubelet's next sync, whose moment is chance."""


@dataclass(frozen=True)
class Row:
    """READY, STATUS and RESTARTS of a pod from an instant on, until the next row (or the end)."""

    at: float
    until: float
    pod: str
    ready: str
    status: str
    restarts: int

    @property
    def look(self) -> tuple[str, str, str, int]:
        """What a learner sees, with the two faces of a dead container as one."""
        init = self.status.startswith("Init:")
        bare = self.status.removeprefix("Init:")
        status = ("Init:" if init else "") + ("dead" if bare in DEAD else bare)
        return self.pod, self.ready, status, self.restarts


@dataclass(frozen=True)
class Happening:
    """An event as it finally was."""

    kind: str
    reason: str
    component: str
    object: str
    field: str
    message: str
    count: int
    first: float | None
    last: float | None

    @property
    def key(self) -> tuple[str, ...]:
        """What must be the same."""
        return self.kind, self.reason, self.component, self.object, self.field, self.message


def rows(samples: list[tuple[float, str, str, str, int]], end: float = SECONDS) -> list[Row]:
    """Rows from (time, pod, ready, status, restarts) samples."""
    result = []
    for index, (at, pod, ready, status, restarts) in enumerate(samples):
        later = (each[0] for each in samples[index + 1 :] if each[1] == pod)
        until = next(later, end)
        if until > at and status != GONE:
            result.append(Row(at, until, pod, ready, status, restarts))
    return result


def modern_message(scenario: str, event: Json) -> str | None:
    """The message as v1.36 words it; None for an event that it no longer records."""
    text = str(HOOKS_FAILED.get(event["reason"], event["message"]))
    pod = event["object"].split("/")[1]
    container = re.search(r"{(.*)}", event["field"] or "")
    name = container[1] if container else ""
    if event["reason"] == "ProbeWarning":  # newer ones say why (`pkg/probe/http/http.go`)
        text = text.replace("warning: ", "warning: Probe terminated redirects, Response body: ")
    if event["reason"] == "Created":
        return text.replace("Created container ", "Created container: ")
    if event["reason"] == "BackOff" and text == "Back-off restarting failed container":
        return f"Back-off restarting failed container {name} in pod {pod}_NAMESPACE(UID)"
    if text.startswith(_UNTOLD):
        return None
    if scenario == "liveness-exec-timeout" and event["reason"] == "Unhealthy":
        return 'Liveness probe failed: command timed out: "sleep 10" timed out after 1s'
    if "probe errored: " in text:
        text = text.replace("probe errored: ", "probe errored and resulted in unknown state: ")
        return re.sub(r'exec "[0-9a-f]{64}"', 'exec "ID"', text)
    if text.startswith("Failed to pull image"):
        # A code that says nothing is stripped since v1.28 (`pullImageV1` in remote_image.go).
        text = text.replace("rpc error: code = Unknown desc = ", "")
    if event["reason"] == "InspectFailed":  # distribution/reference tells the name now
        name = event["message"].split('"')[1].rsplit(":", 1)[0]
        text = text.replace("repository name must", f"repository name (library/{name}) must")
    if event["reason"] == "FailedCreate":
        return unnamed(text)
    if event["reason"] == "FailedScheduling":
        return text.replace("node affinity.", "node affinity/selector.")
    return text


def unnamed(text: str) -> str:
    """A refusal without the random name of the pod that was never made."""
    return re.sub(r'(pods "replicaset-\d+-)[a-z0-9]{5}"', r'\1RANDOM"', text)


def load(name: str) -> Json:
    """A recording."""
    return json.loads((DATA / f"{name}.trace.json").read_text())  # type: ignore[no-any-return]


def manifests(name: str) -> list[Json]:
    """The scenario's objects."""
    return list(yaml.safe_load_all((DATA / f"{name}.yaml").read_text()))


def recorded_rows(trace: Json) -> list[Row]:
    """What `kubectl get pods` printed, as long as each pod was there."""
    samples = [(r["t"], r["pod"], r["READY"], _status(r), int(r["RESTARTS"])) for r in trace["kubectl_get"]]
    samples += [(r["t"], r["pod"], "", GONE, 0) for r in trace["pods"] if r["type"] == "DELETED"]
    return rows(sorted(samples, key=lambda sample: sample[0]))


def _status(row: Json) -> str:
    # v1.20 removed a pod without running containers only at its next full sync, up to a minute late.
    gone = row["STATUS"] == "Terminating" and row["READY"].startswith("0/")
    return GONE if gone else row["STATUS"]


def happenings(trace: Json) -> list[Happening]:
    """The recorded events in modern words; events of the same words are one, as a series counts them."""
    found = []
    for event in trace["events"]:
        message = modern_message(trace["scenario"], event)
        if message is not None:
            words = (
                event["type"],
                event["reason"],
                event["from"],
                event["object"],
                event["field"] or "",
                message,
            )
            found.append(Happening(*words, event["count"], event["first"], event["last"]))
    return joined(found)


def joined(events: list[Happening]) -> list[Happening]:
    """Events of the same words as one."""
    result: dict[tuple[str, ...], Happening] = {}
    for event in events:
        old = result.get(event.key)
        count, first = (old.count, old.first) if old is not None else (0, event.first)
        result[event.key] = replace(event, count=count + event.count, first=first)
    return list(result.values())


def logs(trace: Json) -> dict[str, tuple[str, str]]:
    """What `kubectl logs` and `kubectl logs --previous` printed in the end, by pod, where that was kept."""
    return {
        pod.removeprefix("pod/"): (found["current"], re.sub(r"^Defaulted .*\n", "", found["previous"]))
        for pod, found in trace.get("logs", {}).items()
    }


def actions(name: str) -> list[Json]:
    """The scenario's kubectl commands and when they were carried out."""
    file = DATA / f"{name}.actions.json"
    return json.loads(file.read_text()) if file.exists() else []


SCENARIOS = sorted(path.stem for path in DATA.glob("*.yaml"))
