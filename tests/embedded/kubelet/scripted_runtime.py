# ruff: noqa: ARG002, ARG005 (a stand-in takes what the Protocol gives)
"""A container runtime whose programs are told what to do: for tests of the kubelet alone.

A program is the container's command: `["run"]` runs for ever and ignores SIGTERM, `["run", "obedient"]` ends
with 143 on SIGTERM, `["exit", CODE, SECONDS]` ends by itself, `["missing"]` cannot be started.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.runtime.interface import (
    Container,
    ContainerConfig,
    ExecSession,
    ExitStatus,
    HealthAnswer,
    HttpAnswer,
    HttpCall,
    LocalImage,
    LogBuffer,
    LogLine,
    NodeImage,
    PodSandbox,
    PullResult,
    StartFailed,
)
from lab.embedded.runtime.users import User

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lab.embedded.clock.agenda import Agenda, Timer


class Log:
    def __init__(self) -> None:
        self.written: list[LogLine] = []

    def lines(self) -> Sequence[LogLine]:
        return self.written

    def follow(self, callback: Callable[[LogLine | None], None]) -> Callable[[], None]:
        return lambda: None


class ScriptedContainer:
    def __init__(self, runtime: ScriptedRuntime, config: ContainerConfig, number: int) -> None:
        self.id = f"{number:064x}"
        self.stop_signal = 15
        self.user = User(0)
        self.log = Log()
        self.logs: LogBuffer = self.log
        self.config = config
        self._runtime = runtime
        self._on_exit: Callable[[ExitStatus], None] | None = None
        self._timer: Timer | None = None

    def start(self, on_exit: Callable[[ExitStatus], None]) -> None:
        argv = list(self.config.command or ["run"])
        if argv[0] == "missing":
            raise StartFailed('exec: "missing": not found')
        self._on_exit = on_exit
        self.log.written.append(LogLine(self._runtime.agenda.now(), "stdout", b"started"))
        if argv[0] == "exit":
            delay = float(argv[2]) if len(argv) > 2 else 0.0
            self._timer = self._runtime.agenda.call_after(delay, lambda: self._end(int(argv[1])))

    def _end(self, code: int, signal: int | None = None) -> None:
        on_exit, self._on_exit = self._on_exit, None
        if on_exit is not None:
            on_exit(ExitStatus(code, signal))

    def signal(self, number: int) -> None:
        obedient = "obedient" in (self.config.command or ())
        if number == 9 or obedient:
            self._runtime.agenda.call_soon(lambda: self._end(128 + number, number))

    def exec(
        self,
        argv: Sequence[str],
        *,
        on_output: Callable[[str, bytes], None],
        on_exit: Callable[[ExitStatus], None],
        stdin: bool = False,
        tty: bool = False,
    ) -> ExecSession:
        code = self._runtime.exec_answer(self._runtime.agenda.now(), argv)
        self._runtime.agenda.call_soon(lambda: on_exit(ExitStatus(code)))
        return Session()

    def attach(
        self,
        *,
        on_output: Callable[[str, bytes], None],
        on_exit: Callable[[ExitStatus], None],
        stdin: bool = False,
        tty: bool = False,
    ) -> ExecSession:
        return Session()

    def memory_usage(self) -> int:
        return 0

    def cpu_used(self, begin: float) -> float:
        del begin
        return 0.0

    def disk_usage(self) -> int:
        return 0

    def read_file(self, path: str) -> bytes | None:
        return None


class Session:
    def write_stdin(self, data: bytes) -> None: ...
    def close_stdin(self) -> None: ...
    def resize(self, columns: int, rows: int) -> None: ...
    def kill(self) -> None: ...


class ScriptedSandbox:
    over = False

    def __init__(self, runtime: ScriptedRuntime, ip: str, hostname: str) -> None:
        self.ip = ip
        self.hostname = hostname
        self._runtime = runtime

    def create(self, config: ContainerConfig) -> Container:
        self._runtime.containers.append(
            made := ScriptedContainer(self._runtime, config, len(self._runtime.containers))
        )
        return made

    def forward(self, port: int, on_data: Callable[[bytes], None], on_end: Callable[[], None]) -> str:
        return "connection refused"

    def stop(self) -> None: ...


class ScriptedRuntime:
    """See the module."""

    def __init__(self, agenda: Agenda) -> None:
        self.agenda = agenda
        self.containers: list[ScriptedContainer] = []
        self.http_answer: Callable[[float, HttpCall], HttpAnswer] = lambda now, call: HttpAnswer(200)
        self.exec_answer: Callable[[float, Sequence[str]], int] = lambda now, argv: 0
        self.tcp_answer: Callable[[float], str | None] = lambda now: None
        self.grpc_answer: Callable[[float, str], HealthAnswer] = lambda now, service: HealthAnswer(
            "answered", "SERVING"
        )
        self.absent: set[str] = set()
        self._addresses = 1

    def image_present(self, node: str, image: str) -> bool:
        return image not in self.absent

    def node_images(self, node: str) -> Sequence[NodeImage]:
        return []

    def image_id(self, image: str) -> str:
        return f"sha256:{image}"

    def image_user(self, image: str) -> int:
        return 0

    def pull(
        self, node: str, image: str, secrets: Sequence[Mapping[str, Any]], done: Callable[[PullResult], None]
    ) -> None:
        error = "not found" if image in self.absent else None
        self.agenda.call_after(0.5, lambda: done(PullResult(image, error, 0.5, 1000)))

    def add_image(self, image: LocalImage) -> None: ...

    def create_sandbox(
        self,
        node: str,
        namespace: str,
        pod: str,
        uid: str,
        domain: str = "",
        *,
        share_processes: bool = False,
        names: object = None,
    ) -> PodSandbox:
        self._addresses += 1
        return ScriptedSandbox(self, f"10.244.0.{self._addresses}", pod)

    def http(
        self, address: str, port: int, request: HttpCall, timeout: float, done: Callable[[HttpAnswer], None]
    ) -> None:
        answer = self.http_answer(self.agenda.now(), request)
        self.agenda.call_soon(lambda: done(answer))

    def tcp(self, address: str, port: int, timeout: float, done: Callable[[str | None], None]) -> None:
        answer = self.tcp_answer(self.agenda.now())
        self.agenda.call_soon(lambda: done(answer))

    def grpc(
        self, address: str, port: int, service: str, timeout: float, done: Callable[[HealthAnswer], None]
    ) -> None:
        answer = self.grpc_answer(self.agenda.now(), service)
        self.agenda.call_soon(lambda: done(answer))
