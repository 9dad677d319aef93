"""kind: Kubernetes in Docker, by way of its command-line program.

The lab's cluster is called `podlab`; no other kind cluster is ever touched. Its node image is pinned to the
Kubernetes version the embedded cluster emulates, and node port 30007, which the exercises use, is mapped to
the loopback interface of the host. The kubeconfig is a file of the lab's own: the user's is never written.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import filelock

from lab.errors import CommandFailed, LabError, NotAbleError
from lab.providers.base import Status
from lab.providers.bringing import Brought
from lab.providers.command import Command, Output
from lab.providers.namespaces import server_version
from lab.providers.realclock import RealClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lab.providers.base import Build, ClusterClock, ImageSource, Progress
    from lab.settings import Settings

CLUSTER = "podlab"
NODE_IMAGE = "kindest/node:v1.36.1@sha256:3489c7674813ba5d8b1a9977baea8a6e553784dab7b84759d1014dbd78f7ebd5"
"""The default node image of kind v0.32.0."""

CONFIG = """\
kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
nodes:
- role: control-plane
  extraPortMappings:
  - containerPort: 30007
    hostPort: 30007
    listenAddress: "127.0.0.1"
"""

WAIT = "180s"
"""How long `kind create cluster` waits for the node to be ready."""


class KindProvider:
    """The cluster `podlab` made by kind."""

    name = "kind"
    capabilities = frozenset({"grpc-probes", "image-builds", "network-policies"})

    def __init__(self, settings: Settings, build: Build, cancelled: Callable[[], bool]) -> None:
        self._settings = settings
        self._build = build
        self._cancelled = cancelled
        self._brought = Brought()

    def status(self) -> Status:
        """See `Provider.status`; asks `kind get clusters`, which asks Docker."""
        try:
            exists = self._exists(timeout=2.0)
        except CommandFailed as error:
            return Status("kind", "unable", detail=error.what, remedy=error.remedy)
        if not exists:
            return Status("kind", "absent", remedy="podlab cluster up --provider kind")
        version = self._version()
        if not version:
            return Status(
                "kind",
                "stopped",
                detail="the cluster exists, but does not answer",
                remedy="podlab cluster up --provider kind",
            )
        return Status("kind", "running", server_version=version)

    def up(self, progress: Progress) -> None:
        """See `Provider.up`: creates the cluster, or takes up one that is there."""
        with self._alone():
            self._up(progress)

    def _up(self, progress: Progress) -> None:
        if self._exists():
            progress(f"the kind cluster {CLUSTER} is there")
            self._export_kubeconfig()
            if not self._version():
                raise NotAbleError(
                    f"the kind cluster {CLUSTER} exists, but its API server does not answer",
                    where=str(self._kubeconfig_path()),
                    remedy=f"start its node: docker start {CLUSTER}-control-plane; or make it anew: "
                    "podlab cluster down --provider kind && podlab cluster up --provider kind",
                )
            return
        progress(
            f"creating the kind cluster {CLUSTER} (a minute or two; the first time it pulls the node image)"
        )
        try:
            self._kind(
                "create", "cluster", "--name", CLUSTER, "--image", NODE_IMAGE, "--config", "-",
                "--kubeconfig", str(self._prepared_kubeconfig()), "--wait", WAIT,
                stdin=CONFIG, on_line=progress, remedy=_CREATE_REMEDY,
            )  # fmt: skip
        except BaseException:
            # kind removes its nodes when it fails by itself; an interrupted one leaves them
            self._remove_half_made(progress)
            raise
        self._kubeconfig_path().chmod(0o600)

    def down(self, progress: Progress) -> None:
        """See `Provider.down`."""
        with self._alone():
            self._brought.forget()
            self._down(progress)

    def _down(self, progress: Progress) -> None:
        if not self._exists():
            progress(f"there is no kind cluster {CLUSTER}")
            return
        self._kind(
            "delete",
            "cluster",
            "--name",
            CLUSTER,
            "--kubeconfig",
            str(self._prepared_kubeconfig()),
            on_line=progress,
        )
        self._kubeconfig_path().unlink(missing_ok=True)

    def kubeconfig(self) -> Path:
        """See `Provider.kubeconfig`."""
        if not self._kubeconfig_path().is_file():
            if not self._exists():
                raise NotAbleError(
                    f"there is no kind cluster {CLUSTER}", remedy="podlab cluster up --provider kind"
                )
            self._export_kubeconfig()
        return self._kubeconfig_path()

    def load_image(self, source: ImageSource, progress: Progress) -> None:
        """See `Provider.load_image`: built by Docker, brought in by `kind load`."""
        with self._brought.turn(source) as needed:
            if needed:
                self._build(source, progress)
                progress(f"loading {source.reference} into the kind cluster")
                self._kind("load", "docker-image", *source.names, "--name", CLUSTER, on_line=progress)

    def clock(self) -> ClusterClock:
        """See `Provider.clock`."""
        return RealClock()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep two labs from making or removing the cluster at once: one that fails removes its nodes."""
        lock = filelock.FileLock(self._prepared_kubeconfig().with_suffix(".lock"), timeout=1.0)
        try:
            lock.acquire()
        except filelock.Timeout as error:
            raise NotAbleError(
                f"another podlab is making or removing the kind cluster {CLUSTER} right now",
                remedy="wait until it is done, then try again",
            ) from error
        try:
            yield
        finally:
            lock.release()

    def _exists(self, *, timeout: float = 60.0) -> bool:
        return CLUSTER in self._kind("get", "clusters", timeout=timeout).stdout.split()

    def _version(self) -> str:
        """The version its API server answers with; empty: it does not answer."""
        try:
            return server_version(self.kubeconfig(), timeout=2.0)
        except LabError:
            return ""

    def _export_kubeconfig(self) -> None:
        path = self._prepared_kubeconfig()
        self._kind("export", "kubeconfig", "--name", CLUSTER, "--kubeconfig", str(path))
        path.chmod(0o600)

    def _remove_half_made(self, progress: Progress) -> None:
        self._kubeconfig_path().unlink(missing_ok=True)
        command = self._command(
            "delete", "cluster", "--name", CLUSTER, "--kubeconfig", str(self._prepared_kubeconfig())
        )
        try:
            command.run()
        except CommandFailed as error:
            progress(f"the half-made cluster could not be removed: {error.what}")

    def _kind(
        self,
        *arguments: str,
        stdin: str = "",
        on_line: Progress | None = None,
        timeout: float = 900.0,
        remedy: str = "",
    ) -> Output:
        return self._command(*arguments, stdin=stdin, timeout=timeout).run(
            on_line=on_line, cancelled=self._cancelled, remedy=remedy or _REMEDY
        )

    def _command(self, *arguments: str, stdin: str = "", timeout: float = 900.0) -> Command:
        return Command(
            ["kind", *arguments],
            stdin=stdin,
            environment=self._settings.environment or None,
            timeout=timeout,
        )

    def _kubeconfig_path(self) -> Path:
        return self._settings.kubeconfig_directory / "kind.yaml"

    def _prepared_kubeconfig(self) -> Path:
        path = self._kubeconfig_path()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path


_CREATE_REMEDY = (
    f"see that Docker runs (docker info) and that it can pull the node image (docker pull {NODE_IMAGE}), "
    "or use the embedded cluster: --provider embedded"
)
_REMEDY = "see that Docker runs (docker info), or use the embedded cluster: --provider embedded"
