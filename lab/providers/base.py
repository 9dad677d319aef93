"""The seam to clusters: what every provider offers, and nothing that only one of them could.

Everything else (apply, observe, judge) goes through the kubeconfig and is the same for all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from pathlib import Path

Progress = Callable[[str], None]
"""Called with a line of narration whenever something noteworthy happens in a long operation."""


@dataclass(frozen=True)
class Status:
    """What is known of a provider's cluster right now, without changing anything."""

    provider: str
    state: str
    """`running`, `stopped`, `absent` (never created), `stale` (to be replaced) or `unable` (its tool is
    missing)."""
    detail: str = ""
    remedy: str = ""
    server_version: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ImageSource:
    """An image to build and bring into the cluster: a directory with a Dockerfile, and the tag it gets."""

    reference: str
    directory: Path
    build_args: Mapping[str, str] = field(default_factory=dict)
    also: tuple[str, ...] = ()
    """Further names it gets on the nodes: one made of the content tells what they have."""
    content: str = ""
    """Digest of the directory's files; empty: not known, so that it may always be another."""

    @property
    def names(self) -> tuple[str, ...]:
        """All its names; the one manifests use is the first."""
        return (self.reference, *self.also)


Build = Callable[[ImageSource, Progress], None]
"""Builds an image on the host's engine; given to providers whose clusters run real images.

Raises:
    lab.errors.NotAbleError: no engine, or a failing build (failing step and output).
"""


class ClusterClock(Protocol):
    """The cluster's time, and how to let some of it pass."""

    def now(self) -> float:
        """Cluster time, seconds since the Unix epoch.

        Raises:
            lab.errors.ObservationLost: the cluster does not answer.
        """

    def wait(self, seconds: float) -> None:
        """Return after `seconds` of cluster time, settled. Embedded: advances; elsewhere: waits.

        Raises:
            lab.errors.ObservationLost: the cluster does not answer.
        """

    @property
    def skips(self) -> bool:
        """Whether waiting costs (almost) no host time."""


@runtime_checkable
class RatedClock(ClusterClock, Protocol):
    """A clock that can be made to run at another rate than the host's."""

    def rate(self) -> float:
        """Cluster seconds that pass in a host second; 0: the clock stands still.

        Raises:
            lab.errors.ObservationLost: the cluster does not answer.
        """

    def set_rate(self, rate: float) -> None:
        """Let time run at this rate from now on.

        Raises:
            lab.errors.ObservationLost: the cluster does not answer.
        """


@runtime_checkable
class SteppedClock(RatedClock, Protocol):
    """A clock that can stop exactly where something happens."""

    def step(self, seconds: float, until: str, namespace: str) -> bool:
        """Let time pass for `seconds`, or until something happens in a namespace; True: it did.

        `until`: `change` (an object changes, or a probe is answered) or `restart` (of a container).

        Raises:
            lab.errors.ObservationLost: the cluster does not answer.
        """


class Provider(Protocol):
    """A cluster the lab can run exercises on."""

    name: str
    """`embedded`, `kind`, `minikube` or `context:NAME`."""

    capabilities: frozenset[str]
    """What the cluster can do beyond the common ground: `grpc-probes`, `network-policies`, `metrics`,
    `several-nodes`, `image-builds`, `clock`."""

    def status(self) -> Status:
        """Look, and change nothing; answers within two seconds."""

    def up(self, progress: Progress) -> None:
        """Make sure the cluster runs; idempotent. A `context:` provider only looks whether it answers.

        Raises:
            lab.errors.NotAbleError: it cannot, with the command that failed and what to do.
        """

    def down(self, progress: Progress) -> None:
        """Stop and remove the lab's own cluster; a `context:` provider removes only the lab's namespaces."""

    def kubeconfig(self) -> Path:
        """A kubeconfig file (mode 0600) whose current context is this cluster.

        Raises:
            lab.errors.NotAbleError: the cluster is not up.
        """

    def load_image(self, source: ImageSource, progress: Progress) -> None:
        """Build the image and bring it into the cluster.

        Raises:
            lab.errors.NotAbleError: no engine, a failing build (failing step and output), a failing load.
        """

    def clock(self) -> ClusterClock:
        """The cluster's clock."""
