"""Reading the files an applet is given: by line, bounded, with busybox's complaints."""

from __future__ import annotations

from collections import deque
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
_LINES_A_CHARGE = 4
_MOST_LINES = 1_200_000
"""Lines held at once before a program counts as having used up its memory."""
_LINE_BYTES = 48
"""What a line takes beside its bytes."""
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
        self._ready: deque[bytes] = deque()
        self._part = b""
        self._ended = False
        self._fd = adopt(process, stream)

    def next(self) -> Generator[Syscall, Reason, bytes | None]:
        """The next line, or None at the end."""
        while not self._ready and not self._ended:
            chunk = self._stream.try_read(65536)
            if chunk is None:
                yield from self._process.wait(self._stream.readable)
                continue
            self._ended = not chunk
            self._take(chunk)
            yield from self._process.compute(
                1 + len(chunk) // 4096 + len(self._ready) // _LINES_A_CHARGE, changed=True
            )
        if self._ready:
            return self._ready.popleft()
        if self._fd is not None:
            self._process.close(self._fd)
            self._fd = None
        return None

    def _take(self, chunk: bytes) -> None:
        lines = (self._part + chunk).split(b"\n")
        self._part = lines.pop()
        self._ready.extend(line + b"\n" for line in lines)
        if self._part and (self._ended or len(self._part) >= LINE_LIMIT):
            self._ready.append(self._part)
            self._part = b""

    def close(self) -> None:
        """Read no more."""
        if self._fd is not None:
            self._process.close(self._fd)
        self._ready.clear()
        self._part, self._ended, self._fd = b"", True, None


def whole(process: Process, path: str) -> Generator[Syscall, Reason, bytes]:
    """All of a file or standard input; what it takes counts as the process' memory.

    Raises:
        FileError: it cannot be opened.
    """
    stream = open_input(process, path)
    fd = adopt(process, stream)
    content, lines = bytearray(), 0
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
        lines += chunk.count(b"\n")
        process.set_memory(BASE_MEMORY + len(content) + lines * _LINE_BYTES)
        if len(content) > 64 * 1024 * 1024 or lines > _MOST_LINES:
            process.kernel.out_of_memory()
            yield from process.sleep_for_computing(0.0)
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
        yield from process.compute(len(lines) // _LINES_A_CHARGE, changed=True)
    return lines, status
