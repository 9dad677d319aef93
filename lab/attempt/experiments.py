"""Injections: a fault brought into a workload through the API, and everything put back as it was.

They are the same on every cluster. An injection remembers what it changed and restores exactly that, also
when the experiment was interrupted. A workload the lab cannot reach in the way the exercise declares is not
tested, and what is not tested is not passed.
"""

from __future__ import annotations

import base64
import secrets
from typing import TYPE_CHECKING, Any, Protocol

from lab.attempt import undoing
from lab.attempt.undoing import WayBack
from lab.checks import find, pods_of, restart_counts, uid_of
from lab.kube import ApiError, reference
from lab.model.checks import DeletePods, Fault, Injection, Nothing, Outage, Rotate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lab.attempt.watching import Watch

OUTAGE_SECONDS = 60.0
"""Cluster time the pods of a stopped workload may take to be gone."""


class NotTestable(Exception):  # noqa: N818 (a result, not a mistake)
    """The injection could not be made: why, and where to look."""

    def __init__(self, code: str, observed: str, why: str, look_at: str) -> None:
        super().__init__(observed)
        self.code = code
        self.observed = observed
        self.why = why
        self.look_at = look_at


class Injected(Protocol):
    """An injection that was made, or is being made."""

    values: Mapping[str, str]
    """What it set, by key; secret, for comparison only."""

    def make(self) -> None:
        """Inject.

        Raises:
            NotTestable: it cannot be done to this workload.
            lab.errors.ObservationLost: the cluster does not answer.
        """

    def undo(self) -> None:
        """Put back what was changed; safe after a `make` that failed half way, and twice."""


def injection(spec: Injection, watch: Watch) -> Injected:
    """The injector of a declared injection."""
    match spec:
        case Fault():
            return _Fault(spec, watch)
        case Outage():
            return _Outage(spec, watch)
        case Rotate():
            return _Rotate(spec, watch)
        case DeletePods():
            return _DeletePods(spec, watch)
        case Nothing():
            return _Nothing()


def words(spec: Injection) -> tuple[str, str]:
    """What is done, and what is done to undo it, for the story of what happened; empty: nothing."""
    match spec:
        case Fault():
            back = f'takes the fault "{spec.fault}" back' if spec.undo else ""
            return f'injects the fault "{spec.fault}" into the pods of {spec.workload}', back
        case Outage():
            return f"stops {spec.workload}", f"starts {spec.workload} again"
        case Rotate():
            restarts = f" and deletes the pods of {', '.join(spec.restart)}" if spec.restart else ""
            return f"changes the values of {spec.of}{restarts}", f"puts {spec.of} back{restarts}"
        case DeletePods():
            return f"deletes the pods of {', '.join(spec.workloads)}", ""
        case Nothing():
            return "", ""


def delete_pods(watch: Watch, workload: str) -> frozenset[str]:
    """Delete a workload's pods, gracefully; the UIDs of all that are now on their way out.

    A bare pod is left alone: nobody would make it again.
    """
    if workload.startswith("pod/"):
        return frozenset()
    snapshot = watch.recorder.snapshot()
    doomed = pods_of(snapshot, workload, terminating=True)
    for pod in pods_of(snapshot, workload):
        watch.client.delete("Pod", watch.namespace, str(pod["metadata"]["name"]))
    return frozenset(uid_of(pod) for pod in doomed)


class _Nothing:
    values: Mapping[str, str] = {}

    def make(self) -> None:
        pass

    def undo(self) -> None:
        pass


class _Fault:
    values: Mapping[str, str] = {}

    def __init__(self, spec: Fault, watch: Watch) -> None:
        self._spec = spec
        self._watch = watch
        self._met: dict[str, tuple[str, Mapping[str, int]]] = {}
        """Name and restart counts of each pod that was given the fault, by UID."""

    def make(self) -> None:
        pods = pods_of(self._watch.recorder.snapshot(), self._spec.workload)
        if not pods:
            raise NotTestable(
                "untestable",
                f"{self._spec.workload} has no pods to test",
                "",
                f"kubectl get {self._spec.workload}",
            )
        named = tuple((str(pod["metadata"]["name"]), uid_of(pod)) for pod in pods)
        way = WayBack(self._spec.workload, pods=named, port=self._spec.port, path=self._spec.undo)
        undoing.note(self._watch.client, self._watch.namespace, way)
        for pod in pods:
            name = str(pod["metadata"]["name"])
            self._met[uid_of(pod)] = (name, restart_counts([pod]))
            problem = self._ask(name, self._spec.fault)
            if problem:
                raise self._untestable(name, problem)

    def undo(self) -> None:
        if not self._met:
            return
        met, self._met = self._met, {}
        snapshot = self._watch.recorder.snapshot()
        still = {uid_of(pod): pod for pod in pods_of(snapshot, self._spec.workload)}
        for uid, (name, before) in met.items():
            pod = still.get(uid)
            if pod is None or restart_counts([pod]) != before:
                continue  # a new instance: the fault went with the old one
            if not self._spec.undo or self._ask(name, self._spec.undo):
                self._watch.client.delete("Pod", self._watch.namespace, name)
        undoing.forget(self._watch.client, self._watch.namespace)

    def _ask(self, pod: str, path: str) -> str:
        """Ask the fault port; empty, or why that did not work."""
        spec = self._spec
        query = dict(spec.parameters) if path == spec.fault else {}
        try:
            answer = self._watch.client.proxy(
                self._watch.namespace, pod, spec.port, path, method="POST", query=query
            )
        except ApiError as error:
            return error.what
        if answer.error:
            return answer.error
        return "" if answer.status < 300 else f"status {answer.status}: {answer.body[:200]}"

    def _untestable(self, pod: str, problem: str) -> NotTestable:
        port = self._spec.port
        return NotTestable(
            "untestable",
            f"the lab cannot test pod {pod}: its fault port {port} does not answer ({problem})",
            f"The exercise's app opens port {port} for the lab (its image, its command, FAULT_PORT={port}). "
            "Without it nobody can see what happens when the app hangs: put it back as it was.",
            f"kubectl get pod {pod} -o yaml",
        )


class _Outage:
    values: Mapping[str, str] = {}

    def __init__(self, spec: Outage, watch: Watch) -> None:
        self._spec = spec
        self._watch = watch
        self._replicas: int | None = None

    def make(self) -> None:
        workload = find(self._watch.recorder.snapshot(), self._spec.workload)
        replicas = int(((workload or {}).get("spec") or {}).get("replicas", 1))
        if workload is None or not replicas:
            raise NotTestable(
                "untestable",
                f"{self._spec.workload} is not running: there is nothing to take away",
                f"The experiment stops {self._spec.workload} and starts it again; it has to be there.",
                f"kubectl get {self._spec.workload}",
            )
        self._replicas = replicas
        way = WayBack(self._spec.workload, {"spec": {"replicas": replicas}})
        undoing.note(self._watch.client, self._watch.namespace, way)
        self._scale(0)
        left = OUTAGE_SECONDS
        while left > 0 and pods_of(self._watch.recorder.snapshot(), self._spec.workload, terminating=True):
            self._watch.step(left)
            left -= 1.0

    def undo(self) -> None:
        if self._replicas is not None:
            self._scale(self._replicas)
            self._replicas = None
            undoing.forget(self._watch.client, self._watch.namespace)

    def _scale(self, replicas: int) -> None:
        kind, name = reference(self._spec.workload)
        self._watch.client.patch(
            kind, self._watch.namespace, name, {"spec": {"replicas": replicas}}, style="merge"
        )


class _Rotate:
    def __init__(self, spec: Rotate, watch: Watch) -> None:
        self._spec = spec
        self._watch = watch
        self._before: dict[str, str | None] | None = None
        self.values: Mapping[str, str] = {
            key: value.replace("{random}", secrets.token_hex(6)) for key, value in spec.values.items()
        }

    def make(self) -> None:
        kind, name = reference(self._spec.of)
        live = self._watch.client.find(kind, self._watch.namespace, name)
        if live is None:
            raise NotTestable(
                "untestable",
                f"there is no {self._spec.of}",
                "The experiment changes its values and restarts the app; it has to be there, so named.",
                f"kubectl get {self._spec.of}",
            )
        data: Mapping[str, str] = live.get("data") or {}
        self._before = {key: data.get(key) for key in self.values}
        self._note_way_back()
        try:
            self._write({key: self._encoded(value) for key, value in self.values.items()})
        except ApiError as error:
            self._before = None
            undoing.forget(self._watch.client, self._watch.namespace)
            raise NotTestable(
                "untestable",
                f"{self._spec.of} cannot be changed: {error.what}",
                "The experiment gives it new values, as its owner does; it has to stay open to that.",
                f"kubectl get {self._spec.of} -o yaml",
            ) from error
        self._restart()

    def undo(self) -> None:
        if self._before is None:
            return
        before, self._before = self._before, None
        self._write(before)
        self._restart()
        undoing.forget(self._watch.client, self._watch.namespace)

    def _note_way_back(self) -> None:
        way = WayBack(self._spec.of, {"data": dict(self._before or {})}, restart=self._spec.restart)
        undoing.note(self._watch.client, self._watch.namespace, way)

    def _encoded(self, value: str) -> str:
        secret = self._spec.of.startswith("secret/")
        return base64.b64encode(value.encode()).decode() if secret else value

    def _write(self, data: Mapping[str, str | None]) -> None:
        kind, name = reference(self._spec.of)
        self._watch.client.patch(kind, self._watch.namespace, name, {"data": dict(data)}, style="merge")

    def _restart(self) -> None:
        self._watch.sync()
        for workload in self._spec.restart:
            delete_pods(self._watch, workload)


class _DeletePods:
    values: Mapping[str, str] = {}

    def __init__(self, spec: DeletePods, watch: Watch) -> None:
        self._workloads: Sequence[str] = spec.workloads
        self._watch = watch

    def make(self) -> None:
        for workload in self._workloads:
            delete_pods(self._watch, workload)

    def undo(self) -> None:
        pass


def ground_of(watch: Watch, workloads: Sequence[str]) -> dict[str, Any]:
    """Pods and restart counts of workloads as they stand: what expectations are measured against."""
    snapshot = watch.recorder.snapshot()
    pods = {workload: pods_of(snapshot, workload) for workload in workloads}
    return {
        "pods": {workload: frozenset(uid_of(pod) for pod in found) for workload, found in pods.items()},
        "restarts": restart_counts(pod for found in pods.values() for pod in found),
    }
