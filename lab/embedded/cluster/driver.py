"""The cluster thread: the one thread that everything in the cluster happens on, and its pace.

Other threads hand over requests and tasks; they are taken at settle points, in order. Cluster time follows
the host's monotonic clock times the rate, or stands still at rate 0, when only `advance` moves it. What a
task or a callback sends to the outside leaves after the cluster has settled (and after its changes are on
disk), so an answer never runs ahead of what it caused.

An exception in a callback is logged and counted, and the cluster goes on: one broken part must not take the
learner's cluster away. `faults` tells, and every test asserts that there are none.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from typing import TYPE_CHECKING, Any

from lab.embedded.clock.agenda import AgendaError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lab.embedded.cluster.composition import Cluster
    from lab.embedded.server.messages import AnyAnswer, Request

LOG = logging.getLogger(__name__)
_SLICE = 0.05
"""Seconds of host time spent on catching up before requests are looked at again."""
_PATIENCE = 1.0
"""Seconds of host time by which the cluster may lag behind its pace before the lag is forgiven."""
_IDLE = 3600.0
"""Seconds of host time to sleep when nothing is due."""


class Driver:
    """Runs a cluster in a thread. Implements the listener's `Gate` and the extensions' `Control`."""

    def __init__(self, cluster: Cluster, rate: float = 1.0) -> None:
        self.cluster = cluster
        self.faults: list[str] = []
        self._unkept = ""
        """The fault for which the newest changes are not on disk; empty: they are."""
        self.on_shut_down: Callable[[], None] = lambda: None
        """Called (on the cluster thread) when a client asks the process to end."""
        self._rate = rate
        self._queue: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._outbox: list[Callable[[], None]] = []
        self._thread = threading.Thread(target=self._run, name="podlab-cluster", daemon=True)
        self._anchor_host = 0.0
        self._anchor_cluster = 0.0
        self._running = False
        cluster.take_control(self, self._note)

    def start(self) -> None:
        """Begin: cluster time starts to run."""
        self._running = True
        self._anchor()
        self._thread.start()

    def stop(self) -> None:
        """End the thread; what was posted before is still done."""
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join(timeout=30)
        self.cluster.close()

    # Gate

    def submit(self, request: Request, deliver: Callable[[AnyAnswer, list[tuple[str, str]]], None]) -> None:
        """Have a request answered; `deliver` is called on the cluster thread once the cluster has settled."""
        routes = self.cluster.routes

        def reply(answer: AnyAnswer) -> None:
            self._outbox.append(lambda: deliver(answer, routes.time_headers()))

        self.post(lambda: routes.handle(request, reply))

    def post(self, task: Callable[[], None]) -> None:
        """Run a task on the cluster thread."""
        self._queue.put(task)

    def outlet(self, call: Callable[[Any], None]) -> Callable[[Any], None]:
        """`call`, made at the next settle point."""
        return lambda value: self._outbox.append(lambda: call(value))

    # Control

    @property
    def rate(self) -> float:
        """Seconds of cluster time a second of host time."""
        return self._rate

    def set_rate(self, rate: float) -> None:
        """Change the rate from now on (on the cluster thread)."""
        self._rate = rate
        self._anchor()

    def advance(self, seconds: float) -> None:
        """Let cluster time pass as fast as possible (on the cluster thread); then the pace goes on."""
        self._to(self.cluster.agenda.now() + seconds)
        self._anchor()

    def add_image(
        self, reference: str, digest: str, labels: Mapping[str, str], files: Mapping[str, bytes]
    ) -> None:
        """Put an image onto all nodes, and keep it."""
        self.cluster.add_image(reference, digest, labels, files)

    def facts(self) -> Mapping[str, Any]:
        """What `/podlab/status` tells of the cluster."""
        return {**self.cluster.facts(), "degraded": bool(self.faults), "faults": self.faults[-5:]}

    def shut_down(self) -> None:
        """A client asks the process to end."""
        self.on_shut_down()

    # The thread

    def _run(self) -> None:
        while self._running:
            self._keep_pace()
            self._flush()
            self._take(self._pause())

    def _take(self, timeout: float) -> None:
        """Do what was posted, waiting for it at most `timeout` seconds of host time."""
        try:
            task = self._queue.get(timeout=timeout) if timeout > 0 else self._queue.get_nowait()
        except queue.Empty:
            return
        while True:
            if task is None:
                self._running = False
                self._flush()
                return
            self._keep_pace()
            with self._noting():
                task()
            self._settle()
            self._flush()
            try:
                task = self._queue.get_nowait()
            except queue.Empty:
                return

    def _keep_pace(self) -> None:
        """Bring cluster time to where the pace wants it, within a slice of host time."""
        if not self._rate:
            self._settle()
            return
        target = self._anchor_cluster + (time.monotonic() - self._anchor_host) * self._rate
        deadline = time.monotonic() + _SLICE
        agenda = self.cluster.agenda
        while (due := agenda.next_due()) is not None and due < target:
            self._to(max(due, agenda.now()))
            if time.monotonic() > deadline:
                if (target - agenda.now()) / self._rate > _PATIENCE:
                    self._anchor()
                return
        self._to(max(target, agenda.now()))

    def _pause(self) -> float:
        """Seconds of host time until something is due."""
        due = self.cluster.agenda.next_due() if self._rate else None
        if due is None:
            return _IDLE
        at = self._anchor_host + (due - self._anchor_cluster) / self._rate
        return max(0.0, min(_IDLE, at - time.monotonic()))

    def _anchor(self) -> None:
        self._anchor_host, self._anchor_cluster = time.monotonic(), self.cluster.agenda.now()

    def _to(self, when: float) -> None:
        self._finish(lambda: self.cluster.agenda.advance_to(when))

    def _settle(self) -> None:
        self._finish(self.cluster.agenda.settle)

    def _finish(self, step: Callable[[], object]) -> None:
        """Do a step of the agenda to its end, over callbacks that fail: each failure uses up its callback."""
        while True:
            try:
                step()
            except AgendaError as error:
                self._note(error)
                return
            except Exception as error:  # noqa: BLE001 (reported; the cluster must live on)
                self._note(error)
            else:
                return

    def _note(self, error: BaseException) -> None:
        LOG.error("a part of the cluster failed", exc_info=error)
        self.faults.append(f"{type(error).__name__}: {error}")

    def _persist(self) -> None:
        """Bring to disk what changed; that the disk is full is one fault, until there is room again."""
        try:
            self.cluster.persist()
        except OSError as error:
            if not self._unkept:
                self._note(error)
                self._unkept = self.faults[-1]
            return
        if self._unkept:
            self.faults.remove(self._unkept)
            self._unkept = ""
            LOG.info("what changed is on disk again")

    def _flush(self) -> None:
        with self._noting():
            self._persist()
        outbox, self._outbox = self._outbox, []
        for send in outbox:
            with self._noting():
                send()

    @contextlib.contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001 (reported; the cluster must live on)
            self._note(error)
