"""Two labs at once: a file lock that says who is in the way, instead of waiting for ever."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from lab.attempt import durable
from lab.errors import NotAbleError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def held(path: Path, seconds: float, what: str) -> Iterator[None]:
    """Hold the lock at `path`; a lab that died holding it holds it no longer.

    Raises:
        NotAbleError: another process held it for `seconds` of host time (`what` says what that one does), or
            the place cannot be written.
    """
    import filelock  # late: the first frame is painted without a lock, and it takes asyncio and ssl along

    with durable.explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(path, timeout=seconds)
        try:
            lock.acquire()
        except filelock.Timeout as error:
            raise NotAbleError(
                what, where=str(path), remedy="wait until it is done, or close it, then try again"
            ) from error
    try:
        yield
    finally:
        lock.release()
