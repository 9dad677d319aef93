"""`Cluster`: agenda, store, API machinery, runtime, kubelets, controllers and routes, wired together.

In-process it is driven by its caller: `settle`, `advance`, `request`, and exceptions of its parts come up to
the caller. A `Driver` drives it on a thread of its own. Either way a run is a function of the seed and of the
calls made.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any

from lab.embedded.api.served import KINDS
from lab.embedded.api.verbs import ApiMachinery
from lab.embedded.clock.agenda import EPOCH, Agenda
from lab.embedded.cluster.beginning import create_beginning
from lab.embedded.cluster.journal import Journal, Saved, SavedImage
from lab.embedded.cluster.parts import build_parts
from lab.embedded.runtime.interface import LocalImage
from lab.embedded.server.context import Control, ServerContext
from lab.embedded.server.openapi import openapi_documents
from lab.embedded.server.routes import Routes
from lab.embedded.server.timeshift import Shift
from lab.embedded.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from lab.embedded.server.messages import AnyAnswer, Request


class Cluster:
    """One embedded cluster, on the thread of whoever calls it."""

    def __init__(
        self,
        seed: int = 0,
        nodes: int = 1,
        *,
        saved: Saved | None = None,
        host_now: Callable[[], float] = time.time,
        isolation_required: bool = False,
    ) -> None:
        """A new cluster, booted and settled; or, from `saved`, the old one after a reboot of its nodes.

        `host_now` gives the host's time, seconds since the Unix epoch, for the shift on the wire only.
        """
        self.seed, self.nodes = (saved.seed, saved.nodes) if saved else (seed, nodes)
        self.agenda = Agenda(saved.now if saved else 0.0)
        self.store = Store()
        record, now = self.agenda.record, self.agenda.now
        self.store.on_change(lambda change: record.changed(change.revision, now()))
        self.images: dict[str, SavedImage] = dict(saved.images) if saved else {}
        self._journal: Journal | None = None
        self._rate = 0.0
        if saved is not None:
            self.store.load(saved.items(), saved.revision)
        # After a reboot the names and UIDs must not repeat those that were given before it.
        source = random.Random(f"{self.seed}/{saved.revision if saved else 0}")  # noqa: S311 (not for secrets)
        self.api = ApiMachinery(self.store, self.agenda, source, KINDS)
        if saved is None:
            create_beginning(self.api)
        self.parts = build_parts(
            self.agenda,
            self.api,
            self.seed,
            self.nodes,
            rebooted=saved is not None,
            isolation_required=isolation_required,
        )
        for image in self.images.values():
            self._load(image)
        context = ServerContext(
            self.agenda,
            self.api,
            self.parts.agent,
            self,
            Shift(host_now, lambda: EPOCH + self.agenda.now()),
            openapi_documents(KINDS),
        )
        self._on_fault: Callable[[BaseException], None] = _raise
        self.routes = Routes(context, self._fault)
        self.parts.start()
        self.settle()

    @classmethod
    def open(cls, directory: Path, saved: Saved | None, seed: int = 0, nodes: int = 1) -> Cluster:
        """A cluster that keeps its objects in a state directory, going on from what was saved there.

        Raises:
            OSError: the directory cannot be written.
        """
        cluster = cls(seed, nodes, saved=saved)
        cluster.keep_in(Journal(directory, saved))
        return cluster

    def _fault(self, error: BaseException) -> None:
        self._on_fault(error)

    # In-process use

    def now(self) -> float:
        """Cluster time, seconds since the Unix epoch."""
        return EPOCH + self.agenda.now()

    def settle(self) -> None:
        """Let everything happen that is due now."""
        self.agenda.settle()

    def request(self, request: Request) -> AnyAnswer:
        """Answer a request without a socket, once the cluster has settled.

        Raises:
            TimeoutError: the answer waits for cluster time to pass (a proxied request to a slow program).
        """
        answers: list[AnyAnswer] = []
        self.settle()
        self.routes.handle(request, answers.append)
        self.settle()
        if not answers:
            raise TimeoutError(f"{request.method} {request.path} waits for cluster time to pass")
        return answers[0]

    # Control (when no driver has taken it)

    @property
    def rate(self) -> float:
        """Always 0 without a driver: time stands still between calls."""
        return self._rate

    def set_rate(self, rate: float) -> None:
        """Only a driver can keep a pace."""
        self._rate = rate

    def advance(self, seconds: float) -> None:
        """Let cluster time pass, settling at every instant on the way."""
        self.agenda.advance(seconds)

    def add_image(
        self, reference: str, digest: str, labels: Mapping[str, str], files: Mapping[str, bytes]
    ) -> None:
        """Put an image onto all nodes, and keep it."""
        image = SavedImage(reference, digest, dict(labels), dict(files))
        self.images[reference] = image
        if self._journal is not None:
            self._journal.record_image(image)
        self._load(image)
        for kubelet in self.parts.kubelets:
            kubelet.image_added()

    def facts(self) -> Mapping[str, Any]:
        """What `/podlab/status` tells of the cluster."""
        return {
            "seed": self.seed,
            "nodes": self.nodes,
            "objects": sum(1 for _ in self.store.items()),
            "images": sorted(self.images),
            "degraded": False,
        }

    def shut_down(self) -> None:
        """Nothing to end in-process."""

    def take_control(self, control: Control, on_fault: Callable[[BaseException], None]) -> None:
        """A driver takes over: it answers for the clock, and is told of faults instead of the caller."""
        self.routes.context.control = control
        self._on_fault = on_fault

    # Persistence

    def keep_in(self, journal: Journal) -> None:
        """Keep every change from now on in a journal, beginning with all there is."""
        self._journal = journal
        journal.rewrite(self._saved())
        self.store.on_change(journal.record)

    def persist(self) -> None:
        """Bring to disk what changed since the last time.

        Raises:
            OSError: the medium is full or gone.
        """
        if self._journal is None:
            return
        self._journal.commit(self.agenda.now())
        if self._journal.wants_rewrite:
            self._journal.rewrite(self._saved())

    def close(self) -> None:
        """Bring to disk what is left; the cluster is not to be used any more."""
        if self._journal is not None:
            self._journal.close(self.agenda.now())
            self._journal = None
        self.parts.close()

    def _saved(self) -> Saved:
        objects = {(resource, namespace, name): obj for resource, namespace, name, obj in self.store.items()}
        return Saved(objects, self.images, self.store.revision, self.agenda.now(), self.seed, self.nodes)

    def _load(self, image: SavedImage) -> None:
        self.parts.runtime.add_image(LocalImage(image.reference, image.digest, image.files, image.labels))


def _raise(error: BaseException) -> None:
    raise error
