"""Cluster time passing while the lab watches: one step at a time, everything seen before the next look.

`Watch` joins what verification needs of a cluster: its clock, a recorder, the logs, and the applications'
answers. Applications are asked from threads of their own: a hung one answers only after time has passed, and
time passes only when the engine lets it.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from lab.checks import loggers, pods_of, uid_of
from lab.errors import LabError
from lab.kube import ApiError
from lab.model.observation import Answer, Observation
from lab.observe import Recorder

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from lab.attempt.cancel import Cancel
    from lab.kube import Client
    from lab.providers.base import ClusterClock

STEP_SECONDS = 1.0
SKIPPING_STEP_SECONDS = 5.0
"""Cluster time between two looks; more where time costs nothing, since every look costs requests."""
PATIENCE_SECONDS = 0.25
"""Host time an application that answers at once is given before time goes on."""
ANSWER_SECONDS = 8.0
"""Host time after which a request is given up."""


class Watch:
    """A namespace being watched; a context manager."""

    def __init__(self, client: Client, clock: ClusterClock, namespace: str, cancel: Cancel) -> None:
        self.client = client
        self.clock = clock
        self.namespace = namespace
        self.cancel = cancel
        self.recorder = Recorder(client, namespace)
        self.baseline: dict[str, Any] = {}
        self._pending: dict[tuple[str, int, str], threading.Thread] = {}

    def __enter__(self) -> Watch:
        self.recorder.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.recorder.stop()

    def now(self) -> float:
        """Cluster time of the newest look."""
        return self.recorder.now()

    def sync(self) -> None:
        """See everything that has happened up to now."""
        self.recorder.sync((lambda: self.clock.wait(0)) if self.clock.skips else None)

    def step(self, at_most: float) -> None:
        """Let a little cluster time pass and see what happened; `at_most` seconds of it, at least a tenth.

        Raises:
            lab.errors.Cancelled: the user interrupted.
            lab.errors.ObservationLost: the cluster stopped answering.
        """
        self.cancel.check()
        usual = SKIPPING_STEP_SECONDS if self.clock.skips else STEP_SECONDS
        self.clock.wait(max(0.1, min(usual, at_most)))
        self.sync()
        self.cancel.check()

    def observe(self, logs: Iterable[tuple[str, str, bool]] = ()) -> Observation:
        """What was seen so far; `logs` names workloads, containers (empty: all) and previous or not."""
        snapshot = self.recorder.snapshot()
        texts: dict[tuple[str, str, bool], str] = {}
        for workload, container, previous in logs:
            for pod in pods_of(snapshot, workload):
                for name in loggers(pod, container):
                    key = (str(pod["metadata"]["name"]), name, previous)
                    texts[key] = self._log(pod, name, previous=previous)
        if texts:
            snapshot = self.recorder.snapshot(texts)
        return Observation(snapshot, self.recorder.timeline(), dict(self.baseline))

    def pods_so_far(self) -> set[str]:
        """UIDs of all pods seen since the recording began, also those that are gone."""
        pods = {uid_of(pod) for pod in self.recorder.snapshot().of("Pod")}
        return pods | {
            uid_of(change.object) for change in self.recorder.timeline().changes if change.kind == "Pod"
        }

    def ask(self, workload: str, port: int, path: str) -> None:
        """Ask every pod of a workload, and wait a moment for those that answer at once."""
        for pod in pods_of(self.recorder.snapshot(), workload):
            key = (str(pod["metadata"]["name"]), port, path)
            running = self._pending.get(key)
            if running is None or not running.is_alive():
                thread = threading.Thread(target=self._ask, args=key, daemon=True, name=f"ask-{key[0]}")
                self._pending[key] = thread
                thread.start()
        for thread in self._pending.values():
            thread.join(PATIENCE_SECONDS)

    def _ask(self, pod: str, port: int, path: str) -> None:
        target = f"pod/{pod}:{port}"
        try:
            got = self.client.proxy(self.namespace, pod, port, path, timeout=ANSWER_SECONDS)
        except LabError as error:
            self.recorder.answer(Answer(self.now(), target, path, error=error.what))
        else:
            self.recorder.answer(Answer(self.now(), target, path, got.status, got.body, got.error))

    def _log(self, pod: Mapping[str, Any], container: str, *, previous: bool) -> str:
        try:
            return self.client.logs(
                self.namespace, str(pod["metadata"]["name"]), container, previous=previous
            )
        except ApiError:
            return ""  # the container has not started yet, or there was no instance before
