"""Command lines typed before, kept from one sitting to the next: bounded, and each of them once.

Several labs may run at once: what another one added is taken over before this one writes. Only the learner
may read the file, since a command line can have a password in it. A home that cannot be written forgets.
"""

from __future__ import annotations

import contextlib
import json
import threading
from typing import TYPE_CHECKING

from lab.attempt import durable, locks
from lab.errors import LabError

if TYPE_CHECKING:
    from pathlib import Path

MOST = 500
"""Lines that are kept."""
LONGEST = 2000
"""Characters of a line that is kept; longer ones are pasted files."""
LOCK_SECONDS = 2.0
"""Host seconds to wait for another lab that writes its own."""
_FORMAT = 1


class CommandHistory:
    """Lines, the latest last."""

    def __init__(self, home: Path) -> None:
        self._path = home / "kubectl-history.json"
        self._lines: list[str] = self._read()
        self._new: list[str] = []
        self._guard = threading.Lock()

    @property
    def lines(self) -> tuple[str, ...]:
        """All lines, the latest last."""
        return tuple(self._lines)

    def add(self, line: str) -> None:
        """This one was run; `flush` writes it."""
        line = line.strip()
        if not line or len(line) > LONGEST:
            return
        self._lines = _with(self._lines, line)
        with self._guard:
            self._new.append(line)

    def matching(self, text: str) -> tuple[str, ...]:
        """Lines that hold all words of `text`, the latest first."""
        words = text.lower().split()
        return tuple(line for line in reversed(self._lines) if all(word in line.lower() for word in words))

    def beginning(self, text: str) -> str:
        """The latest line that begins with `text` and goes on; empty: there is none."""
        longer = (line for line in reversed(self._lines) if line.startswith(text) and line != text)
        return next(longer, "") if text.strip() else ""

    def flush(self) -> None:
        """Write what was added, on top of what is on disk now. From a worker."""
        with self._guard:
            added, self._new = self._new, []
        if not added:
            return
        with contextlib.suppress(LabError):
            lock = self._path.with_name(f".{self._path.name}.lock")
            with locks.held(lock, LOCK_SECONDS, "another podlab writes its history"):
                lines = self._read()
                for line in added:
                    lines = _with(lines, line)
                kept = {"format": _FORMAT, "lines": lines}
                durable.write(self._path, json.dumps(kept, ensure_ascii=False, indent=0).encode())

    def _read(self) -> list[str]:
        try:
            found = json.loads(self._path.read_bytes())
            if found["format"] == _FORMAT:
                return [line for line in found["lines"] if isinstance(line, str) and line][-MOST:]
        except (OSError, ValueError, KeyError, TypeError):
            pass
        return []


def _with(lines: list[str], line: str) -> list[str]:
    return [*(one for one in lines if one != line), line][-MOST:]
