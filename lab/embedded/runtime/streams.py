"""What a file descriptor stands for: files, pipes, devices, sockets, terminals behind one small interface.

`try_read` and `try_write` never block; who finds nothing to do waits in `readable` or `writable`. One
stream may be held by several descriptors in several processes; it closes when the last one lets go.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from lab.embedded.runtime.filesystem import File, FileError, FileTree
from lab.embedded.runtime.tasks import WaitQueue

if TYPE_CHECKING:
    from collections.abc import Callable

PIPE_SIZE = 65536
"""Bytes a pipe holds before a writer waits, as in Linux."""


class BrokenPipe(Exception):  # noqa: N818 (what happened, not a mistake)
    """Writing where nobody can ever read."""


class Stream:
    """An open file description. Subclasses do the reading and writing."""

    is_tty = False
    bytes_a_charge = 4096
    """How many bytes written cost as much as one command."""

    def __init__(self) -> None:
        self.holders = 0
        self.readable = WaitQueue()
        self.writable = WaitQueue()

    def hold(self) -> Stream:
        """One more descriptor stands for this."""
        self.holders += 1
        return self

    def release(self) -> None:
        """One descriptor fewer; the last one closes."""
        self.holders -= 1
        if self.holders == 0:
            self.closed()

    def closed(self) -> None:
        """The last holder has let go."""

    def try_read(self, count: int) -> bytes | None:
        """Up to `count` bytes; b"" at the end; None: nothing yet."""
        del count
        raise FileError("EBADF")

    def try_write(self, data: bytes) -> int:
        """How many bytes went in; 0: no room now.

        Raises:
            BrokenPipe: nobody can ever read it.
            FileError: ENOSPC, EBADF.
        """
        del data
        raise FileError("EBADF")


class NullStream(Stream):
    """`/dev/null`."""

    def try_read(self, count: int) -> bytes | None:
        """See `Stream`."""
        del count
        return b""

    def try_write(self, data: bytes) -> int:
        """See `Stream`."""
        return len(data)


class ZeroStream(NullStream):
    """`/dev/zero`: never ends; who reads it pays for it by the chunk."""

    def try_read(self, count: int) -> bytes | None:
        """See `Stream`."""
        return bytes(min(count, PIPE_SIZE))


class FullStream(ZeroStream):
    """`/dev/full`."""

    def try_write(self, data: bytes) -> int:
        """See `Stream`."""
        del data
        raise FileError("ENOSPC")


class RandomStream(NullStream):
    """`/dev/urandom`, from the cluster's seed."""

    def __init__(self, source: Callable[[int], bytes]) -> None:
        super().__init__()
        self._source = source

    def try_read(self, count: int) -> bytes | None:
        """See `Stream`."""
        return self._source(min(count, 4096))


class FileStream(Stream):
    """An open regular file with its own position."""

    def __init__(
        self,
        node: File,
        tree: FileTree,
        now: Callable[[], float],
        *,
        read: bool,
        write: bool,
        append: bool = False,
    ) -> None:
        super().__init__()
        self.node, self._tree, self._now = node, tree, now
        self._read, self._write, self._append = read, write, append
        self.offset = 0

    def try_read(self, count: int) -> bytes | None:
        """See `Stream`."""
        if not self._read:
            raise FileError("EBADF")
        chunk = bytes(self.node.data[self.offset : self.offset + count])
        self.offset += len(chunk)
        return chunk

    def try_write(self, data: bytes) -> int:
        """See `Stream`."""
        if not self._write:
            raise FileError("EBADF")
        content = self.node.data
        if self._append:
            self.offset = len(content)
        gap = max(0, self.offset - len(content))
        self._tree.grow(max(0, self.offset + len(data) - len(content)))
        if gap:
            content.extend(bytes(gap))
        content[self.offset : self.offset + len(data)] = data
        self.offset += len(data)
        self.node.mtime = self._now()
        return len(data)


class Pipe:
    """A bounded byte buffer between a reader and a writer end."""

    def __init__(self, size: int = PIPE_SIZE) -> None:
        self.buffer = bytearray()
        self.size = size
        self.reader = PipeReader(self)
        self.writer = PipeWriter(self)
        self.reader_open = True
        self.writer_open = True


class PipeReader(Stream):
    """The end of a pipe that reads."""

    def __init__(self, pipe: Pipe) -> None:
        super().__init__()
        self._pipe = pipe

    def try_read(self, count: int) -> bytes | None:
        """See `Stream`."""
        pipe = self._pipe
        if pipe.buffer:
            chunk = bytes(pipe.buffer[:count])
            del pipe.buffer[:count]
            pipe.writer.writable.notify()
            return chunk
        return None if pipe.writer_open else b""

    def closed(self) -> None:
        """See `Stream`."""
        self._pipe.reader_open = False
        self._pipe.writer.writable.notify()


class PipeWriter(Stream):
    """The end of a pipe that writes."""

    def __init__(self, pipe: Pipe) -> None:
        super().__init__()
        self._pipe = pipe

    def try_write(self, data: bytes) -> int:
        """See `Stream`."""
        pipe = self._pipe
        if not pipe.reader_open:
            raise BrokenPipe
        room = pipe.size - len(pipe.buffer)
        if room <= 0:
            return 0
        pipe.buffer += data[:room]
        pipe.reader.readable.notify()
        return min(room, len(data))

    def closed(self) -> None:
        """See `Stream`."""
        self._pipe.writer_open = False
        self._pipe.reader.readable.notify()


class InputStream(Stream):
    """Bytes fed from outside (`kubectl exec -i`); unbounded towards the client, who waits for nothing."""

    def __init__(self) -> None:
        super().__init__()
        self._chunks: deque[bytes] = deque()
        self._ended = False

    def feed(self, data: bytes) -> None:
        """More input."""
        if data and not self._ended:
            self._chunks.append(data)
            self.readable.notify()

    def end(self) -> None:
        """No more input."""
        self._ended = True
        self.readable.notify()

    def try_read(self, count: int) -> bytes | None:
        """See `Stream`."""
        if not self._chunks:
            return b"" if self._ended else None
        chunk = self._chunks.popleft()
        if len(chunk) > count:
            self._chunks.appendleft(chunk[count:])
        return chunk[:count]


class OutputStream(Stream):
    """Bytes handed to a callback at once (a log, a client); dear, so that `yes` fills no host."""

    bytes_a_charge = 8

    def __init__(self, sink: Callable[[bytes], None]) -> None:
        super().__init__()
        self._sink = sink

    def try_write(self, data: bytes) -> int:
        """See `Stream`."""
        self._sink(data)
        return len(data)
