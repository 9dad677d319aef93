"""Writing a file so that a kill at any moment leaves either the old content or the new one.

A temporary file beside the target is written and synced, then renamed over it, then the directory is
synced. A kill in between leaves a temporary file that nobody reads; the next write of the same target
replaces it.

Invariant: callers hold the lock that guards the target, so the temporary name needs no randomness.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lab.errors import NotAbleError, disk_remedy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


_OTHER_PLACE = "make the directory writable, or choose another one (PODLAB_HOME, or --workspace DIR)"


def write(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Put `content` at `path`, whole or not at all; parents are made.

    Raises:
        NotAbleError: the place is read-only, full, or not a directory.
    """
    temporary = path.with_name(f".{path.name}.new")
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, mode)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        _sync_directory(path.parent)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn the operating system's refusal to write at `path` into the lab's own error.

    Raises:
        NotAbleError: the place is read-only, full, or not a directory.
    """
    try:
        yield
    except OSError as error:
        raise NotAbleError(
            f"cannot write here: {error.strerror or error}",
            where=str(path),
            remedy=disk_remedy(error, _OTHER_PLACE),
        ) from error


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
