"""Runs one container in cluster time and tells what it did."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lab.embedded.clock.agenda import Agenda
from lab.embedded.runtime.interface import ContainerConfig, ExitStatus, HttpAnswer, HttpCall
from lab.embedded.runtime.simulated import SimulatedRuntime

if TYPE_CHECKING:
    from lab.embedded.runtime.containers import SimulatedContainer
    from lab.embedded.runtime.sandboxes import Sandbox


@dataclass
class Ran:
    """What one container did."""

    out: str = ""
    err: str = ""
    code: int | None = None
    at: float | None = None
    status: ExitStatus | None = None


@dataclass
class House:
    """A runtime on an agenda of its own, with one pod."""

    agenda: Agenda = field(default_factory=Agenda)
    seed: int = 1

    def __post_init__(self) -> None:
        self.runtime = SimulatedRuntime(self.agenda, random.Random(self.seed))  # noqa: S311 (a simulation that has to repeat itself)
        self.pod: Sandbox = self.runtime.create_sandbox("node-1", "default", "web-1", "uid-1")

    def start(
        self,
        argv: list[str] | None,
        *,
        image: str = "busybox:1.36",
        args: list[str] | None = None,
        env: dict[str, str] | None = None,
        **options: object,
    ) -> tuple[SimulatedContainer, Ran]:
        """Start a container, of busybox unless `image` says otherwise."""
        config = ContainerConfig("app", image, argv, args, env or {}, **options)  # type: ignore[arg-type]
        container = self.pod.create(config)
        ran = Ran()

        def ended(status: ExitStatus) -> None:
            ran.status, ran.code, ran.at = status, status.code, self.agenda.now()

        container.start(ended)
        return container, ran

    def ask(
        self, path: str, *, port: int = 80, timeout: float = 1.0, headers: list[tuple[str, str]] | None = None
    ) -> HttpAnswer:
        """An HTTP request from the node; exactly `timeout` seconds pass."""
        answers: list[HttpAnswer] = []
        call = HttpCall("GET", path, headers or [])
        self.runtime.http(self.pod.ip, port, call, timeout, answers.append)
        self.agenda.advance(timeout)
        return answers[0]

    def exec(
        self,
        container: SimulatedContainer,
        argv: list[str],
        seconds: float = 0.0,
        typed: bytes = b"",
        *,
        tty: bool = False,
    ) -> Ran:
        """Run a command in a container, and let time pass."""
        ran = Ran()

        def output(stream: str, data: bytes) -> None:
            text = data.decode("utf-8", "surrogateescape")
            if stream == "stdout":
                ran.out += text
            else:
                ran.err += text

        def ended(status: ExitStatus) -> None:
            ran.status, ran.code, ran.at = status, status.code, self.agenda.now()

        session = container.exec(argv, on_output=output, on_exit=ended, stdin=bool(typed), tty=tty)
        self.agenda.settle()
        if typed:
            session.write_stdin(typed)
            if not tty:
                session.close_stdin()
        self.agenda.advance(seconds)
        return ran


def log_of(container: SimulatedContainer, stream: str | None = None) -> list[str]:
    """The lines a container wrote, to one stream or to both."""
    return [each.data.decode() for each in container.logs.lines() if stream in (None, each.stream)]


def run_shell(script: str, seconds: float = 60.0) -> Ran:
    """Run `sh -c SCRIPT` beside a sleeping PID 1, as an exec does; stdin is empty."""
    house = House()
    container, _ = house.start(["sleep", "100000"])
    return house.exec(container, ["sh", "-c", script], seconds)
