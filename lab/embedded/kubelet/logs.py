"""Sending the log of a container: what `kubectl logs` asks for, cut and stamped.

Follows `pkg/kubelet/kuberuntime/logs` (ReadLogs): `tail` counts lines from the end, `since` cuts by time,
`limitBytes` bounds what is sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.embedded.objects.times import format_nano_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.embedded.api.interface import LogRequest
    from lab.embedded.runtime.interface import LogBuffer, LogLine


class ContainerLog:
    """One log being sent (implements `api.interface.LogStream`)."""

    def __init__(self, buffer: LogBuffer | None, request: LogRequest, now: float, *, running: bool) -> None:
        self._buffer = buffer
        self._request = request
        self._now = now
        self._running = running
        self._left = request.limit_bytes
        self._unsubscribe: Callable[[], None] | None = None
        self._on_data: Callable[[bytes], None] = lambda _: None
        self._on_end: Callable[[], None] = lambda: None

    def start(self, on_data: Callable[[bytes], None], on_end: Callable[[], None]) -> None:
        """Send what there is, then follow if asked to and the container still runs."""
        self._on_data, self._on_end = on_data, on_end
        chunk = b"".join(self._format(line) for line in self._selected())
        if chunk:
            self._send(chunk)
        if self._buffer is None or not (self._request.follow and self._running) or self._left == 0:
            on_end()
            return
        self._unsubscribe = self._buffer.follow(self._line)

    def stop(self) -> None:
        """The client has gone."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None

    def _line(self, line: LogLine | None) -> None:
        if line is not None:
            self._send(self._format(line))
        if line is None or self._left == 0:
            self.stop()
            self._on_end()

    def _send(self, data: bytes) -> None:
        if self._left is not None:
            data = data[: self._left]
            self._left -= len(data)
        if data:
            self._on_data(data)

    def _selected(self) -> list[LogLine]:
        request = self._request
        lines = list(self._buffer.lines()) if self._buffer is not None else []
        since = request.since_time
        if request.since_seconds is not None:
            since = self._now - request.since_seconds
        if since is not None:
            lines = [line for line in lines if line.at >= since]
        if request.tail is not None:
            lines = lines[-request.tail :] if request.tail else []
        return lines

    def _format(self, line: LogLine) -> bytes:
        text = line.data if line.partial else line.data + b"\n"
        return f"{format_nano_time(line.at)} ".encode() + text if self._request.timestamps else text
