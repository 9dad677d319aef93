"""`podlab cluster serve`: an embedded cluster in the foreground, until SIGTERM or SIGINT."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

from lab.errors import NotAbleError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


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
    the cluster is gone when this returns. To be called on the main thread, since it minds signals.

    Raises:
        UsageError: a senseless rate, number of nodes or port.
        NotAbleError: the port is taken, or a file cannot be written.
    """
    if rate < 0 or nodes < 1 or not 0 <= port <= 65535:
        raise UsageError(
            f"rate {rate:g}, {nodes} nodes, port {port}: that is no cluster",
            remedy="a rate is 0 or more, nodes are 1 or more, ports are 0 to 65535",
        )
    from lab.embedded.cluster import Cluster, PortTaken, serve
    from lab.providers.embedded.daemon import open_cluster

    stop = threading.Event()
    before = {
        number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        try:
            cluster = open_cluster(state_dir, seed, nodes) if state_dir is not None else Cluster(seed, nodes)
            served = serve(cluster, rate=rate, port=port)
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
                raise NotAbleError(
                    f"the kubeconfig cannot be written: {error}", where=str(kubeconfig)
                ) from error
            progress(f"serving on {served.url}; KUBECONFIG={kubeconfig}; Ctrl-C ends it")
            stop.wait()
        finally:
            served.close()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
