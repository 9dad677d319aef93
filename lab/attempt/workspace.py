"""The learner's files: a directory of their own, never written over without a copy kept.

A marker file (`.podlab`) says which exercise a directory belongs to, what the originals were, and
which files were there before (foreign files: never read, applied or removed). What the lab replaces or
removes goes to the backups first; a backup is complete before the first file of the workspace is touched.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.attempt import durable
from lab.attempt.views import FileRole, FileState, WorkspaceFile
from lab.errors import ContentError, NotAbleError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MARKER = ".podlab"
"""JSON, without the ending: `kubectl apply -f .` reads every `.json` of a directory, hidden ones too."""

FORMAT = 1
"""Version of the marker written by this lab."""

MANIFEST_SUFFIXES = frozenset({".yaml", ".yml", ".json"})
IGNORED_DIRECTORIES = frozenset({"__pycache__", ".git"})
IGNORED_SUFFIXES = (".swp", ".swo", "~", ".new", ".pyc")
"""What editors and programs leave lying about."""


@dataclass(frozen=True)
class Marker:
    """What a workspace remembers of its beginning."""

    exercise: str
    digests: Mapping[str, str]
    """SHA-256 of each original, by name."""
    foreign: frozenset[str] = frozenset()
    image_directory: str = ""
    """Directory of image files inside the workspace; empty: the exercise has none."""


@dataclass(frozen=True)
class Workspace:
    """A learner's directory for one exercise."""

    directory: Path
    exercise: str
    originals: Mapping[str, bytes]
    """The files the exercise comes with, by name."""
    backups: Path
    """Where copies go; one directory below it a time."""
    image_directory: str = ""
    now: Callable[[], float] = time.time
    """Host time, for the names of backups."""

    def create(self) -> tuple[str, ...]:
        """Make the directory, or complete it; edited files stay as they are. Returns what is worth saying.

        Raises:
            UsageError: it belongs to another exercise.
            NotAbleError: it cannot be written.
        """
        with durable.explained(self.directory):
            self.directory.mkdir(parents=True, exist_ok=True)
        marker = read_marker(self.directory)
        if marker is None:
            return self._begin()
        if marker.exercise != self.exercise:
            raise UsageError(
                f"this workspace holds the exercise {marker.exercise}, not {self.exercise}",
                where=str(self.directory),
                remedy=f"choose another directory: podlab start {self.exercise} --workspace DIR",
            )
        return self._complete(marker)

    def files(self) -> tuple[WorkspaceFile, ...]:
        """Originals and the learner's own files, manifests first, by name.

        Raises:
            ContentError: the directory is gone or is no workspace of this exercise.
        """
        marker = self.marker()
        present = {path.relative_to(self.directory).as_posix(): path for path in _walk(self.directory)}
        names = sorted(set(self.originals) | set(present), key=lambda name: (self._order(name), name))
        return tuple(
            WorkspaceFile(
                path=self.directory / name,
                name=name,
                role=self.role(name),
                state=self._state(name, present.get(name), marker),
            )
            for name in names
        )

    def marker(self) -> Marker:
        """The marker.

        Raises:
            ContentError: the directory is gone, or is no workspace of this exercise.
        """
        remedy = f"podlab start {self.exercise} makes it again"
        if not self.directory.is_dir():
            raise ContentError("the workspace is gone", where=str(self.directory), remedy=remedy)
        marker = read_marker(self.directory)
        if marker is None or marker.exercise != self.exercise:
            raise ContentError(
                f"this directory is no longer a workspace of {self.exercise}",
                where=str(self.directory / MARKER),
                remedy=remedy,
            )
        return marker

    def role(self, name: str) -> FileRole:
        """What the lab does with the file of that name."""
        if self.image_directory and name.startswith(f"{self.image_directory}/"):
            return FileRole.IMAGE
        if Path(name).suffix in MANIFEST_SUFFIXES and not Path(name).name.startswith("."):
            return FileRole.MANIFEST
        return FileRole.OTHER

    def reset(self) -> Path | None:
        """Bring the originals back. Returns the backup of edited and added files; None: there were none.

        Raises:
            ContentError: the directory is gone.
            NotAbleError: it, or the backup, cannot be written.
        """
        changed = [file for file in self.files() if file.state in {FileState.EDITED, FileState.ADDED}]
        backup = self._back_up([file.name for file in changed])
        for file in changed:
            if file.state is FileState.ADDED:
                with durable.explained(file.path):
                    file.path.unlink(missing_ok=True)
        for name, content in self.originals.items():
            self._restore(name, content)
        return backup

    def _begin(self) -> tuple[str, ...]:
        present = {path.relative_to(self.directory).as_posix(): path for path in _walk(self.directory)}
        # A file that is the original already is what an interrupted beginning left.
        foreign = {name for name, path in present.items() if path.read_bytes() != self.originals.get(name)}
        clashing = sorted(foreign & set(self.originals))
        backup = self._back_up(clashing)
        said = []
        if backup:
            said.append(f"{', '.join(clashing)} stood in the exercise's way and were moved to {backup}")
        if foreign - set(clashing):
            named = ", ".join(sorted(foreign - set(clashing))[:5])
            said.append(f"{self.directory} already held other files ({named}); the lab leaves them alone")
        marker = Marker(
            self.exercise, self._digests(), frozenset(foreign - set(clashing)), self.image_directory
        )
        for name, content in self.originals.items():
            self._restore(name, content)
        write_marker(self.directory, marker)
        return tuple(said)

    def _complete(self, marker: Marker) -> tuple[str, ...]:
        """Bring back what is missing; follow originals that only a newer lab changed."""
        said = []
        for name, content in self.originals.items():
            path = self.directory / name
            if not path.exists():
                self._restore(name, content)
                said.append(f"{name} was missing and is back")
            elif _digest(path.read_bytes()) == marker.digests.get(name) != _digest(content):
                self._restore(name, content)
                said.append(f"{name} is the exercise's newer one")
        if marker.digests != self._digests():
            marker = Marker(self.exercise, self._digests(), marker.foreign, self.image_directory)
            write_marker(self.directory, marker)
        return tuple(said)

    def _back_up(self, names: list[str]) -> Path | None:
        if not names:
            return None
        stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(self.now()))
        backup = self.backups / f"{self.exercise}-{stamp}"
        number = 1
        while backup.exists():
            number += 1
            backup = self.backups / f"{self.exercise}-{stamp}-{number}"
        for name in names:
            source = self.directory / name
            durable.write(backup / name, source.read_bytes(), mode=source.stat().st_mode & 0o777)
        return backup

    def _restore(self, name: str, content: bytes) -> None:
        path = self.directory / name
        if path.is_file() and path.read_bytes() == content:
            return
        durable.write(path, content, mode=0o644)

    def _state(self, name: str, path: Path | None, marker: Marker) -> FileState:
        if name in marker.foreign:
            return FileState.FOREIGN
        if name not in self.originals:
            return FileState.ADDED
        if path is None:
            return FileState.MISSING
        same = path.read_bytes() == self.originals[name]
        return FileState.UNCHANGED if same else FileState.EDITED

    def _order(self, name: str) -> int:
        return [FileRole.MANIFEST, FileRole.IMAGE, FileRole.OTHER].index(self.role(name))

    def _digests(self) -> dict[str, str]:
        return {name: _digest(content) for name, content in self.originals.items()}


def read_marker(directory: Path) -> Marker | None:
    """The marker of a directory; None when there is none.

    Raises:
        NotAbleError: it is of a newer version.
        ContentError: it is damaged.
    """
    path = directory / MARKER
    try:
        document: Any = json.loads(path.read_bytes())
        if document["format"] > FORMAT:
            raise NotAbleError(
                f"this workspace was made by a newer podlab (format {document['format']})",
                where=str(path),
                remedy="update podlab, or choose another directory with --workspace DIR",
            )
        return Marker(
            exercise=str(document["exercise"]),
            digests={str(name): str(digest) for name, digest in document["digests"].items()},
            foreign=frozenset(map(str, document["foreign"])),
            image_directory=str(document["image_directory"]),
        )
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ContentError(
            "the workspace's marker is damaged",
            where=str(path),
            remedy="remove this file (your own files stay) and run podlab start again",
        ) from error


def write_marker(directory: Path, marker: Marker) -> None:
    """Write the marker of a directory.

    Raises:
        NotAbleError: it cannot be written.
    """
    document = {
        "format": FORMAT,
        "exercise": marker.exercise,
        "digests": dict(marker.digests),
        "foreign": sorted(marker.foreign),
        "image_directory": marker.image_directory,
    }
    durable.write(
        directory / MARKER, json.dumps(document, indent=1, sort_keys=True).encode() + b"\n", mode=0o644
    )


def _walk(directory: Path) -> list[Path]:
    """Regular files of a workspace, without what editors leave behind; links are not followed."""
    return [
        path
        for path in sorted(directory.rglob("*"))
        if path.is_file()
        and path.name != MARKER
        and not path.name.endswith(IGNORED_SUFFIXES)
        and not IGNORED_DIRECTORIES & set(path.relative_to(directory).parts)
    ]


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
