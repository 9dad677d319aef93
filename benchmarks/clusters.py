"""From starting a process to a Ready node, what the cluster keeps in memory, and the same in-process.

Beside the embedded cluster stands a real control plane, where commands for one are named:

    PODLAB_BENCH_REAL_UP          starts it and may return before it is ready
    PODLAB_BENCH_REAL_DOWN        ends it
    PODLAB_BENCH_REAL_KUBECONFIG  the kubeconfig it can be reached with

A cluster that answers there already is somebody's: then nothing is started, and nothing ended.
"""

from __future__ import annotations

import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import Figure, Missing, Ratio, seconds
from benchmarks.processes import marked, resident_megabytes
from lab.embedded.cluster import Cluster
from lab.embedded.server.messages import Answer, Request
from lab.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

LIMIT = 60.0
"""Host seconds either cluster may take until its node is ready."""
ROUNDS = 5
"""Starts of the embedded cluster, after one that is not counted; the real one is started once."""
READY_TITLE = "process start to a Ready node"
MEMORY_TITLE = "resident memory with a Ready node"
INSIDE_TITLE = "another cluster in a running process, to a Ready node"
_READY = '{.items[*].status.conditions[?(@.type=="Ready")].status}'


class NotReadyError(Exception):
    """A cluster that did not come up."""


def measure(environment: Mapping[str, str]) -> list[Figure]:
    """Both clusters once each: seconds and megabytes."""
    kubectl = Settings.from_environment(environment).kubectl
    if not kubectl:
        return [Missing(READY_TITLE, "no kubectl: set KUBECTL"), Missing(MEMORY_TITLE, "no kubectl")]
    _embedded(kubectl)
    started = [_embedded(kubectl) for _ in range(ROUNDS)]
    ready = statistics.median(each[0] for each in started)
    memory = statistics.median(each[1] for each in started)
    inside = Ratio(INSIDE_TITLE, _inside(), ready, "a process of its own")
    try:
        real_ready, real_memory = _real(kubectl, environment)
    except NotReadyError as error:
        return [
            Missing(READY_TITLE, str(error), f"{ready:.3g} s"),
            Missing(MEMORY_TITLE, str(error), f"{memory:.3g} MB"),
            inside,
        ]
    name = "a real control plane"
    return [
        Ratio(READY_TITLE, ready, real_ready, name),
        Ratio(MEMORY_TITLE, memory, real_memory, f"{name}, its node and container runtime", "MB"),
        inside,
    ]


def _embedded(kubectl: str) -> tuple[float, float]:
    mark, environment = marked()
    with tempfile.TemporaryDirectory(prefix="podlab-bench-") as directory:
        kubeconfig = Path(directory) / "kubeconfig"
        begun = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "lab", "cluster", "serve", "--kubeconfig", str(kubeconfig)],
            env={**environment, "PODLAB_HOME": directory},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            took = _until_ready(kubectl, kubeconfig, begun)
            return took, resident_megabytes(mark)
        finally:
            process.terminate()
            process.wait(LIMIT)


def _inside() -> float:
    """Host seconds until a cluster that is made here tells of its Ready node; the median of some."""

    def start() -> None:
        cluster = Cluster()
        answer = cluster.request(Request("GET", "/api/v1/nodes"))
        if not isinstance(answer, Answer) or b'"KubeletReady"' not in answer.body:
            raise NotReadyError("the node is not Ready")
        cluster.close()

    start()
    return statistics.median(seconds(start) for _ in range(ROUNDS * 4))


def _real(kubectl: str, environment: Mapping[str, str]) -> tuple[float, float]:
    commands = [environment.get(f"PODLAB_BENCH_REAL_{name}", "") for name in ("UP", "DOWN", "KUBECONFIG")]
    if not all(commands):
        raise NotReadyError("PODLAB_BENCH_REAL_UP, _DOWN and _KUBECONFIG name no real control plane")
    up, down, kubeconfig = commands
    if _is_ready(kubectl, Path(kubeconfig)):
        raise NotReadyError(f"a cluster answers at {kubeconfig} already; it is not ours to restart")
    mark, marked_environment = marked()
    begun = time.perf_counter()
    # A command of its own, in the background: it may wait for more than a Ready node.
    process = subprocess.Popen(
        shlex.split(up), env=marked_environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        took = _until_ready(kubectl, Path(kubeconfig), begun)
        _end(process)
        return took, resident_megabytes(mark)
    finally:
        _end(process)
        subprocess.run(
            shlex.split(down),
            env=os.environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _until_ready(kubectl: str, kubeconfig: Path, begun: float) -> float:
    while time.perf_counter() - begun < LIMIT:
        if kubeconfig.is_file() and _is_ready(kubectl, kubeconfig):
            return time.perf_counter() - begun
        time.sleep(0.01)
    raise NotReadyError(f"no Ready node at {kubeconfig} within {LIMIT:.0f} s")


def _is_ready(kubectl: str, kubeconfig: Path) -> bool:
    query = ["get", "nodes", "-o", f"jsonpath={_READY}"]
    command = [kubectl, "--kubeconfig", str(kubeconfig), "--request-timeout", "5s", *query]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0 and "True" in done.stdout.split()
