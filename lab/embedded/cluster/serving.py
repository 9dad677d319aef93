"""A cluster behind a socket: the driver's thread, the listener's thread, and a kubeconfig for kubectl."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from lab.embedded.cluster.driver import Driver
from lab.embedded.server.identity_file import Kept
from lab.embedded.server.kubeconfig import kubeconfig_document, write_kubeconfig
from lab.embedded.server.listener import Listener, PortTaken
from lab.embedded.server.tls import Identity, make_identity

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lab.embedded.cluster.composition import Cluster

__all__ = ["PortTaken", "Served", "serve", "serve_as_before"]


class Served(Struct, frozen=True):
    """A cluster that answers on loopback until it is closed."""

    driver: Driver
    listener: Listener
    identity: Identity

    @property
    def url(self) -> str:
        """Where it serves."""
        return self.listener.url

    @property
    def requests(self) -> int:
        """How many requests came so far."""
        return self.listener.last_request

    def kubeconfig(self) -> dict[str, Any]:
        """The kubeconfig as data."""
        return kubeconfig_document(self.url, self.identity.authority, self.identity.token)

    def write_kubeconfig(self, path: Path) -> None:
        """Write the kubeconfig, for the owner only, at once whole.

        Raises:
            OSError: it cannot be written there.
        """
        write_kubeconfig(path, self.kubeconfig())

    def close(self) -> None:
        """Stop serving, then the cluster; what is to be kept is on disk when this returns."""
        self.listener.close()
        self.driver.stop()


def serve(cluster: Cluster, *, rate: float = 1.0, port: int = 0, identity: Identity | None = None) -> Served:
    """Serve a cluster on loopback; returns when it answers. Port 0: any free one; `identity` None: a new one.

    Raises:
        PortTaken: another process listens on that port.
    """
    driver = Driver(cluster, rate)
    proven = identity or make_identity()
    listener = Listener(driver, proven, port)
    driver.start()
    listener.start()
    return Served(driver, listener, proven)


def serve_as_before(
    cluster: Cluster, path: Path, *, rate: float = 1.0, make: Callable[[], Identity] = make_identity
) -> Served:
    """Serve with the identity, and if it is free on the port, that `path` keeps from the last time.

    Where nothing is kept, `make` makes the identity.

    Raises:
        OSError: the identity cannot be kept.
    """
    kept = Kept.read(path, make)
    try:
        served = serve(cluster, rate=rate, port=kept.port, identity=kept.identity)
    except PortTaken:
        served = serve(cluster, rate=rate, identity=kept.identity)
    try:
        Kept(kept.identity, served.listener.port).write(path)
    except OSError:
        served.close()
        raise
    return served
