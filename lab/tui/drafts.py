"""Unsaved edits, kept beside the lab's other state: a kill of the terminal, or of the lab, loses no typing.

One file an exercise, written whole or not at all. A draft knows the text it began from, so that what came to
disk meanwhile is seen as a conflict and never overwritten unasked. Written from workers, one at a time.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.attempt import durable
from lab.errors import LabError

if TYPE_CHECKING:
    from pathlib import Path

_FORMAT = 1


@dataclass(frozen=True)
class Draft:
    """One file's unsaved text."""

    base: str
    """What was on disk when the edits began."""
    text: str


class Drafts:
    """The drafts of one attempt."""

    def __init__(self, home: Path, exercise: str, workspace: Path) -> None:
        self._path = home / "drafts" / f"{exercise}.json"
        self._workspace = str(workspace)
        self._latest: dict[str, Draft] = {}
        self._told = False
        """Whether it was said that they cannot be written."""
        self._lock = threading.Lock()
        """Held while writing: of two workers the later one finds the latest drafts, whichever comes first."""

    def read(self) -> dict[str, Draft]:
        """The drafts by file name; none when there are none, or when they are another workspace's.

        A file that makes no sense is taken for none: drafts are a safety net, not a source.
        """
        try:
            found = json.loads(self._path.read_bytes())
            if found["format"] != _FORMAT or found["workspace"] != self._workspace:
                return {}
            return {str(name): Draft(str(of["base"]), str(of["text"])) for name, of in found["files"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}

    def keep(self, drafts: dict[str, Draft]) -> None:
        """These, and no others, are to be kept; `flush` writes them."""
        self._latest = drafts

    def flush(self) -> str:
        """Write what is to be kept; none: the file goes. Returns what is in the way, once; empty: nothing."""
        with self._lock:
            try:
                self._write(self._latest)
            except LabError as error:
                told, self._told = self._told, True
                return "" if told else error.what
            self._told = False
            return ""

    def _write(self, drafts: dict[str, Draft]) -> None:
        if not drafts:
            with durable.explained(self._path):
                self._path.unlink(missing_ok=True)
            return
        files = {name: {"base": one.base, "text": one.text} for name, one in drafts.items()}
        kept = {"format": _FORMAT, "workspace": self._workspace, "files": files}
        durable.write(self._path, json.dumps(kept).encode())
