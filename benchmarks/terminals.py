"""Terminals for what is measured: opened at a size, and read as fast as they are written."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import struct
import subprocess
import termios
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def started(
    command: Sequence[str], environment: Mapping[str, str], rows: int, columns: int
) -> tuple[subprocess.Popen[bytes], int]:
    """A program in a terminal of this size, and our end of the terminal."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    process = subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**environment, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
        start_new_session=True,
    )
    os.close(theirs)
    return process, ours


def run(
    command: Sequence[str], environment: Mapping[str, str], rows: int, columns: int, limit: float
) -> None:
    """Run a program to its end in a terminal that takes all it writes.

    Raises:
        subprocess.SubprocessError: it failed, or did not end within `limit` host seconds.
    """
    process, ours = started(command, environment, rows, columns)
    reader = threading.Thread(target=_drain, args=(ours,), daemon=True)
    reader.start()
    try:
        status = process.wait(limit)
    finally:
        process.kill()
        process.wait()
        reader.join(5)
        os.close(ours)
    if status:
        raise subprocess.CalledProcessError(status, command)


def _drain(terminal: int) -> None:
    with contextlib.suppress(OSError):  # Linux: the program closed its end
        while os.read(terminal, 65536):
            pass
