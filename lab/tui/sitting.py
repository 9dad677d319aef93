"""Where the learner is: kept all the while, so that the next start, after whatever ended this one, is there.

One small file beside the lab's other state. It only says where to go: what was done there is in the
workspace, the cluster and the progress, and nothing is done again for coming back. Written from workers, one
at a time; damaged or unwritable, the lab begins at the catalogue.
"""

from __future__ import annotations

import contextlib
import json
import threading
from typing import TYPE_CHECKING, NamedTuple

from lab.attempt import durable
from lab.errors import LabError

if TYPE_CHECKING:
    from pathlib import Path

_FORMAT = 1


class Place(NamedTuple):
    """A place in the lab."""

    exercise: str = ""
    """The exercise that is open; empty: the catalogue."""
    panel: str = ""
    """The panel that was looked at last; empty: the first."""
    checking: bool = False
    """Whether a check is under way there."""

    def now_at(self, exercise: str, panel: str) -> Place:
        """The place after a step to this panel."""
        return Place(exercise, panel, self.checking and exercise == self.exercise)


class Sitting:
    """Keeps the place."""

    def __init__(self, home: Path) -> None:
        self._path = home / "sitting.json"
        self._place = self._kept = self._read()
        self._lock = threading.Lock()

    @property
    def place(self) -> Place:
        """Where the learner is, or was."""
        return self._place

    def go(self, place: Place) -> bool:
        """The learner is here now; True when `flush` has something to write."""
        self._place = place
        return place != self._kept

    def flush(self) -> None:
        """Write where the learner is; a place that cannot be written is no alarm."""
        with self._lock:
            place = self._place
            if place == self._kept:
                return
            with contextlib.suppress(LabError):
                durable.write(self._path, json.dumps({"format": _FORMAT, **place._asdict()}).encode())
            self._kept = place

    def _read(self) -> Place:
        try:
            found = json.loads(self._path.read_bytes())
            if found["format"] == _FORMAT:
                return Place(str(found["exercise"]), str(found["panel"]), bool(found.get("checking")))
        except (OSError, ValueError, KeyError, TypeError):
            pass
        return Place()
