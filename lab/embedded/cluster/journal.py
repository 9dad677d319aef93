"""The cluster on disk: one journal of what changed, appended to as it changes, rewritten whole now and then.

The file is a sequence of lines, `crc32 json`; the first says the format. A line that is cut short or damaged
ends the journal: what a `kill -9` tore off was never answered for. A rewrite goes to a temporary file that is
renamed over the journal, so at every moment there is one complete journal.

Invariants:
    * What a client was answered is in the file before the answer leaves (`commit` comes first).
    * Reading back gives the objects, the images, the revision and the cluster time of the last commit.
"""

from __future__ import annotations

import base64
import os
import time
import zlib
from typing import TYPE_CHECKING, Any

import orjson
from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from lab.embedded.store.watchlog import Change

FORMAT = 1
NAME = "objects.journal"
_SMALLEST_REWRITE = 4 * 1024 * 1024
_TIME_STEP = 10.0
"""Seconds of cluster time that may pass without being saved, when nothing else changes."""
_SYNC_EVERY = 0.5
"""Seconds of host time between two forced writes to the medium; a killed process loses nothing either way."""

Object = dict[str, Any]
Key = tuple[str, str, str]


class JournalError(Exception):
    """The journal on disk cannot be used: another format, or no journal at all."""


class SavedImage(Struct, frozen=True):
    """An image that was brought into the cluster."""

    reference: str
    digest: str
    labels: Mapping[str, str]
    files: Mapping[str, bytes]


class Saved(Struct):
    """What a journal holds."""

    objects: dict[Key, Object] = field(default_factory=dict)
    images: dict[str, SavedImage] = field(default_factory=dict)
    revision: int = 0
    now: float = 0.0
    """Agenda seconds."""
    seed: int = 0
    nodes: int = 1
    good_bytes: int = 0
    """Length of the undamaged part."""

    def items(self) -> Iterator[tuple[str, str, str, Object]]:
        """The objects in the store's form."""
        for (resource, namespace, name), obj in sorted(self.objects.items(), key=lambda pair: pair[0]):
            yield resource, namespace, name, obj


def read_journal(directory: Path) -> Saved | None:
    """What was saved in a state directory; None when nothing was.

    Raises:
        JournalError: the journal is of another format, or its beginning is damaged.
        OSError: it cannot be read.
    """
    path = directory / NAME
    if not path.exists():
        return None
    saved = Saved()
    header = False
    with path.open("rb") as file:
        for line in file:
            record = _read_line(line)
            if record is None:
                break
            if not header:
                _check_header(record, path)
                header = True
            _replay(saved, record)
            saved.good_bytes += len(line)
    if not header:
        raise JournalError(f"{path} is damaged from its beginning")
    return saved


def set_aside(directory: Path) -> Path:
    """Keep an unusable journal under another name, so that a new one can begin; returns where it is now."""
    path = directory / NAME
    number = 1
    while (aside := directory / f"{NAME}.unusable-{number}").exists():
        number += 1
    path.rename(aside)
    return aside


class Journal:
    """Writes the journal of a running cluster. Records are buffered until `commit`."""

    def __init__(self, directory: Path, saved: Saved | None = None) -> None:
        """Open the journal for appending, after its undamaged part, or begin a new one.

        Raises:
            OSError: the directory cannot be made or written.
        """
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = directory / NAME
        self._buffer: list[bytes] = []
        self._dirty = False
        self._synced = 0.0
        self._base = 0
        self._saved_now = saved.now if saved is not None else 0.0
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        self._file = os.open(self._path, flags, 0o600)
        self._size = saved.good_bytes if saved is not None else 0
        os.ftruncate(self._file, self._size)
        os.lseek(self._file, self._size, os.SEEK_SET)

    @property
    def wants_rewrite(self) -> bool:
        """Whether most of the file is history by now."""
        return self._size > max(_SMALLEST_REWRITE, 4 * self._base)

    def record(self, change: Change) -> None:
        """Note a change of the store."""
        key = [change.resource, change.namespace, change.name]
        if change.type == "DELETED":
            self._append({"del": key, "revision": change.revision})
        else:
            self._append({"put": key, "object": change.object, "revision": change.revision})

    def record_image(self, image: SavedImage) -> None:
        """Note an image."""
        self._append(_image_record(image))

    def commit(self, now: float) -> None:
        """Write what was noted, with the cluster time `now` (agenda seconds).

        Raises:
            OSError: the medium is full or gone; what was noted is kept for the next commit.
        """
        if self._buffer or now - self._saved_now >= _TIME_STEP:
            data = b"".join([*self._buffer, _line({"now": now})])
            self._write(data)
            self._buffer.clear()
            self._saved_now = now
            self._size += len(data)
            self._dirty = True
        if self._dirty and time.monotonic() - self._synced > _SYNC_EVERY:
            self._sync()

    def rewrite(self, saved: Saved) -> None:
        """Replace the journal by what there is now.

        Raises:
            OSError: the medium is full or gone; the old journal is still in use.
        """
        temporary = self._path.with_name(f"{NAME}.new")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            data = b"".join(_line(record) for record in _records(saved))
            _write_all(descriptor, data)
            os.fsync(descriptor)
            temporary.replace(self._path)
        except BaseException:
            os.close(descriptor)
            temporary.unlink(missing_ok=True)
            raise
        os.close(self._file)
        self._file, self._size, self._base = descriptor, len(data), len(data)
        self._buffer.clear()
        _sync_directory(self._path.parent)

    def close(self, now: float) -> None:
        """Write what is left, and the time."""
        if self._file < 0:
            return
        self._append({"now": now})
        self.commit(now)
        self._sync()
        os.close(self._file)
        self._file = -1

    def _write(self, data: bytes) -> None:
        """Write at the end, wholly or not at all: behind a torn line nothing would be read again."""
        try:
            _write_all(self._file, data)
        except OSError:
            os.ftruncate(self._file, self._size)
            os.lseek(self._file, self._size, os.SEEK_SET)
            raise

    def _append(self, record: Object) -> None:
        self._buffer.append(_line(record))

    def _sync(self) -> None:
        os.fsync(self._file)
        self._synced, self._dirty = time.monotonic(), False


def _records(saved: Saved) -> Iterable[Object]:
    yield {
        "format": FORMAT, "seed": saved.seed, "nodes": saved.nodes, "revision": saved.revision,
        "now": saved.now,
    }  # fmt: skip
    for image in saved.images.values():
        yield _image_record(image)
    for resource, namespace, name, obj in saved.items():
        yield {"put": [resource, namespace, name], "object": obj}


def _image_record(image: SavedImage) -> Object:
    files = {path: base64.b64encode(data).decode() for path, data in image.files.items()}
    return {
        "image": image.reference, "digest": image.digest, "labels": dict(image.labels), "files": files,
    }  # fmt: skip


def _check_header(record: Object, path: Path) -> None:
    if record.get("format") != FORMAT:
        raise JournalError(f"{path} has format {record.get('format')!r}; this Podlab reads format {FORMAT}")


def _replay(saved: Saved, record: Object) -> None:
    if "put" in record:
        resource, namespace, name = record["put"]
        saved.objects[resource, namespace, name] = record["object"]
    elif "del" in record:
        resource, namespace, name = record["del"]
        saved.objects.pop((resource, namespace, name), None)
    elif "image" in record:
        files = {path: base64.b64decode(text) for path, text in record["files"].items()}
        saved.images[record["image"]] = SavedImage(record["image"], record["digest"], record["labels"], files)
    saved.now = record.get("now", saved.now)
    saved.seed = record.get("seed", saved.seed)
    saved.nodes = record.get("nodes", saved.nodes)
    saved.revision = max(saved.revision, record.get("revision", 0))


def _line(record: Object) -> bytes:
    text = orjson.dumps(record)
    return b"%08x %s\n" % (zlib.crc32(text), text)


def _read_line(line: bytes) -> Object | None:
    """The record of a line; None when it is torn or damaged."""
    checksum, separator, text = line.rstrip(b"\n").partition(b" ")
    if not line.endswith(b"\n") or not separator or checksum != b"%08x" % zlib.crc32(text):
        return None
    try:
        record: Object = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return record


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
