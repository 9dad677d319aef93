"""The provider: the embedded cluster as the lab's own background process, behind the seam of `base`."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from lab.errors import NotAbleError
from lab.providers.base import Status
from lab.providers.embedded import launch
from lab.providers.embedded.client import Connection, EmbeddedClock, bring_image
from lab.providers.embedded.record import Places

if TYPE_CHECKING:
    from pathlib import Path

    from lab.providers.base import ImageSource, Progress
    from lab.settings import Settings

_SHOWN: tuple[str, ...] = ("rate", "now", "began", "nodes", "objects", "resourceVersion")
CAPABILITIES = frozenset({"clock", "image-builds", "network-policies"})
"""What the embedded cluster can do beyond the common ground, in this version."""


class EmbeddedProvider:
    """The embedded cluster in a background process; implements `base.Provider`."""

    name = "embedded"
    capabilities = CAPABILITIES

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._places = Places.of(settings)

    def status(self) -> Status:
        """Look, and change nothing."""
        found = launch.look(self._places)
        facts = found.facts or {}
        shown = {key: str(facts[key]) for key in _SHOWN if key in facts}
        if found.state == "running" and found.record is not None:
            shown |= {
                "server": f"https://127.0.0.1:{found.record.port}",
                "kubeconfig": str(self._places.kubeconfig),
            }
        remedy = "" if found.state == "running" else "podlab cluster up --provider embedded"
        detail = found.detail
        if facts.get("degraded"):
            faults = "; ".join(dict.fromkeys(map(str, facts.get("faults", ()))))
            detail += f"; degraded: {faults}"
            remedy = f"podlab cluster down, then podlab cluster up; the log tells more: {self._places.log}"
            if os.strerror(errno.ENOSPC) in faults:
                remedy = "make room on the disk: while there is none, what changes in the cluster is not kept"
        return Status(self.name, found.state, detail, remedy, str(facts.get("version", "")), shown)

    def up(self, progress: Progress) -> None:
        """Make sure the background process runs; idempotent.

        Raises:
            NotAbleError: it cannot be started.
        """
        launch.ensure_running(self._places, self._options(), progress)

    def down(self, progress: Progress) -> None:
        """Stop the background process and remove its objects.

        Raises:
            NotAbleError: it cannot be stopped.
        """
        launch.stop(self._places, progress)
        launch.remove(self._places)

    def kubeconfig(self) -> Path:
        """The kubeconfig of the running cluster.

        Raises:
            NotAbleError: it is not up.
        """
        found = launch.look(self._places)
        if found.state != "running":
            raise NotAbleError(
                f"the embedded cluster is not up: {found.detail}",
                remedy="podlab cluster up --provider embedded",
            )
        return self._places.kubeconfig

    def load_image(self, source: ImageSource, progress: Progress) -> None:
        """Bring the directory's files in as an image.

        Raises:
            NotAbleError: they cannot be read.
            ObservationLost: the cluster does not answer.
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

    def _options(self) -> tuple[str, ...]:
        idle = self._settings.environment.get("PODLAB_EMBEDDED_IDLE", "")
        return ("--idle", idle) if idle else ()
