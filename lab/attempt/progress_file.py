"""The learner's progress on disk: one versioned JSON file, written whole or not at all.

Two labs may run at once, so every change is read, made and written under one lock. A file that cannot be
understood (damaged, or of a newer version) is never overwritten: it is renamed, the lab goes on with none,
and a notice says where the old one is.
"""

from __future__ import annotations

import dataclasses
import json
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from lab.attempt import durable, locks
from lab.errors import NotAbleError
from lab.model.progress import Progress, Record, Standing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

FORMAT = 1
"""Version written by this lab."""

LOCK_SECONDS = 10.0
"""Host seconds to wait for another lab to finish its write."""

MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""How to bring a document of an older format one format further, by that format."""


class _Unreadable(Exception):  # noqa: N818 (never leaves this module)
    """Why the file's content is not progress: `damaged` or `newer`, and the detail."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind


class ProgressFile:
    """Reads and changes the progress kept at `path`."""

    def __init__(self, path: Path, now: Callable[[], float] = time.time) -> None:
        """`now`: host time, for the name under which an unreadable file is kept."""
        self.path = path
        self.now = now
        self.notices: list[str] = []
        """What the user should know."""
        self._waiting: list[Callable[[Progress], Progress]] = []
        """Changes that could not be written: known to this lab alone, until something can be."""
        self.unwritten = ""
        """Why they could not; empty: all is written."""

    def read(self) -> Progress:
        """What is on disk now; nothing at all when there is no file.

        Raises:
            NotAbleError: the file cannot be read, or must be kept aside and cannot be.
        """
        try:
            return self._with_waiting(self._parsed())
        except _Unreadable:
            with self.locked():
                return self._with_waiting(self._read_or_set_aside())

    def update(self, change: Callable[[Progress], Progress]) -> Progress:
        """Apply `change` to what is on disk, write it, and return it.

        Raises:
            NotAbleError: the state directory cannot be written, or another lab holds the lock.
        """
        with self.locked():
            progress = change(self._with_waiting(self._read_or_set_aside()))
            durable.write(self.path, encode(progress))
        self._waiting.clear()
        self.unwritten = ""
        return progress

    def keep(self, change: Callable[[Progress], Progress]) -> None:
        """As `update`, but what cannot be written is known until this lab ends; `unwritten` says why."""
        try:
            self.update(change)
        except NotAbleError as error:
            self._waiting.append(change)
            # What is to be done then is the front end's to say: there is no command to run again.
            self.unwritten = f"{error.what} ({error.where}); {error.remedy.partition(', then ')[0]}"

    def _with_waiting(self, progress: Progress) -> Progress:
        for change in self._waiting:
            progress = change(progress)
        return progress

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock that guards the file.

        Raises:
            NotAbleError: another lab held it for ten seconds, or the place cannot be written.
        """
        lock = self.path.with_name(f"{self.path.name}.lock")
        with locks.held(lock, LOCK_SECONDS, "another podlab is writing the progress file"):
            yield

    def _read_or_set_aside(self) -> Progress:
        try:
            return self._parsed()
        except _Unreadable as unreadable:
            aside = self.path.with_name(f"{self.path.name}.{unreadable.kind}-{int(self.now())}")
            with durable.explained(aside):
                self.path.rename(aside)
            self.notices.append(
                f"the progress file was {_SAID[unreadable.kind]} ({unreadable}); it is kept as {aside}, "
                "and the lab starts a new one"
            )
            return Progress()

    def _parsed(self) -> Progress:
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return Progress()
        except OSError as error:
            raise NotAbleError(
                f"cannot read the progress file: {error.strerror}",
                where=str(self.path),
                remedy="make it readable, or set PODLAB_HOME to another directory",
            ) from error
        return decode(content)


_SAID = {"damaged": "damaged", "newer": "written by a newer podlab"}


def encode(progress: Progress) -> bytes:
    """The file's content for `progress`."""
    document = {
        "format": FORMAT,
        "current": progress.current,
        "records": {name: dataclasses.asdict(record) for name, record in sorted(progress.records.items())},
    }
    return json.dumps(document, indent=1, sort_keys=True).encode() + b"\n"


def decode(content: bytes) -> Progress:
    """The progress in a file's content, brought up from older formats."""
    try:
        document = json.loads(content)
    except ValueError as error:
        raise _Unreadable("damaged", f"it is not JSON: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("format"), int):
        raise _Unreadable("damaged", "it has no format number")
    if document["format"] > FORMAT:
        raise _Unreadable("newer", f"format {document['format']}, this podlab knows {FORMAT}")
    while document["format"] < FORMAT:
        migrate = MIGRATIONS.get(document["format"])
        if migrate is None:
            raise _Unreadable("damaged", f"format {document['format']} never existed")
        document = migrate(document)
    try:
        return Progress(
            records={str(name): _record(record) for name, record in document["records"].items()},
            current=str(document["current"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _Unreadable("damaged", f"unexpected content: {error!r}") from error


def _record(document: dict[str, Any]) -> Record:
    record = Record(**{**document, "standing": Standing(document["standing"])})
    for name in ("checks", "hints"):
        if not isinstance(getattr(record, name), int):
            raise TypeError(name)
    for name in ("answers", "baseline", "findings"):
        if not isinstance(getattr(record, name), dict):
            raise TypeError(name)
    return record
