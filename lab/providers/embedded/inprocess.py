"""The embedded cluster hosted in this process, its clock standing still: for proving, grading and tests.

Each has an agenda, a store and a loopback socket of its own, so that kubectl and the lab's own client see it
as they see any cluster. Nothing of it outlives `down`.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from lab.errors import NotAbleError
from lab.providers.base import Status
from lab.providers.embedded.client import Connection, EmbeddedClock, bring_image
from lab.providers.embedded.provider import CAPABILITIES

if TYPE_CHECKING:
    from types import TracebackType

    from lab.embedded.cluster import Served
    from lab.providers.base import ImageSource, Progress
    from lab.settings import Settings


def _silent(_line: str) -> None:
    return


class InProcessProvider:
    """An embedded cluster of one's own; implements `base.Provider`, and is a context manager."""

    name = "embedded"
    capabilities = CAPABILITIES

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        seed: int = 0,
        nodes: int = 1,
        rate: float = 0.0,
        isolation_required: bool = False,
    ) -> None:
        """`isolation_required`: edited code runs only where the operating system keeps it in (grading)."""
        del settings  # hosted here, it keeps nothing in the lab's home
        self._isolation_required = isolation_required
        self._seed = seed
        self._nodes = nodes
        self._rate = rate
        self._served: Served | None = None
        self._directory: Path | None = None

    def __enter__(self) -> InProcessProvider:
        self.up(_silent)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.down(_silent)

    @staticmethod
    def lacks_isolation() -> str:
        """Why this machine cannot keep a stranger's code in; empty: it can."""
        from lab.embedded.runtime.wsgi_isolation import isolation_available

        return isolation_available() or ""

    @property
    def faults(self) -> tuple[str, ...]:
        """What went wrong inside the cluster so far (its own errors, not the learner's)."""
        return tuple(self._served.driver.faults) if self._served is not None else ()

    def status(self) -> Status:
        """Look, and change nothing."""
        if self._served is None:
            return Status(self.name, "absent", "not started in this process")
        return Status(self.name, "running", f"in this process, {self._served.url}")

    def up(self, progress: Progress) -> None:
        """Start it; idempotent."""
        if self._served is not None:
            return
        from lab.embedded.cluster import Cluster, serve

        progress("starting an embedded cluster in this process")
        self._directory = Path(tempfile.mkdtemp(prefix="podlab-"))
        self._served = serve(
            Cluster(self._seed, self._nodes, isolation_required=self._isolation_required), rate=self._rate
        )
        self._served.write_kubeconfig(self._directory / "kubeconfig")

    def down(self, progress: Progress) -> None:
        """End it, and remove its kubeconfig."""
        if self._served is None:
            return
        progress("ending the embedded cluster of this process")
        self._served.close()
        self._served = None
        if self._directory is not None:
            shutil.rmtree(self._directory, ignore_errors=True)
            self._directory = None

    def kubeconfig(self) -> Path:
        """The kubeconfig.

        Raises:
            NotAbleError: the cluster is not up.
        """
        if self._served is None or self._directory is None:
            raise NotAbleError("this process hosts no embedded cluster yet", remedy="call up() first")
        return self._directory / "kubeconfig"

    def load_image(self, source: ImageSource, progress: Progress) -> None:
        """Bring the directory's files in as an image.

        Raises:
            NotAbleError: they cannot be read, or the cluster is not up.
        """
        progress(f"bringing {source.reference} into the embedded cluster")
        bring_image(source, self._connection())

    def clock(self) -> EmbeddedClock:
        """The cluster's clock.

        Raises:
            NotAbleError: the cluster is not up.
        """
        return EmbeddedClock(self._connection())

    def _connection(self) -> Connection:
        return Connection.from_kubeconfig(self.kubeconfig())
