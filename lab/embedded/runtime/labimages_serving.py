"""Carries the effects of a lab image's logic out in cluster time: what `running.py` is in a real container.

Every piece of work is a task of its own; all of them belong to one process of the simulated kernel and end
with it. The counterpart for real is `images/*/running.py`; a contract test asks both the same questions.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Generator
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import parse_qsl, unquote, urlsplit

from lab.embedded.clock.agenda import EPOCH
from lab.embedded.runtime import signals
from lab.embedded.runtime.filesystem import FileError
from lab.embedded.runtime.http import HttpRequest, HttpResponse, converse, exchange
from lab.embedded.runtime.interface import HttpCall
from lab.embedded.runtime.network import TIMED_OUT, ConnectFailed, Listener, never
from lab.embedded.runtime.streams import BrokenPipe
from lab.embedded.runtime.tasks import Reason, Syscall, Task, Wait, WaitQueue
from lab.embedded.runtime.wsgi import BASE_MEMORY, UNKNOWN, connect

if TYPE_CHECKING:
    from lab.embedded.runtime.labimages_logic import ShippedImage
    from lab.embedded.runtime.network import Network, Socket
    from lab.embedded.runtime.process import Process

Work: TypeAlias = Generator[Any, Any, Any]
"""A piece of work of an image's logic: yields its effects."""

FILE_PROBLEMS = {"ENOENT": "no such file", "EACCES": "permission denied", "EISDIR": "is a directory"}
ASK_PATIENCE = 5.0
"""Seconds of cluster time `ask` waits for an answer, as `ask.py` does."""


def serve(
    process: Process, network: Network, image: ShippedImage, module: str
) -> Generator[Syscall, Reason, int]:
    """Run an image's logic as a process; the exit code."""
    running = _Running(process, network, image, module)
    try:
        return (yield from running.main())
    finally:
        running.stop()


def ask(process: Process, network: Network, target: str) -> Generator[Syscall, Reason, int]:
    """What `ask.py` does: print the body of an answer; 1 when nobody answers."""
    url = target if "://" in target else f"http://127.0.0.1:{process.env.get('PORT') or '8080'}{target}"
    parts = urlsplit(url)
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    found = network.resolve(host, process.kernel.host)
    if not found:
        yield from process.complain(f"ask: {url}: [Errno -2] Name or service not known")
        return 1
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    until = process.after(ASK_PATIENCE)
    call = HttpCall("GET", path, [("Host", parts.netloc)])
    answer = yield from exchange(network, process.kernel.host, found[0], port, call, until, url)
    if answer.error is not None:
        refused = "connection refused" in answer.error
        why = "[Errno 111] Connection refused" if refused else "timed out"
        yield from process.complain(f"ask: {url}: {why}")
        return 1
    yield from process.write(1, answer.body)
    return 0


class _Ended(Exception):  # noqa: N818 (what happened)
    """The process is over: unwinds the piece of work that ended it, and lets its connection go."""


class _Running:
    """One process of a lab image."""

    def __init__(self, process: Process, network: Network, image: ShippedImage, module: str) -> None:
        self._process = process
        self._network = network
        self._image = image
        self._logic = image.start(module, process.env, process.now)
        self._tasks: set[Task] = set()
        self._listeners: dict[str, Listener] = {}
        self._changed = WaitQueue()
        self._ending = WaitQueue()
        self._code: int | None = None
        self._stopped = False

    def main(self) -> Generator[Syscall, Reason, int]:
        """Boot, and stay until an `Exit`."""
        self._process.handled.add(signals.TERM)
        self._process.set_memory(BASE_MEMORY)
        self._beside(self._carry_out(self._logic.boot()))
        while self._code is None:
            while self._process.pending:
                self._process.pending.pop(0)
                self._beside(self._carry_out(self._logic.terminate()))
            yield from self._process.wait(self._ending)
        return self._code

    def stop(self) -> None:
        """End everything that belongs to the process."""
        self._stopped = True
        for listener in list(self._listeners.values()):
            listener.release()
        self._listeners.clear()
        for task in list(self._tasks):
            if task.running:  # this very task made the process end: it goes no further than its next step
                task.over = True
            else:
                task.cancel()
        self._tasks.clear()

    def _beside(self, work: Generator[Syscall, Reason, Any]) -> None:
        def ended(_result: Any, error: BaseException | None) -> None:
            self._tasks.discard(task)
            if error is not None and not isinstance(error, _Ended | BrokenPipe):
                raise error

        task = Task(self._process.kernel.agenda, work, ended)
        self._tasks.add(task)
        task.start()

    # --- effects ---------------------------------------------------------------------------------------

    def _carry_out(self, work: Work) -> Generator[Syscall, Reason, Any]:
        """Run a piece of work to its end; gives its value."""
        result: Any = None
        while True:
            try:
                effect = work.send(result)
            except StopIteration as end:
                return end.value
            result = yield from self._do(effect)
            if self._stopped:
                raise _Ended

    def _do(self, effect: Any) -> Generator[Syscall, Reason, Any]:  # noqa: C901 (one case an effect)
        process = self._process
        match type(effect).__name__:
            case "Log":
                descriptor = 2 if effect.stream == "stderr" else 1
                yield from process.write(descriptor, f"{effect.text}\n".encode())
            case "Sleep":
                yield from never(process.after(effect.seconds), process.kernel.agenda)
            case "Block":
                yield Wait((self._changed,))
            case "Changed":
                self._changed.notify()
            case "Connect":
                return (yield from self._dial(effect.host, effect.port, effect.timeout))
            case "ReadFile":
                return self._read(effect.path)
            case "Allocate":
                process.set_memory(process.memory + effect.bytes)
            case "Listen":
                return self._listen(effect)
            case "Close":
                if listener := self._listeners.pop(effect.listener, None):
                    listener.release()
            case "Spawn":
                self._beside(self._carry_out(effect.work))
            case "Exit":
                self._code = effect.code
                self._ending.notify()
                self._stopped = True
            case name:
                raise TypeError(f"unknown effect {name}")
        return None

    def _dial(self, host: str, port: int, timeout: float) -> Generator[Syscall, Reason, str | None]:
        try:
            socket = connect(self._network, self._process.kernel.host, host, port)
        except ConnectFailed as failed:
            if failed.reason == UNKNOWN:
                return f"dial tcp: lookup {host}: no such host"
            address = self._network.resolve(host, self._process.kernel.host)[0]
            if failed.reason != TIMED_OUT:
                return f"dial tcp {address}:{port}: connect: {failed.reason}"
            yield from never(self._process.after(timeout), self._process.kernel.agenda)
            return f"dial tcp {address}:{port}: i/o timeout"
        socket.hold()
        socket.release()
        return None

    def _read(self, path: str) -> tuple[str | None, str]:
        try:
            stream = self._process.open(path)
            data = stream.try_read(1024 * 1024) or b""
        except FileError as error:
            return None, FILE_PROBLEMS.get(error.code, str(error).lower())
        return data.decode("utf-8", "replace"), ""

    def _listen(self, listen: Any) -> str | None:
        host = "127.0.0.1" if listen.host == "localhost" else listen.host
        listener = self._process.kernel.host.listen(host, listen.port)
        if listener is None:
            return f"cannot listen on {listen.host}:{listen.port}: address already in use"
        listener.hold()
        self._listeners[listen.listener] = listener
        self._beside(self._accept(listen.listener, listener, peer=listen.peer))
        return None

    # --- connections -----------------------------------------------------------------------------------

    def _accept(self, name: str, listener: Listener, *, peer: bool) -> Generator[Syscall, Reason, None]:
        while self._listeners.get(name) is listener:
            socket = listener.try_accept()
            if socket is None:
                yield Wait((listener.readable,))
            elif peer:
                socket.hold()
                socket.release()
            else:
                self._beside(self._converse(name, socket))

    def _converse(self, name: str, socket: Socket) -> Generator[Syscall, Reason, None]:
        def handler(request: HttpRequest) -> Generator[Syscall, Reason, HttpResponse | None]:
            path, _, text = request.target.partition("?")
            query: dict[str, str] = {}
            for key, value in parse_qsl(text, keep_blank_values=True):
                query.setdefault(key, value)
            asked = self._image.request(name, request.method, "/" + unquote(path).lstrip("/"), query)
            answer = yield from self._carry_out(self._logic.handle(asked))
            return HttpResponse(answer.status, answer.body, self._headers(answer))

        socket.hold()
        try:
            yield from converse(self._process, socket, handler)
        finally:
            socket.release()

    def _headers(self, answer: Any) -> list[tuple[str, str]]:
        now = time.gmtime(EPOCH + self._process.now())
        return [
            ("Server", f"Werkzeug/{version('werkzeug')} Python/{sys.version.split()[0]}"),
            ("Date", time.strftime("%a, %d %b %Y %H:%M:%S GMT", now)),
            ("Content-Type", answer.content_type),
            ("Content-Length", str(len(answer.body))),
            ("Connection", "close"),
        ]
