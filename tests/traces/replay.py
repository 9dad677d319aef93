"""Carrying out a scenario on the embedded cluster, and noting what the recording noted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from lab.embedded.api.errors import ApiError
from lab.embedded.api.interface import LogRequest
from lab.embedded.objects.times import parse_time
from lab.embedded.server.pod_rows import pod_cells
from tests.embedded.small_cluster import SmallCluster
from tests.traces.actions import act
from tests.traces.endings import compact
from tests.traces.recording import GONE, SECONDS, Happening, Row, actions, joined, manifests, rows, unnamed

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.embedded.api.interface import WatchEvent

Json = dict[str, Any]
_NAMESPACE = "scenario"
_RESOURCES = {
    "Deployment": "deployments.apps",
    "Service": "services",
    "Secret": "secrets",
    "Pod": "pods",
    "ConfigMap": "configmaps",
    "LimitRange": "limitranges",
}
_UID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class Replay:
    """One scenario, from its apply on."""

    def __init__(self, name: str, make_runtime: Callable[[SmallCluster], Any]) -> None:
        self._name = name
        self._cluster = SmallCluster(make_runtime)
        self._began = 0.0
        self._aliases: dict[str, str] = {}
        self._samples: list[tuple[float, str, str, str, int]] = []
        self._endpoints: list[tuple[float, int, int]] = []
        self.statuses: list[Json] = []
        """What the pods' statuses said, in the form of a recording."""

    def run(self) -> None:
        """Apply, carry out the actions at their times, and let the recorded time pass."""
        cluster = self._cluster
        cluster.apply(
            "namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": _NAMESPACE}}, None
        )
        cluster.agenda.advance(2)
        for resource, seen in (
            ("pods", self._pod),
            ("replicasets.apps", self._set),
            ("endpoints", self._endpoint),
        ):
            cluster.api.subscribe(resource, seen)
        self._began = cluster.agenda.now()
        for obj in manifests(self._name):
            cluster.apply(_RESOURCES[obj["kind"]], obj, _NAMESPACE)
        for action in actions(self._name):
            cluster.agenda.advance_to(self._began + action["at"])
            act(cluster, _NAMESPACE, action["kubectl"])
            cluster.agenda.settle()
        cluster.agenda.advance_to(self._began + SECONDS)

    @property
    def rows(self) -> list[Row]:
        """The status columns."""
        return rows(self._samples)

    @property
    def endpoints(self) -> list[tuple[float, int, int]]:
        """(time, ready, not ready) of the scenario's Endpoints."""
        return self._endpoints

    def happenings(self) -> list[Happening]:
        """The events as they are now."""
        found = []
        for each in self._cluster.api.list("events", _NAMESPACE).items:
            about = each["involvedObject"]
            if about["kind"] in {"Pod", "ReplicaSet", "Deployment"}:
                found.append(self._happening(each, about))
        return joined(found)

    def _happening(self, event: Json, about: Json) -> Happening:
        source = event.get("source", {}).get("component") or event["reportingComponent"]
        times = (event.get("firstTimestamp"), event.get("lastTimestamp"))
        first, last = (parse_time(each) - self._began if each else None for each in times)
        message = re.sub(r'exec "[0-9a-f]{64}"', 'exec "ID"', self._renamed(event["message"]))
        message = re.sub(r"(Scaled (?:up|down) replica set \S+) from \d+", r"\1", message)
        message = unnamed(message)
        if event["reason"] == "FailedScheduling":
            message = message.split(". ")[0] + "."
        count = event.get("count") or event.get("series", {}).get("count") or 1
        name = f"{about['kind']}/{self._renamed(about['name'])}"
        return Happening(
            event["type"],
            event["reason"],
            source,
            name,
            about.get("fieldPath", ""),
            message,
            count,
            first,
            last,
        )

    def _renamed(self, text: str) -> str:
        for name in sorted(self._aliases, key=len, reverse=True):
            text = text.replace(name, self._aliases[name])
        text = _UID.sub("UID", text)
        text = re.sub(r"\b10\.244\.\d+\.\d+\b", "POD_IP", text)
        return text.replace(_NAMESPACE, "NAMESPACE").replace("to podlab", "to real")

    def _alias(self, obj: Json, kind: str) -> str:
        name: str = obj["metadata"]["name"]
        if name not in self._aliases and obj["metadata"].get("ownerReferences"):
            taken = sum(alias.startswith(f"{kind}-") for alias in self._aliases.values())
            self._aliases[name] = f"{kind}-{taken + 1}"
        return self._aliases.get(name, name)

    def _pod(self, event: WatchEvent) -> None:
        name, now = self._alias(event.object, "pod"), self._cluster.agenda.now()
        self._status(name, now - self._began, event)
        if event.type == "DELETED":
            self._samples.append((now - self._began, name, "", GONE, 0))
            return
        _, ready, status, restarts = pod_cells(event.object, now)[:4]
        sample = (now - self._began, name, ready, status, int(restarts.split()[0]))
        last = next((each for each in reversed(self._samples) if each[1] == name), None)
        if last is None or last[1:] != sample[1:]:
            self._samples.append(sample)

    def _status(self, name: str, at: float, event: WatchEvent) -> None:
        status = event.object.get("status") or {}
        conditions = {
            each["type"]: each["status"] + (f"/{each['reason']}" if each.get("reason") else "")
            for each in status.get("conditions") or ()
        }
        self.statuses.append(
            {
                "t": round(at, 1),
                "pod": name,
                "type": event.type,
                "phase": status.get("phase"),
                "conditions": conditions,
                "init": [compact(each) for each in status.get("initContainerStatuses") or ()],
                "containers": [compact(each) for each in status.get("containerStatuses") or ()],
            }
        )

    def log(self, pod: str, *, previous: bool) -> str:
        """What `kubectl logs` prints: of all containers, or of the first one's instance before."""
        found = self._cluster.api.find("pods", _NAMESPACE, pod)
        if found is None:
            return ""
        spec, text, refusal = found["spec"], bytearray(), ""
        every = [*(spec.get("initContainers") or ()), *spec["containers"]]
        for container in spec["containers"][:1] if previous else every:
            request = LogRequest(container["name"], previous=previous)
            try:
                stream = self._cluster.agent.logs(_NAMESPACE, pod, request)
            except ApiError as error:
                refusal = f"Error from server ({error.reason}): {error.message}\n"
                break
            stream.start(text.extend, lambda: None)
        return text.decode("utf-8", "replace") or refusal

    def _set(self, event: WatchEvent) -> None:
        self._alias(event.object, "replicaset")

    def _endpoint(self, event: WatchEvent) -> None:
        if event.object["metadata"]["namespace"] != _NAMESPACE or event.type == "DELETED":
            return
        subsets = event.object.get("subsets") or []
        counts = (
            sum(len(each.get("addresses") or ()) for each in subsets),
            sum(len(each.get("notReadyAddresses") or ()) for each in subsets),
        )
        if not self._endpoints or self._endpoints[-1][1:] != counts:
            self._endpoints.append((self._cluster.agenda.now() - self._began, *counts))
