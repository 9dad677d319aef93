"""nginx' logs: access lines by their format, error lines with the connection and the request."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

from lab.embedded.clock.agenda import EPOCH
from lab.embedded.runtime.daemons.serving import utc
from lab.embedded.runtime.filesystem import FileError

if TYPE_CHECKING:
    from lab.embedded.runtime.daemons.nginx.configuration import Configuration, Scope
    from lab.embedded.runtime.daemons.nginx.variables import Exchange
    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.tasks import Reason, Syscall

Work = Generator["Syscall", "Reason", None]


def append(process: Process, path: str, text: str) -> Work:
    """Write a line to a log file (or `stderr`); what cannot be written is lost, as a full disk loses it."""
    if path == "off":
        return
    try:
        if path == "stderr":
            yield from process.complain(text)
            return
        process.install(5, process.open(path, write=True, append=True))
        yield from process.write(5, f"{text}\n".encode("utf-8", "surrogateescape"))
    except FileError:
        return


def stamped(process: Process, level: str, text: str, pid: int | None = None) -> str:
    """An error log line; `pid`: of the worker, where it is not the process' own."""
    number = process.pid if pid is None else pid
    at = utc(process)
    return f"{at:%Y/%m/%d %H:%M:%S} [{level}] {number}#{number}: {text}"


class Logs:
    """The logs of one worker."""

    def __init__(self, process: Process, configuration: Configuration, worker: Callable[[], int]) -> None:
        self._process, self._configuration, self._worker = process, configuration, worker

    def access(self, scope: Scope, exchange: Exchange) -> Work:
        """A request was answered."""
        if scope.access_log is not None:
            path, name = scope.access_log
            yield from append(self._process, path, exchange.expand(self._configuration.formats[name]))

    def error(self, scope: Scope, exchange: Exchange, text: str, upstream: str = "") -> Work:
        """Something went wrong with a request."""
        parts = [f"*{exchange.number} {text}", f"client: {exchange.request.client}",
                 f"server: {exchange.server_name}",
                 f'request: "{exchange.line}"']  # fmt: skip
        if upstream:
            parts.append(f'upstream: "{upstream}"')
        if host := exchange.header("host"):
            parts.append(f'host: "{host}"')
        yield from append(
            self._process, scope.error_log, stamped(self._process, "error", ", ".join(parts), self._worker())
        )

    def date(self, at: float | None = None) -> str:
        """A time (cluster seconds; None: now) as HTTP writes it."""
        seconds = EPOCH + (at if at is not None else self._process.now())
        return f"{dt.datetime.fromtimestamp(seconds, dt.UTC):%a, %d %b %Y %H:%M:%S} GMT"
