"""The learner's saves: watched on a thread from the beginning, so that none is lost while a check runs.

Whoever is not waiting for a save is told of it at once, and is given it when it waits the next time.
"""

from __future__ import annotations

import queue
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from lab.errors import NotAbleError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

DEBOUNCE_MILLISECONDS = 200
"""Editors write a file in several steps; so long a quiet means that they are done."""
TICK_MILLISECONDS = 100
"""How soon the watcher notices that it is no longer wanted."""


class Saves:
    """Saves in a directory from `__enter__` on; to be waited for by one thread."""

    def __init__(
        self,
        directory: Path,
        early: Callable[[str], None],
        *,
        poll: bool,
        matters: Callable[[Path], bool] = lambda _path: True,
    ) -> None:
        """`early` is told, on another thread, what is saved while nobody waits; `poll`: look at the files.

        Only what `matters` is a save: editors write files of their own beside the learner's.
        """
        self._directory = directory
        self._matters = matters
        self._early = early
        self._poll = poll
        self._waiting = False
        self._ready, self._stop = threading.Event(), threading.Event()
        self._seen: queue.SimpleQueue[set[Path] | Exception] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="saves", daemon=True)

    def __enter__(self) -> Saves:
        """Begin to watch; what is saved from here on is seen."""
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def wait(self) -> str:
        """Names of the files saved since the last time, when there are any.

        Raises:
            NotAbleError: the directory cannot be watched.
        """
        self._waiting = True
        try:
            found = [self._seen.get()]
        finally:
            self._waiting = False
        while not self._seen.empty():
            found.append(self._seen.get())
        for one in found:
            if isinstance(one, Exception):
                raise NotAbleError(
                    f"the files cannot be watched: {one}",
                    where=str(self._directory),
                    remedy="podlab watch --poll looks at them instead of being notified",
                ) from one
        return self._names(set().union(*(one for one in found if isinstance(one, set))))

    def _run(self) -> None:
        try:
            for changed in _changes(self._directory, self._stop, poll=self._poll):
                paths = set(filter(self._matters, changed))
                if paths:
                    self._seen.put(paths)
                    if not self._waiting:
                        self._early(self._names(paths))
                self._ready.set()
        except Exception as error:  # noqa: BLE001 (handed to whoever waits)
            self._seen.put(error)
        finally:
            self._ready.set()

    def _names(self, paths: set[Path]) -> str:
        return ", ".join(sorted(path.relative_to(self._directory).as_posix() for path in paths))


def _changes(directory: Path, stop: threading.Event, *, poll: bool) -> Iterator[set[Path]]:
    """Sets of files that changed, as they are saved, and empty ones in between; ends when `stop` is set."""
    import watchfiles

    from lab.attempt.workspace import IGNORED_DIRECTORIES, IGNORED_SUFFIXES, MARKER

    def wanted(_change: watchfiles.Change, text: str) -> bool:
        path = Path(text)
        return not (
            path.name == MARKER
            or path.name.startswith(".")
            or path.name.endswith(IGNORED_SUFFIXES)
            or IGNORED_DIRECTORIES & set(path.parts)
        )

    # watchfiles itself falls back to polling where notification fails to start; network file systems start it
    # well and then stay silent, which is what --poll and WATCHFILES_FORCE_POLLING are for.
    for changes in watchfiles.watch(
        directory,
        watch_filter=wanted,
        debounce=DEBOUNCE_MILLISECONDS * 4,
        step=DEBOUNCE_MILLISECONDS // 4,
        stop_event=stop,
        rust_timeout=TICK_MILLISECONDS,
        yield_on_timeout=True,
        force_polling=poll or None,
        poll_delay_ms=500,
        raise_interrupt=False,
    ):
        yield {Path(text) for _, text in changes}
