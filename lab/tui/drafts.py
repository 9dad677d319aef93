"""Unsaved edits, kept beside the lab's other state: a kill of the terminal, or of the lab, loses no typing.

One file for each sitting at an exercise: two labs may have it open, and neither writes over what the other
types. A sitting holds the lock of its place as long as it lasts; a place whose lock nobody holds was left
by a kill, and the next sitting takes over what is in it. Of two drafts of one file the one that is not taken
over is kept as a file among the backups.

A file is written whole or not at all. A draft knows the text it began from, so that what came to disk
meanwhile is seen as a conflict and never overwritten unasked. Written from workers, one at a time.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.attempt import durable
from lab.errors import LabError

if TYPE_CHECKING:
    from pathlib import Path

_FORMAT = 1

PLACES = 16
"""Sittings at one exercise at the same time that keep drafts apart; further ones share the first place."""


@dataclass(frozen=True)
class Draft:
    """One file's unsaved text."""

    base: str
    """What was on disk when the edits began."""
    text: str


class Drafts:
    """The drafts of one sitting at one attempt. Until `claim` it is the first sitting's place."""

    def __init__(self, home: Path, exercise: str, workspace: Path) -> None:
        self._home, self._exercise = home, exercise
        self._path = self._place(1)
        self._workspace = str(workspace)
        self.latest: dict[str, Draft] = {}
        """What is to be kept: what `claim` found, then what `keep` was given."""
        self._told = False
        """Whether it was said that they cannot be written."""
        self._lock = threading.Lock()
        """Held while writing: of two workers the later one finds the latest drafts, whichever comes first."""
        self._claim: int | None = None
        """Descriptor of the lock that is held."""
        self._closed = False
        self.others = False
        """Whether another lab has this exercise open."""
        self.aside: tuple[Path, ...] = ()
        """Where drafts of earlier sittings are that were not taken over, because there are others."""

    def claim(self) -> None:
        """Find a place that no other lab has, and take over what was left in places nobody has any more.

        Where nothing can be locked or written, everything is as if there were no other lab.
        """
        with contextlib.suppress(OSError):
            self._claim_one()
        for left in map(self._place, range(1, PLACES + 1)):
            # What cannot be taken over stays where it is, for a time when there is room.
            with contextlib.suppress(OSError, LabError):
                if (
                    left != self._path
                    and left.exists()
                    and (claim := _locked(self._lock_of(left))) is not None
                ):
                    try:
                        self._take_over(left)
                    finally:
                        os.close(claim)
        self.latest = self.read()

    def _claim_one(self) -> None:
        for place in map(self._place, range(1, PLACES + 1)):
            self._claim = _locked(self._lock_of(place))
            if self._claim is not None:
                self._path = place
                return
            self.others = True

    def close(self) -> None:
        """The sitting is over: what is kept is the next one's."""
        with self._lock:
            self._closed = True
            if self._claim is not None:
                os.close(self._claim)
                self._claim = None

    def read(self) -> dict[str, Draft]:
        """The drafts by file name; none when there are none, or when they are another workspace's.

        A file that makes no sense is taken for none: drafts are a safety net, not a source.
        """
        return self._read(self._path)

    def keep(self, drafts: dict[str, Draft]) -> None:
        """These, and no others, are to be kept; `flush` writes them."""
        self.latest = drafts

    def flush(self) -> str:
        """Write what is to be kept; none: the file goes. Returns what is in the way, once; empty: nothing."""
        with self._lock:
            if self._closed:
                return ""
            try:
                self._write(self.latest)
            except LabError as error:
                told, self._told = self._told, True
                return "" if told else error.what
            self._told = False
            return ""

    # --- places --------------------------------------------------------------------------------------------

    def _place(self, number: int) -> Path:
        which = "" if number == 1 else f".{number}"
        return self._home / "drafts" / f"{self._exercise}{which}.json"

    def _lock_of(self, place: Path) -> Path:
        return self._home / "locks" / f"drafts-{place.stem}.lock"

    def _take_over(self, left: Path) -> None:
        """Bring drafts that a sitting has left here; only then is its file no longer needed."""
        own, found = self.read(), self._read(left)
        if not found:
            return  # another workspace's, or nothing
        for name, draft in found.items():
            if name in own and own[name].text != draft.text:
                self._put_aside(name, draft)
        self._write({**found, **own})
        with durable.explained(left):
            left.unlink(missing_ok=True)

    def _put_aside(self, name: str, draft: Draft) -> None:
        number = 1
        while (path := self._home / "backups" / f"{self._exercise}-unsaved-{number}" / name).exists():
            number += 1
        durable.write(path, draft.text.encode())
        self.aside += (path,)

    # --- the file ------------------------------------------------------------------------------------------

    def _read(self, path: Path) -> dict[str, Draft]:
        try:
            found = json.loads(path.read_bytes())
            if found["format"] != _FORMAT or found["workspace"] != self._workspace:
                return {}
            return {str(name): Draft(str(of["base"]), str(of["text"])) for name, of in found["files"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}

    def _write(self, drafts: dict[str, Draft]) -> None:
        if not drafts:
            with durable.explained(self._path):
                self._path.unlink(missing_ok=True)
            return
        files = {name: {"base": one.base, "text": one.text} for name, one in drafts.items()}
        kept = {"format": _FORMAT, "workspace": self._workspace, "files": files}
        durable.write(self._path, json.dumps(kept).encode())


def _locked(path: Path) -> int | None:
    """The descriptor of a lock that is held until it is closed, or the process ends; None: another has it.

    Raises:
        OSError: nothing can be locked there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    claim = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(claim)
        return None
    except OSError:
        os.close(claim)
        raise
    return claim
