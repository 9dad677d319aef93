"""Named pipes: nodes that join whoever opens them for writing with whoever opens them for reading.

Opening never waits here, but the first read or write does, until there is somebody at the other end; that
comes to the same for programs that open in order to read or write.
"""

from __future__ import annotations

from msgspec import field

from lab.embedded.runtime.filesystem import Device
from lab.embedded.runtime.streams import PIPE_SIZE, BrokenPipe, Stream


class Fifo(Device, eq=False):
    """A named pipe."""

    mode: int = 0o644
    kind: str = "fifo"
    buffer: bytearray = field(default_factory=bytearray)
    ends: list[FifoEnd] = field(default_factory=list)
    written: bool = False
    """Whether somebody has written or come to write since the pipe was last empty and left alone."""

    def open(self, *, write: bool) -> FifoEnd:
        """One more end."""
        end = FifoEnd(self, write=write)
        self.ends.append(end)
        self.written = self.written or write
        self.notify()
        return end

    def held(self, *, write: bool) -> bool:
        """Whether somebody holds an end of this kind."""
        return any(each.write is write for each in self.ends)

    def notify(self) -> None:
        """Something changed: whoever waits looks again."""
        for each in list(self.ends):
            each.readable.notify()
            each.writable.notify()


class FifoEnd(Stream):
    """An open end of a named pipe."""

    def __init__(self, fifo: Fifo, *, write: bool) -> None:
        super().__init__()
        self._fifo, self.write = fifo, write
        self._met = False

    def try_read(self, count: int) -> bytes | None:
        """See `Stream`."""
        fifo = self._fifo
        if fifo.buffer:
            chunk = bytes(fifo.buffer[:count])
            del fifo.buffer[:count]
            fifo.notify()
            return chunk
        if fifo.held(write=True):
            return None
        return b"" if fifo.written else None

    def try_write(self, data: bytes) -> int:
        """See `Stream`."""
        fifo = self._fifo
        if not fifo.held(write=False):
            if self._met:
                raise BrokenPipe
            return 0
        self._met = True
        room = PIPE_SIZE - len(fifo.buffer)
        fifo.buffer += data[:room]
        if room:
            fifo.notify()
        return min(room, len(data))

    def closed(self) -> None:
        """See `Stream`."""
        self._fifo.ends.remove(self)
        if not self._fifo.ends:
            self._fifo.written = False
        self._fifo.notify()
