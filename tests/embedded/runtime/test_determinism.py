"""The riskiest part, kept: fifty byte-identical runs of what could go astray, on idle and busy cores."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from lab.embedded.clock.agenda import Agenda
from lab.embedded.runtime.interface import ContainerConfig, ExitStatus, HttpCall
from tests.embedded.runtime.harness import House

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.embedded.runtime.containers import SimulatedContainer

HEALTHY = "touch /tmp/healthy; sleep 30; rm -f /tmp/healthy; sleep 600"
TRAPPED = "trap 'echo bye; kill $!; exit 0' TERM; echo up; while :; do sleep 5 & wait $!; done"
SPINNING = "while :; do :; done"
CRASHING = "mkdir -p /www; echo start $(date +%s); sleep 1; echo FATAL >&2; exit 1"
SERVING = "mkdir /www; (sleep 20; echo ok > /www/ready) & exec httpd -f -p 8080 -h /www"
BACKOFF = (0, 10, 20, 40, 80, 160)
END = 311.0


class Driver:
    """Just enough of a kubelet: restarts with back-off, probes by exec, writes down all that happens."""

    def __init__(self) -> None:
        self.house = House(Agenda(), seed=7)
        self.trace: list[str] = []

    def note(self, text: str) -> None:
        self.trace.append(f"{self.house.agenda.now():.6f} {text}")

    def run_container(self, name: str, script: str, restarts: int = 0) -> SimulatedContainer:
        container = self.house.pod.create(
            ContainerConfig(name, "busybox:1.36", ["sh", "-c", script], None, {})
        )
        container.logs.follow(lambda line: self.note(f"{name} log {line}"))

        def ended(status: ExitStatus) -> None:
            self.note(f"{name} ended {status} after {restarts} restarts")
            if name == "crashing" and restarts < len(BACKOFF):
                self.house.agenda.call_after(
                    BACKOFF[restarts], lambda: self.again(name, script, restarts + 1)
                )

        container.start(ended)
        return container

    def again(self, name: str, script: str, restarts: int) -> None:
        self.note(f"{name} restarts")
        self.run_container(name, script, restarts)

    def probe(self, container: SimulatedContainer) -> None:
        container.exec(
            ["test", "-e", "/tmp/healthy"],  # noqa: S108 (a file of the simulation)
            on_output=lambda stream, data: self.note(f"probe {stream} {data!r}"),
            on_exit=lambda status: self.note(f"probe {status.code}"),
        )
        self.house.agenda.call_after(5, lambda: self.probe(container))

    def ask(self) -> None:
        call = HttpCall("GET", "/ready")
        self.house.runtime.http(
            self.house.pod.ip, 8080, call, 1.0, lambda got: self.note(f"http {got.status} {got.error}")
        )
        self.house.agenda.call_after(7, self.ask)

    def look_inside(self, container: SimulatedContainer) -> None:
        container.exec(
            ["sh", "-c", "ps; ls /; echo $((6*7)); sleep 3; hostname -i"],
            on_output=lambda stream, data: self.note(f"exec {stream} {data!r}"),
            on_exit=lambda status: self.note(f"exec ended {status}"),
        )

    def run(self) -> str:
        healthy = self.run_container("healthy", HEALTHY)
        trapped = self.run_container("trapped", TRAPPED)
        self.run_container("spinning", SPINNING)
        self.run_container("crashing", CRASHING)
        self.run_container("serving", SERVING)
        agenda = self.house.agenda
        agenda.call_at(5, lambda: self.probe(healthy))
        agenda.call_at(1, self.ask)
        agenda.call_at(42.5, lambda: self.look_inside(trapped))
        agenda.call_at(60.25, lambda: trapped.signal(15))
        agenda.advance(END)
        return "\n".join(self.trace)


@pytest.fixture(scope="module")
def first_run() -> str:
    return Driver().run()


def digests(count: int) -> list[str]:
    return [hashlib.sha256(Driver().run().encode()).hexdigest() for _ in range(count)]


@pytest.fixture
def busy_cores() -> Iterator[None]:
    burners = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    try:
        yield
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()


def test_forty_runs_are_byte_identical_on_idle_cores(first_run: str) -> None:
    assert set(digests(40)) == {hashlib.sha256(first_run.encode()).hexdigest()}


@pytest.mark.usefixtures("busy_cores")
def test_ten_more_are_byte_identical_on_busy_cores(first_run: str) -> None:
    assert set(digests(10)) == {hashlib.sha256(first_run.encode()).hexdigest()}


def test_the_probe_sees_what_the_main_process_writes(first_run: str) -> None:
    probes = [line.split() for line in first_run.splitlines() if " probe " in line]
    assert [code for at, _, code in probes if float(at) < 30] == ["0"] * 5
    assert {code for at, _, code in probes if float(at) > 30} == {"1"}


def test_the_trap_runs_at_the_signal_not_at_the_end_of_the_sleep(first_run: str) -> None:
    ended = [line for line in first_run.splitlines() if "trapped ended" in line]
    assert ended == [
        "60.250000 trapped ended ExitStatus(code=0, signal=None, oom_killed=False) after 0 restarts"
    ]
    assert "60.250000 trapped log LogLine(at=60.25, stream='stdout', data=b'bye', partial=False)" in first_run


def test_the_crash_loop_restarts_on_the_second(first_run: str) -> None:
    restarts = [
        float(line.split()[0]) for line in first_run.splitlines() if line.endswith("crashing restarts")
    ]
    assert restarts == [1, 12, 33, 74, 155]


def test_the_spinning_neighbour_is_bounded_by_commands() -> None:
    house = House()
    container, ran = house.start(["sh", "-c", SPINNING])
    callbacks = house.agenda.advance(310)
    assert ran.code is None
    assert callbacks * 20 < 50_000
    container.signal(9)
    house.agenda.settle()
    assert ran.code == 137


def test_a_long_loop_that_does_something_costs_about_a_second_of_cluster_time() -> None:
    house = House()
    _, ran = house.start(["sh", "-c", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"])
    house.agenda.advance(60)
    assert ran.at == pytest.approx(0.4, abs=0.05)
