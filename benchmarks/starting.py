"""How long a user waits: for the help text, and for the first painted frame of the lab in a terminal."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import tempfile
import time

from benchmarks import empty_app, terminals
from benchmarks.measure import Figure, Missing, Ratio, seconds, side_by_side

SIZE = (30, 100)
"""Rows and columns of the terminal."""
LIMIT = 30.0
"""Host seconds until a frame counts as never painted."""
PAINT_TITLE = "lab opened to its first painted list"
QUIT = b"\x11"
"""Ctrl-Q: both applications end by it."""


class NotPaintedError(Exception):
    """The program did not show the text it was to show."""


def measure_help(rounds: int = 7) -> Ratio:
    """`podlab --help` beside a click program that has nothing but a command."""
    ours, beside = side_by_side(
        lambda: _ran([sys.executable, "-m", "lab", "--help"]),
        lambda: _ran([sys.executable, "-m", "benchmarks.bare_command", "--help"]),
        rounds,
    )
    return Ratio("podlab --help", ours, beside, "--help of a bare click program")


def measure_paint(text: str, rounds: int = 5) -> Figure:
    """From spawning `podlab` in an empty home to `text` on screen, beside an empty Textual application."""
    try:
        ours, beside = side_by_side(
            lambda: _painted([sys.executable, "-m", "lab"], text),
            lambda: _painted([sys.executable, "-m", "benchmarks.empty_app"], empty_app.TEXT),
            rounds,
        )
    except NotPaintedError as error:
        return Missing(PAINT_TITLE, str(error))
    return Ratio(PAINT_TITLE, ours, beside, "first paint of an empty Textual application")


def _ran(command: list[str]) -> float:
    return seconds(lambda: subprocess.run(command, check=True, capture_output=True))


def _painted(command: list[str], text: str) -> float:
    """Host seconds from spawning the command in a terminal until it has written `text`."""
    with tempfile.TemporaryDirectory(prefix="podlab-bench-", ignore_cleanup_errors=True) as home:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PODLAB_", "XDG_"))}
        begun = time.perf_counter()
        process, ours = terminals.started(command, {**kept, "HOME": home}, *SIZE)
        try:
            _read_until(ours, text.encode(), begun)
            return time.perf_counter() - begun
        finally:
            _quit(process, ours)


def _read_until(terminal: int, wanted: bytes, begun: float) -> None:
    seen = b""
    while time.perf_counter() - begun < LIMIT:
        if not select.select([terminal], [], [], 1.0)[0]:
            continue
        try:
            seen += os.read(terminal, 65536)
        except OSError as error:  # Linux: the program closed its end
            raise NotPaintedError(f"the program ended before it showed {wanted.decode()!r}") from error
        if wanted in seen:
            return
    raise NotPaintedError(f"{wanted.decode()!r} was not painted within {LIMIT:.0f} s")


def _quit(process: subprocess.Popen[bytes], terminal: int) -> None:
    """End the program as a user would, reading on so that it can write its last; by force if it stays."""
    with contextlib.suppress(OSError):
        os.write(terminal, QUIT)
    deadline = time.perf_counter() + 5
    while process.poll() is None and time.perf_counter() < deadline:
        if select.select([terminal], [], [], 0.05)[0]:
            with contextlib.suppress(OSError):
                os.read(terminal, 65536)
    process.kill()
    process.wait()
    os.close(terminal)
