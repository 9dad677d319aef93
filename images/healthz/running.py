"""Carries an image's effects out for real: threads, sockets, signals, memory.

Every piece of work runs in a thread of its own. Invariant: the logic itself takes its steps under one lock,
and no effect is carried out under it; so the logic needs no locks, and work that hangs hangs alone.

This file is the same in every image of the lab.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from effects import (
    Allocate,
    Block,
    Changed,
    Close,
    Connect,
    Exit,
    Listen,
    Log,
    Process,
    ReadFile,
    Request,
    Sleep,
    Spawn,
    Start,
    Steps,
)
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

T = TypeVar("T")
WsgiApp = Callable[..., Any]


class _Quiet(WSGIRequestHandler):
    """The logic logs its requests itself."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 (werkzeug's name for it)
        """Write nothing."""


class Running:
    """One process of an image, on the real operating system."""

    def __init__(self, start: Start, wsgi: Callable[[Running, str], WsgiApp]) -> None:
        """`wsgi` makes the web application of a listener; it hands requests to `answer`."""
        self.process: Process = start(dict(os.environ), time.monotonic)
        self._wsgi = wsgi
        self._step = threading.Lock()
        self._changed = threading.Condition()
        self._changes = 0
        self._held: list[bytearray] = []
        self._servers: dict[str, BaseWSGIServer] = {}
        self._sockets: dict[str, socket.socket] = {}

    def main(self) -> None:
        """Boot and stay until the process ends itself or is ended."""
        signal.signal(signal.SIGTERM, lambda *_: self._beside(self.process.terminate()))
        signal.signal(signal.SIGINT, lambda *_: os._exit(130))
        self._beside(self.process.boot())
        while True:  # signal handlers run in this thread, which therefore does nothing else
            signal.pause()

    def answer(self, request: Request) -> Any:
        """The logic's answer to a request; blocks as long as it does."""
        return self.carry_out(self.process.handle(request))

    def carry_out(self, work: Steps[T]) -> T:
        """Run a piece of work to its end, in this thread."""
        result: Any = None
        while True:
            seen = self._changes
            try:
                with self._step:
                    effect = work.send(result)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]  # a generator's value is untyped
            result = self._do(effect, seen)

    def leave(self, code: int) -> None:
        """End the process now, from any thread."""
        sys.stdout.flush()
        os._exit(code)

    def _do(self, effect: Any, seen: int) -> Any:
        match effect:
            case Block():
                with self._changed:
                    self._changed.wait_for(lambda: self._changes != seen)
            case Log(text, stream):
                print(text, file=sys.stderr if stream == "stderr" else sys.stdout, flush=True)
            case Sleep(seconds):
                time.sleep(seconds)
            case Changed():
                with self._changed:
                    self._changes += 1
                    self._changed.notify_all()
            case Connect(host, port, timeout):
                return dial(host, port, timeout)
            case ReadFile(path):
                return read(path)
            case Allocate(count):
                self._held.append(bytearray(b"\x01") * count)
            case Listen():
                return self._listen(effect)
            case Close(listener):
                self._close(listener)
            case Spawn(work):
                self._beside(work)
            case Exit(code):
                self.leave(code)
            case _:
                raise TypeError(f"unknown effect {effect!r}")
        return None

    def _beside(self, work: Steps[None]) -> None:
        threading.Thread(target=self.carry_out, args=(work,), daemon=True).start()

    def _listen(self, listen: Listen) -> str | None:
        # Bound here and not by werkzeug, which would end the process with its own words on a port in use.
        bound = socket.socket(socket.AF_INET6 if ":" in listen.host else socket.AF_INET)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((listen.host, listen.port))
            bound.listen(128)
        except OSError as error:
            bound.close()
            return f"cannot listen on {listen.host}:{listen.port}: {(error.strerror or str(error)).lower()}"
        if listen.peer:
            self._sockets[listen.listener] = bound
            threading.Thread(target=_accept_and_close, args=(bound,), daemon=True).start()
            return None
        app = self._wsgi(self, listen.listener)
        server = make_server(
            listen.host, listen.port, app, threaded=True, request_handler=_Quiet, fd=bound.fileno()
        )
        bound.close()  # werkzeug has made a duplicate
        self._servers[listen.listener] = server
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return None

    def _close(self, listener: str) -> None:
        if server := self._servers.pop(listener, None):
            server.shutdown()
            server.socket.close()  # not server_close(): that would wait for requests in flight
        if bound := self._sockets.pop(listener, None):
            with contextlib.suppress(OSError):
                bound.shutdown(socket.SHUT_RDWR)  # wakes the accepting thread, which close() alone does not
            bound.close()


def _accept_and_close(bound: socket.socket) -> None:
    with contextlib.suppress(OSError):  # closed: the end of it
        while True:
            connection, _ = bound.accept()
            connection.close()


def dial(host: str, port: int, timeout: float) -> str | None:
    """Connect and close; None, or the error in words."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError:
        return f"dial tcp: lookup {host}: no such host"
    address = found[4]
    numeric, service = socket.getnameinfo(address, socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)
    place = f"{numeric}:{service}"
    try:
        with socket.socket(found[0], found[1]) as connection:
            connection.settimeout(timeout)
            connection.connect(address)
    except TimeoutError:
        return f"dial tcp {place}: i/o timeout"
    except OSError as error:
        return f"dial tcp {place}: connect: {(error.strerror or str(error)).lower()}"
    return None


def read(path: str) -> tuple[str | None, str]:
    """A file's text; or None and the error in words."""
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace"), ""
    except FileNotFoundError:
        return None, "no such file"
    except OSError as error:
        return None, (error.strerror or str(error)).lower()


__all__ = ["Running", "dial", "read"]
