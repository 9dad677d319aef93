"""`podlab cluster serve`: an embedded cluster in the foreground, until SIGTERM or SIGINT.

The kubeconfig appears once the cluster answers: one that an earlier run left is taken away first, and what is
no kubeconfig of an embedded cluster is never written over.
"""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

from lab.errors import ContentError, NotAbleError, UsageError, disk_remedy

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


FASTEST = 1_000_000
"""The largest rate; more is what advancing is for."""


LOOPBACK = "127.0.0.1"


def serve_foreground(
    kubeconfig: Path,
    rate: float = 1.0,
    seed: int = 0,
    nodes: int = 1,
    state_dir: Path | None = None,
    port: int = 0,
    progress: Callable[[str], None] = lambda _line: None,
) -> None:
    """Serve until SIGTERM or SIGINT. The kubeconfig (mode 0600) is written once the cluster answers.

    `rate`: 0 stands still, 1 is real time, N is N times faster. `port` 0: any free one. Without a `state_dir`
    the cluster is gone when this returns; the kubeconfig stays and leads nowhere. To be called on the main
    thread, since it minds signals.

    Raises:
        UsageError: a senseless rate, number of nodes or port, or the kubeconfig's file holds something else.
        NotAbleError: the port is taken, or a file cannot be written.
    """
    if not 0 <= rate <= FASTEST or nodes < 1 or not 0 <= port <= 65535:  # also what is not a number
        raise UsageError(
            f"rate {rate:g}, {nodes} nodes, port {port}: that is no cluster",
            remedy=f"a rate is 0 to {FASTEST}, nodes are 1 or more, ports are 0 to 65535",
        )
    _clear_the_way(kubeconfig)
    from lab.embedded.server import minting

    identity = minting.Minting()
    from lab.embedded.cluster import Cluster, PortTaken, serve, tune_heap
    from lab.providers.embedded.daemon import open_cluster

    tune_heap()
    stop = threading.Event()
    before = {
        number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        try:
            cluster = open_cluster(state_dir, seed, nodes) if state_dir is not None else Cluster(seed, nodes)
            served = serve(cluster, rate=rate, port=port, identity=identity())
        except PortTaken as error:
            raise NotAbleError(
                str(error.strerror), remedy="choose another with --port, or leave it out"
            ) from error
        except OSError as error:
            raise NotAbleError(
                f"the cluster's state cannot be kept: {error}", where=str(state_dir)
            ) from error
        served.driver.on_shut_down = stop.set
        try:
            try:
                served.write_kubeconfig(kubeconfig)
            except OSError as error:
                raise _unwritable(kubeconfig, error) from error
            progress(f"serving on {served.url}; KUBECONFIG={kubeconfig}; Ctrl-C ends it")
            progress(f"images it plays: {', '.join(_images())}; any other cannot be pulled there")
            stop.wait()
            progress(f"stopped; the cluster is gone, and {kubeconfig} leads nowhere now")
        finally:
            served.close()
    finally:
        identity.drop()
        for number, handler in before.items():
            signal.signal(number, handler)


def _images() -> list[str]:
    """The images that are modelled, as one writes them in a manifest."""
    from lab.embedded.runtime.wellknown.table import PLACES

    return sorted(place.removeprefix("docker.io/").removeprefix("library/") for place in PLACES)


def _clear_the_way(kubeconfig: Path) -> None:
    """Take away what an earlier run left there; an empty file is nobody's loss either.

    Raises:
        UsageError: the file is somebody's.
        NotAbleError: it cannot be looked at or removed.
    """
    try:
        if not kubeconfig.exists():
            return
        from lab.providers.embedded.client import Connection

        if not kubeconfig.is_file():
            raise _foreign(kubeconfig)
        if kubeconfig.stat().st_size and Connection.from_kubeconfig(kubeconfig).host != LOOPBACK:
            raise _foreign(kubeconfig)
        kubeconfig.unlink()
    except ContentError as error:
        raise _foreign(kubeconfig) from error
    except OSError as error:
        raise _unwritable(kubeconfig, error) from error


def _foreign(kubeconfig: Path) -> UsageError:
    return UsageError(
        "this file holds something else than an embedded cluster's kubeconfig; it is not written over",
        where=str(kubeconfig),
        remedy="name another file, which need not exist",
    )


def _unwritable(kubeconfig: Path, error: OSError) -> NotAbleError:
    return NotAbleError(
        f"the kubeconfig cannot be written: {error.strerror}",
        where=str(kubeconfig),
        remedy=disk_remedy(error, "name a file in a directory of yours with --kubeconfig FILE"),
    )
