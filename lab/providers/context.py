"""`context:NAME`: a cluster of the user's own, touched only because it was named.

It is never created, changed or deleted. The lab reads that one context out of the user's kubeconfig into a
file of its own, works in namespaces it made and labelled, and `down` removes those and nothing else.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from lab.errors import LabError, NotAbleError
from lab.providers import kubeconfigs
from lab.providers.base import Status
from lab.providers.bringing import Brought
from lab.providers.command import Command
from lab.providers.namespaces import remove_owned, server_version
from lab.providers.realclock import RealClock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lab.providers.base import Build, ClusterClock, ImageSource, Progress
    from lab.settings import Settings

PREFIX = "context:"


class ContextProvider:
    """The cluster behind one context of the user's kubeconfig."""

    def __init__(self, context: str, settings: Settings, build: Build, cancelled: Callable[[], bool]) -> None:
        self.name = f"{PREFIX}{context}"
        self.capabilities = frozenset(
            {"grpc-probes"} | ({"image-builds"} if settings.image_loader else set())
        )
        self._context = context
        self._settings = settings
        self._build = build
        self._cancelled = cancelled
        self._brought = Brought()

    def status(self) -> Status:
        """See `Provider.status`."""
        try:
            source = kubeconfigs.select(self._settings.kubeconfigs, self._context)
        except LabError as error:
            return Status(self.name, "unable", detail=error.what, remedy=error.remedy)
        address = kubeconfigs.server(source)
        try:
            version = server_version(self.kubeconfig(), timeout=2.0)
        except LabError as error:
            return Status(
                self.name, "stopped", detail=error.what, remedy=self._remedy(), facts={"server": address}
            )
        return Status(self.name, "running", server_version=version, facts={"server": address})

    def up(self, progress: Progress) -> None:
        """See `Provider.up`: only looks whether the cluster answers."""
        version = server_version(self.kubeconfig())
        progress(f"the cluster of the context {self._context} answers (Kubernetes {version})")

    def down(self, progress: Progress) -> None:
        """See `Provider.down`: removes the lab's namespaces, by label, and nothing else."""
        removed = remove_owned(self.kubeconfig(), progress)
        if not removed:
            progress("the lab has no namespaces there")

    def kubeconfig(self) -> Path:
        """See `Provider.kubeconfig`; taken anew from the user's each time, which may have changed."""
        safe = "".join(letter if letter.isalnum() or letter in "-." else "_" for letter in self._context)
        path = self._settings.kubeconfig_directory / f"context-{safe}.yaml"
        kubeconfigs.write(path, kubeconfigs.select(self._settings.kubeconfigs, self._context))
        return path

    def load_image(self, source: ImageSource, progress: Progress) -> None:
        """See `Provider.load_image`: built by Docker, brought in by what PODLAB_IMAGE_LOADER says."""
        if not self._settings.image_loader:
            raise NotAbleError(
                f"the lab does not know how to bring the image {source.reference} into {self.name}",
                remedy="set PODLAB_IMAGE_LOADER to a command that does; {image} in it becomes the tag, "
                "such as PODLAB_IMAGE_LOADER='minikube image load {image}'",
            )
        with self._brought.turn(source) as needed:
            if needed:
                self._bring(source, progress)

    def _bring(self, source: ImageSource, progress: Progress) -> None:
        self._build(source, progress)
        progress(f"loading {source.reference} by {self._settings.image_loader}")
        # The name manifests use comes last: where this is cut short, the look at the nodes still says so.
        for name in reversed(source.names):
            Command(loader_argv(self._settings.image_loader, name)).run(
                on_line=progress,
                cancelled=self._cancelled,
                remedy="see that PODLAB_IMAGE_LOADER is a command that brings an image into this cluster",
            )

    def clock(self) -> ClusterClock:
        """See `Provider.clock`."""
        return RealClock()

    def _remedy(self) -> str:
        return f"see whether it answers: kubectl --context {shlex.quote(self._context)} get nodes"


def loader_argv(loader: str, reference: str) -> list[str]:
    """The command line of an image loader: `{image}` replaced, or the reference appended."""
    parts = shlex.split(loader)
    if any("{image}" in part for part in parts):
        return [part.replace("{image}", reference) for part in parts]
    return [*parts, reference]
