"""A terminal between a client and the processes of an exec session: the line discipline of a tty.

Cooked mode only: lines are edited and echoed here, Ctrl-C interrupts, Ctrl-D ends the input, output's line
ends become CR LF. Programs that would switch to raw mode (`vi`, `top`) are refused anyway.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from lab.embedded.runtime.streams import Stream

if TYPE_CHECKING:
    from collections.abc import Callable


class Terminal(Stream):
    """Standard input, output and error of a session with `-t`."""

    is_tty = True

    def __init__(self, on_output: Callable[[bytes], None], interrupt: Callable[[], None]) -> None:
        super().__init__()
        self._on_output, self._interrupt = on_output, interrupt
        self._line = bytearray()
        self._ready: deque[bytes] = deque()
        self.columns, self.rows = 80, 24

    def feed(self, data: bytes) -> None:
        """The client typed something."""
        for code in data:
            self._key(code)

    def end(self) -> None:
        """The client has gone or closed its input: as Ctrl-D."""
        self._key(4)

    def _key(self, code: int) -> None:
        if code in (10, 13):
            self._on_output(b"\r\n")
            self._submit(bytes(self._line) + b"\n")
        elif code == 3:
            self._on_output(b"^C\r\n")
            self._line.clear()
            self._interrupt()
        elif code == 4:
            self._submit(bytes(self._line))
        elif code in (8, 127):
            if self._line:
                while self._line and self._line[-1] & 0xC0 == 0x80:
                    self._line.pop()
                self._line.pop()
                self._on_output(b"\b \b")
        elif code == 21:
            self._on_output(b"\b \b" * len(self._line))
            self._line.clear()
        elif (code >= 32 or code == 9) and len(self._line) < 4096:
            self._line.append(code)
            self._on_output(bytes([code]))

    def _submit(self, line: bytes) -> None:
        self._line.clear()
        self._ready.append(line)
        self.readable.notify()

    def try_read(self, count: int) -> bytes | None:
        """See `Stream`; an empty line from Ctrl-D is the end of input, once."""
        if not self._ready:
            return None
        line = self._ready.popleft()
        if len(line) > count:
            self._ready.appendleft(line[count:])
        return line[:count]

    def try_write(self, data: bytes) -> int:
        """See `Stream`."""
        self._on_output(data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
        return len(data)
