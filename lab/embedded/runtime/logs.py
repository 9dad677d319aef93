"""A container's log: lines with their times, rotated by size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.embedded.runtime.interface import LogLine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lab.embedded.clock.agenda import Agenda

SIZE_LIMIT = 10 * 1024 * 1024
"""Bytes of a log file (the kubelet's `containerLogMaxSize`): a bigger one is rotated away, and `kubectl logs`
shows only the file that was begun then."""
OVERHEAD = 41
"""Bytes a line costs besides its text: time, stream and tag, as the runtime writes them to the file."""
PART = 16 * 1024
"""Bytes after which the runtime cuts a line into parts, as containerd does."""


class Log:
    """The log of one container instance."""

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda
        self._lines: list[LogLine] = []
        self._partial: dict[str, bytes] = {"stdout": b"", "stderr": b""}
        self._followers: dict[int, Callable[[LogLine | None], None]] = {}
        self._next = 0
        self._size = 0
        self._ended = False

    def lines(self) -> Sequence[LogLine]:
        """See `LogBuffer`."""
        return tuple(self._lines)

    @property
    def size(self) -> int:
        """Bytes kept."""
        return self._size

    def follow(self, callback: Callable[[LogLine | None], None]) -> Callable[[], None]:
        """See `LogBuffer`."""
        key, self._next = self._next, self._next + 1
        if self._ended:
            self._agenda.call_soon(lambda: callback(None))
        else:
            self._followers[key] = callback
        return lambda: self._followers.pop(key, None) and None

    def write(self, stream: str, data: bytes) -> None:
        """The container wrote something."""
        if self._ended:
            return
        *whole, rest = (self._partial[stream] + data).split(b"\n")
        for line in whole:
            self._add(stream, line, partial=False)
        while len(rest) >= PART:
            self._add(stream, rest[:PART], partial=True)
            rest = rest[PART:]
        self._partial[stream] = rest

    def end(self) -> None:
        """The container ended; what stands without a line end is a line too."""
        for stream, rest in self._partial.items():
            if rest:
                self._add(stream, rest, partial=True)
        self._ended = True
        for callback in list(self._followers.values()):
            callback(None)
        self._followers.clear()

    def _add(self, stream: str, data: bytes, *, partial: bool) -> None:
        line = LogLine(self._agenda.now(), stream, data, partial)
        self._size += len(data) + OVERHEAD
        if self._size > SIZE_LIMIT:
            self._lines.clear()
            self._size = len(data) + OVERHEAD
        self._lines.append(line)
        for callback in list(self._followers.values()):
            callback(line)
