"""How Go programs speak: durations, times, log lines, errors of the network and of files."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

from lab.embedded.runtime import signals
from lab.embedded.runtime.daemons.serving import epoch, utc

if TYPE_CHECKING:
    from collections.abc import Generator

    from lab.embedded.runtime.daemons.serving import Server
    from lab.embedded.runtime.filesystem import FileError
    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.tasks import Reason, Syscall

_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def log(process: Process, text: str) -> Generator[Syscall, Reason, None]:
    """`log.Printf`: a line on standard error with date and time."""
    at = utc(process)
    yield from process.complain(f"{at:%Y/%m/%d %H:%M:%S} {text}")


def fatal(process: Process, text: str) -> Generator[Syscall, Reason, int]:
    """`log.Fatalf`: a line and exit status 1."""
    yield from log(process, text)
    return 1


def serve(process: Process, server: Server) -> Generator[Syscall, Reason, int]:
    """Serve as a program that asked for no signal: 2 when one ends it.

    Go's runtime handles SIGTERM, SIGINT and SIGHUP in every program: it raises the signal again with its
    default action, which the kernel withholds from a PID 1, and then exits with 2 (`dieFromSignal`).
    """
    process.handled |= {signals.TERM, signals.INT, signals.HUP}
    code = yield from server.run()
    return 2 if code is None else code


def duration(seconds: float) -> str:
    """`time.Duration.String`: `1m5.2s`, `350ms`."""
    if seconds == 0:
        return "0s"
    if seconds < 1e-3:
        return f"{_number(seconds * 1e6)}µs"
    if seconds < 1:
        return f"{_number(seconds * 1e3)}ms"
    minutes, rest = divmod(round(seconds, 9), 60)
    hours, minutes = divmod(int(minutes), 60)
    out = f"{hours}h" if hours else ""
    return f"{out}{minutes}m{_number(rest)}s" if hours or minutes else f"{_number(rest)}s"


def parse_duration(text: str) -> float | None:
    """`time.ParseDuration`: seconds; None: it is none."""
    if text == "0":
        return 0.0
    parts = re.findall(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)", text)
    if not parts or "".join(number + unit for number, unit in parts) != text.lstrip("+-"):
        return None
    total = sum(float(number) * _UNITS[unit] for number, unit in parts)
    return -total if text.startswith("-") else total


def timestamp(process: Process) -> str:
    """`time.Now()` as `%v` prints it."""
    return f"{moment(epoch(process))} m=+{process.now() - process.started_at:.9f}"


def moment(seconds: float) -> str:
    """A time since the Unix epoch as `%v` prints it."""
    at = dt.datetime.fromtimestamp(seconds, dt.UTC)
    fraction = f"{at:.%f}".rstrip("0").rstrip(".")
    return f"{at:%Y-%m-%d %H:%M:%S}{fraction} +0000 UTC"


def path_error(action: str, path: str, error: FileError) -> str:
    """An `os.PathError`: `open /x: no such file or directory`."""
    text = str(error)
    return f"{action} {path}: {text[:1].lower()}{text[1:]}"


def _number(value: float) -> str:
    return f"{value:.9f}".rstrip("0").rstrip(".")
