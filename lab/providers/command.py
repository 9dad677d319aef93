"""Running other programs: the one seam through which kind and image loaders are reached.

Output is streamed line by line to the caller as it comes. A failure carries the command ready to be pasted
into a shell, and the end of its output. Standard input is closed or given; nothing a program asks can hang
the lab.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from lab.errors import Cancelled, CommandFailed

OnLine = Callable[[str], None]


@dataclass(frozen=True)
class Output:
    """What a program that ended well said."""

    stdout: str
    stderr: str


@dataclass(frozen=True)
class Command:
    """A program and its arguments, to be run with `run`."""

    argv: Sequence[str]
    stdin: str = ""
    """Text given to its standard input."""
    environment: Mapping[str, str] | None = None
    """Its whole environment; None: the lab's own."""
    timeout: float = 600.0
    """Host seconds after which it is stopped."""

    @property
    def pasteable(self) -> str:
        """The command line for a shell, with standard input as a here-document."""
        line = shlex.join(self.argv)
        return f"{line} <<'EOF'\n{self.stdin.rstrip()}\nEOF" if self.stdin else line

    def run(
        self,
        *,
        on_line: OnLine | None = None,
        cancelled: Callable[[], bool] = lambda: False,
        remedy: str = "run the command above yourself to see more",
    ) -> Output:
        """Run it to its end; `on_line` gets every line of standard output and error as it comes.

        Raises:
            CommandFailed: it is not installed, failed, or took longer than `timeout`.
            Cancelled: `cancelled` became true; the program and its children were ended and waited for.
        """
        with self._started(remedy) as process:
            collector = _Collector(process, self.stdin, on_line)
            try:
                ended = _wait(process, self.timeout, cancelled)
            except BaseException:
                _end(process)
                raise
            finally:
                collector.join()
        if ended is _Ended.CANCELLED:
            raise Cancelled("interrupted", remedy=f"this was stopped: {shlex.join(self.argv)}")
        if ended is _Ended.TIMED_OUT:
            raise self._failed(f"it took longer than {self.timeout:g} s", collector, None, remedy)
        if process.returncode:
            raise self._failed(
                f"it failed with exit code {process.returncode}", collector, process.returncode, remedy
            )
        return Output(collector.text("stdout"), collector.text("stderr"))

    def _started(self, remedy: str) -> subprocess.Popen[str]:
        env = dict(os.environ if self.environment is None else self.environment)
        program = shutil.which(self.argv[0], path=env.get("PATH"))
        if program is None:
            raise CommandFailed(
                f"there is no {self.argv[0]} on PATH",
                command=self.pasteable,
                output="",
                returncode=None,
                remedy=INSTALL.get(self.argv[0], remedy),
            )
        try:
            return subprocess.Popen(
                [program, *self.argv[1:]],
                stdin=subprocess.PIPE if self.stdin else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=env,
                text=True,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
            )
        except OSError as error:
            raise CommandFailed(
                f"{self.argv[0]} does not start: {error.strerror}",
                command=self.pasteable,
                output="",
                returncode=None,
                remedy=remedy,
            ) from error

    def _failed(self, what: str, collector: _Collector, code: int | None, remedy: str) -> CommandFailed:
        return CommandFailed(
            f"{self.argv[0]}: {what}",
            command=self.pasteable,
            output=collector.text(),
            returncode=code,
            remedy=remedy,
        )


INSTALL = {
    "kind": "install kind (https://kind.sigs.k8s.io/docs/user/quick-start/#installation), "
    "or use the embedded cluster: --provider embedded",
    "minikube": "install minikube (https://minikube.sigs.k8s.io/docs/start/), "
    "or use the embedded cluster: --provider embedded",
}
"""Where a program the lab needs comes from."""


class _Ended:
    """How waiting for a program ended."""

    EXITED = "exited"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed out"


class _Collector:
    """Reads both outputs of a process on threads of its own, so that neither can block the program."""

    def __init__(self, process: subprocess.Popen[str], stdin: str, on_line: OnLine | None) -> None:
        self._lines: deque[tuple[str, str]] = deque()
        self._on_line = on_line
        self._threads = [
            threading.Thread(target=self._read, args=("stdout", process.stdout), daemon=True),
            threading.Thread(target=self._read, args=("stderr", process.stderr), daemon=True),
            threading.Thread(target=self._write, args=(process.stdin, stdin), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def text(self, *streams: str) -> str:
        """What came on these streams (none named: both, interleaved as it came)."""
        return "".join(line for stream, line in self._lines if not streams or stream in streams)

    def join(self) -> None:
        """Wait until everything was read; a grandchild that keeps the pipe open is not waited for long."""
        for thread in self._threads:
            thread.join(timeout=5)

    def _read(self, name: str, stream: object) -> None:
        for line in stream:  # type: ignore[attr-defined]  # a text pipe
            self._lines.append((name, line))
            if self._on_line is not None and line.strip():
                self._on_line(line.rstrip())

    @staticmethod
    def _write(stream: object, text: str) -> None:
        if stream is None:
            return
        try:
            stream.write(text)  # type: ignore[attr-defined]  # a text pipe
            stream.close()  # type: ignore[attr-defined]
        except BrokenPipeError:
            return  # the program did not want its input; its exit code says whether that matters


def _wait(process: subprocess.Popen[str], timeout: float, cancelled: Callable[[], bool]) -> str:
    """Wait in short steps, so that a cancellation is seen within a tenth of a second."""
    remaining = timeout
    while True:
        try:
            process.wait(timeout=0.1)
        except subprocess.TimeoutExpired:
            remaining -= 0.1
        else:
            return _Ended.EXITED
        if cancelled():
            _end(process)
            return _Ended.CANCELLED
        if remaining <= 0:
            _end(process)
            return _Ended.TIMED_OUT


def _end(process: subprocess.Popen[str]) -> None:
    """End the program and its children: politely, then not."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            return
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            continue
        return
