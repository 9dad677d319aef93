"""Reading the files an applet is given: by line, bounded, with busybox's complaints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.embedded.runtime.filesystem import FileError
from lab.embedded.runtime.process import BASE_MEMORY

if TYPE_CHECKING:
    from collections.abc import Generator

    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.streams import Stream
    from lab.embedded.runtime.tasks import Reason, Syscall

SPARE_FD = 3
_FIRST_OWN = 60
"""Descriptors from here on are an applet's own, out of the way of those a script uses."""
LINE_LIMIT = 1024 * 1024
"""Bytes a line may have before it counts as one anyway."""


def open_input(process: Process, path: str) -> Stream:
    """A file by name, `-` for standard input.

    Raises:
        FileError: it cannot be opened.
    """
    return process.stream(0) if path == "-" else process.open(path)


def adopt(process: Process, stream: Stream) -> int | None:
    """Let the process hold a stream by a descriptor, so that it closes with it; None: it holds it already."""
    if stream in process.fds.values():
        return None
    fd = next(each for each in range(_FIRST_OWN, 1024) if each not in process.fds)
    process.install(fd, stream)
    return fd


class Lines:
    """Reads a stream line by line; each line has its line end, but for a last one without."""

    def __init__(self, process: Process, stream: Stream) -> None:
        self._process, self._stream = process, stream
        self._buffer = b""
        self._ended = False
        self._fd = adopt(process, stream)

    def next(self) -> Generator[Syscall, Reason, bytes | None]:
        """The next line, or None at the end."""
        while b"\n" not in self._buffer and not self._ended and len(self._buffer) < LINE_LIMIT:
            chunk = self._stream.try_read(65536)
            if chunk is None:
                yield from self._process.wait(self._stream.readable)
                continue
            yield from self._process.compute(1 + len(chunk) // 4096, changed=True)
            self._ended = not chunk
            self._buffer += chunk
        if not self._buffer:
            if self._fd is not None:
                self._process.close(self._fd)
            return None
        end = self._buffer.find(b"\n") + 1 or len(self._buffer)
        line, self._buffer = self._buffer[:end], self._buffer[end:]
        return line

    def close(self) -> None:
        """Read no more."""
        if self._fd is not None:
            self._process.close(self._fd)
        self._buffer, self._ended, self._fd = b"", True, None


def whole(process: Process, path: str) -> Generator[Syscall, Reason, bytes]:
    """All of a file or standard input; what it takes counts as the process' memory.

    Raises:
        FileError: it cannot be opened.
    """
    stream = open_input(process, path)
    fd = adopt(process, stream)
    content = bytearray()
    while True:
        chunk = stream.try_read(65536)
        if chunk is None:
            yield from process.wait(stream.readable)
            continue
        if not chunk:
            if fd is not None:
                process.close(fd)
            return bytes(content)
        content += chunk
        process.set_memory(BASE_MEMORY + len(content))
        if len(content) > 64 * 1024 * 1024:
            process.kernel.out_of_memory()
        yield from process.compute(1 + len(chunk) // 4096, changed=True)


def all_lines(
    process: Process, paths: list[str], name: str
) -> Generator[Syscall, Reason, tuple[list[bytes], int]]:
    """The lines of all files, without line ends, and 1 if one could not be read."""
    lines: list[bytes] = []
    status = 0
    for path in paths or ["-"]:
        try:
            content = yield from whole(process, path)
        except FileError as error:
            yield from process.complain(f"{name}: {path}: {error}")
            status = 1
            continue
        lines += content.removesuffix(b"\n").split(b"\n") if content else []
    return lines, status
