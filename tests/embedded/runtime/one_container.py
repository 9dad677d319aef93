"""One container with the lab's Python in it, and a node beside it that asks: for tests of images."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING

from lab.embedded.clock.agenda import Agenda
from lab.embedded.runtime import http
from lab.embedded.runtime.interface import ExitStatus, HttpAnswer, HttpCall, LocalImage
from lab.embedded.runtime.kernel import Kernel
from lab.embedded.runtime.labimages import PythonImages, container_image
from lab.embedded.runtime.labimages_logic import shipped_images
from lab.embedded.runtime.mounting import Mounts
from lab.embedded.runtime.network import Host, Network
from lab.embedded.runtime.programs import ProgramTable
from lab.embedded.runtime.streams import NullStream, OutputStream, Stream
from lab.embedded.runtime.tasks import Task

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lab.embedded.runtime.process import Process

IMAGES = Path(__file__).parents[3] / "images"
ADDRESS = "10.244.0.5"
NODE = "10.244.0.1"


class OneContainer:
    """A container of an image directory, in cluster time that only `advance` and `ask` move."""

    def __init__(
        self,
        image: str,
        env: Mapping[str, str] | None = None,
        *,
        edited: Mapping[str, bytes] | None = None,
        argv: Sequence[str] = (),
        memory_limit: int | None = None,
        required: bool = False,
        isolated: bool = False,
    ) -> None:
        directory = IMAGES / image
        files = {path.name: path.read_bytes() for path in directory.iterdir() if path.is_file()}
        made = container_image(LocalImage(f"podlab/{image}:1", "sha256:0", {**files, **(edited or {})}))
        self.agenda = Agenda()
        self.network = Network(self.agenda, None)
        self.host = Host(ADDRESS, "web-1")
        self.node = Host(NODE, "node")
        self.network.add(self.host)
        self.network.add(self.node)
        programs = ProgramTable()
        python = PythonImages(self.network, shipped_images(IMAGES), isolated=isolated, required=required)
        for name, program in python.programs().items():
            programs.register(name, program)
        self.kernel = Kernel(
            self.agenda,
            random.Random(1),  # noqa: S311 (a simulation that has to repeat itself)
            Mounts(made.tree(), self.agenda.now),
            self.network,
            self.host,
            programs.get,
            memory_limit=memory_limit,
        )
        self.exited: ExitStatus | None = None
        self.kernel.on_exit = self._ended
        self.out = bytearray()
        self.err = bytearray()
        self._programs = programs
        self._env = {**made.env, **(env or {})}
        self.first = self._spawn(None, list(argv or made.cmd), self.out, self.err)
        self.agenda.settle()

    def _ended(self, status: ExitStatus) -> None:
        self.exited = status

    def _spawn(self, parent: Process | None, argv: list[str], out: bytearray, err: bytearray) -> Process:
        program = self._programs.get("ask" if argv[0] == "ask" else "python")
        assert program is not None
        fds: dict[int, Stream] = {0: NullStream(), 1: OutputStream(out.extend), 2: OutputStream(err.extend)}
        return self.kernel.spawn(parent, argv, program, env=self._env, fds=fds, uid=10001, cwd="/app")

    @property
    def log(self) -> list[str]:
        """Standard output, line by line."""
        return self.out.decode().splitlines()

    @property
    def errors(self) -> list[str]:
        """Standard error, line by line."""
        return self.err.decode().splitlines()

    def advance(self, seconds: float) -> None:
        """Let cluster time pass."""
        self.agenda.advance(seconds)

    def ask(self, path: str, *, port: int = 8080, method: str = "GET", timeout: float = 1.0) -> HttpAnswer:
        """Ask from the node; exactly `timeout` seconds pass."""
        answers: list[HttpAnswer] = []
        steps = http.fetch(self.network, self.node, ADDRESS, port, HttpCall(method, path), timeout)
        Task(self.agenda, steps, lambda answer, _error: answers.append(answer)).start()
        self.agenda.advance(timeout)
        return answers[0]

    def fault(self, path: str) -> HttpAnswer:
        """Inject a fault."""
        return self.ask(path, port=9099, method="POST")

    def run(self, *argv: str, seconds: float = 2.0) -> tuple[int | None, str, str]:
        """Run something beside the first process; its code (None: still running) and what it wrote."""
        out, err = bytearray(), bytearray()
        process = self._spawn(None, list(argv), out, err)
        self.agenda.advance(seconds)
        code = process.status.code if process.status else None
        return code, out.decode(), err.decode()

    def terminate(self) -> None:
        """SIGTERM from the node."""
        self.kernel.signal(self.first, 15, outside=True)
        self.agenda.settle()

    def close(self) -> None:
        """End whatever still runs."""
        self.kernel.signal(self.first, 9, outside=True)
        self.agenda.settle()
