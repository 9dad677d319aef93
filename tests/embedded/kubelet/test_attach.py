"""Attaching to a container's main process: its output from now on, its input, and who ends what."""

from __future__ import annotations

import random

from lab.embedded.runtime.simulated import SimulatedRuntime
from tests.embedded.small_cluster import SmallCluster, pod


def _cluster(**container: object) -> SmallCluster:
    def runtime(cluster: SmallCluster) -> SimulatedRuntime:
        made = SimulatedRuntime(cluster.agenda, random.Random(1), cluster.controllers.services)  # noqa: S311
        made.images.pulled("podlab", "busybox:1.36")
        return made

    cluster = SmallCluster(runtime)
    script = 'echo early; while read -r line; do echo "<$line>"; done; echo over; exit 3'
    cluster.apply("pods", pod({"command": ["sh", "-c", script], **container}, restartPolicy="Never"))
    cluster.agenda.advance(5)
    return cluster


def test_input_reaches_the_main_process_and_its_end_comes_with_the_clients() -> None:
    cluster, seen, codes = _cluster(stdin=True, stdinOnce=True), bytearray(), list[int]()
    session = cluster.agent.attach(
        "default", "app", None, stdin=True, tty=False,
        on_output=lambda _stream, data: seen.extend(data), on_exit=codes.append,
    )  # fmt: skip
    session.write_stdin(b"hello\n")
    cluster.agenda.settle()
    assert seen == b"<hello>\n"
    session.close_stdin()
    cluster.agenda.advance(1)
    assert seen == b"<hello>\nover\n"
    assert codes == [0]  # the session ended well, however the process did
    assert cluster.pod()["status"]["phase"] == "Failed"


def test_without_stdin_once_the_process_outlives_its_clients() -> None:
    cluster, seen = _cluster(stdin=True), bytearray()
    for word in (b"one", b"two"):
        session = cluster.agent.attach(
            "default", "app", None, stdin=True, tty=False,
            on_output=lambda _stream, data: seen.extend(data), on_exit=lambda _code: None,
        )  # fmt: skip
        session.write_stdin(word + b"\n")
        cluster.agenda.settle()
        session.close_stdin()
        session.kill()
        cluster.agenda.advance(1)
    assert seen == b"<one>\n<two>\n"
    assert cluster.pod()["status"]["phase"] == "Running"


def test_a_container_without_stdin_hears_nothing() -> None:
    cluster = _cluster(command=["sleep", "100"])
    session = cluster.agent.attach(
        "default", "app", None, stdin=True, tty=False, on_output=lambda *_: None, on_exit=lambda _: None
    )
    session.write_stdin(b"hello\n")
    session.kill()
    assert cluster.pod()["status"]["phase"] == "Running"
