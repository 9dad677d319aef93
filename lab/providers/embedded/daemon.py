"""The background process: one embedded cluster, until it is told to stop or nobody has asked for long.

`python -m lab.providers.embedded.daemon DIRECTORY …` is started by `launch`, detached; its log is its only
output. It holds a lock while it lives, so that two starters cannot make two clusters of one state.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from lab.providers.embedded.record import Places, Record, code_version, forget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.embedded.cluster import Cluster, Served

LOG = logging.getLogger("podlab.embedded")
IDLE_SECONDS = 30 * 60.0
"""Host seconds without a request and without a watch after which the process ends."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGTERM, SIGINT, a request to shut down, or idling. Returns the exit code."""
    options = _options(arguments)
    places = Places(options.directory)
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    from filelock import FileLock, Timeout

    alive = FileLock(places.alive)
    try:
        alive.acquire(timeout=0)
    except Timeout:
        LOG.warning("another process serves %s already", places.directory)
        return 3
    with alive:
        return _serve(places, options)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m lab.providers.embedded.daemon")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--rate", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--nodes", type=int, default=1)
    parser.add_argument("--idle", type=float, default=IDLE_SECONDS)
    return parser.parse_args(arguments)


def _serve(places: Places, options: argparse.Namespace) -> int:
    from lab.embedded.server import minting, tls

    make = tls.make_identity if places.identity.exists() else minting.Minting()
    from lab.embedded.cluster import serve_as_before, tune_heap

    tune_heap()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    cluster = open_cluster(places.state, options.seed, options.nodes)
    served = serve_as_before(cluster, places.identity, rate=options.rate, make=make)
    served.driver.on_shut_down = stop.set
    try:
        served.write_kubeconfig(places.kubeconfig)
        version = code_version()
        Record(os.getpid(), served.listener.port, version, str(places.kubeconfig)).write(places.record)
        LOG.info("serving on %s, process %d, version %s", served.url, os.getpid(), version)
        _wait(served, stop, options.idle, places)
    finally:
        forget(places.record, os.getpid())
        served.close()
    LOG.info("stopped")
    return 0


def _wait(served: Served, stop: threading.Event, idle: float, places: Places) -> None:
    """Until told to stop, or nothing was asked for `idle` seconds, or the state was taken away."""
    step = max(0.05, min(30.0, idle / 4))
    quiet, seen = 0.0, -1
    while not stop.wait(step):
        watched = bool(served.driver.cluster.routes.context.watches)
        quiet = 0.0 if served.requests != seen or watched else quiet + step
        seen = served.requests
        if quiet >= idle:
            LOG.info("nobody has asked for %g s", idle)
            return
        if not places.record.exists():
            LOG.info("the record is gone: this process is no longer wanted")
            return


def open_cluster(state: Path, seed: int, nodes: int) -> Cluster:
    """The cluster kept in a state directory; an unusable state is set aside, and a new cluster begins."""
    from lab.embedded.cluster import Cluster, JournalError, read_journal, set_aside

    try:
        saved = read_journal(state)
    except JournalError as error:
        LOG.warning("%s; it is kept as %s, and the cluster begins anew", error, set_aside(state))
        saved = None
    if saved is not None:
        LOG.info("going on from %d saved objects at revision %d", len(saved.objects), saved.revision)
    return Cluster.open(state, saved, seed, nodes)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())
