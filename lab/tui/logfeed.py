"""Follows the log in view as it is written, and keeps what was seen of logs for looking back.

One thread reads (it blocks in the stream), one tells the screen, at most ten times a second however fast the
lines come. A container that was started again is followed into its new instance.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from lab.attempt.logbook import LINES, Key, LogBook, Volume
from lab.attempt.statuses import statuses
from lab.errors import LabError, NotAbleError, ObservationLost
from lab.tui.messages import LogRead
from lab.tui.view import LogSource, LogText
from lab.tui.wording import clock_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.message import Message

    from lab.attempt.attempt import Attempt
    from lab.attempt.views import LiveView, PodRow
    from lab.kube.logs import LogStream

PULSE = 0.1
"""Host seconds between two messages to the screen."""
AGAIN = 1.0
"""Host seconds until a log that could not be read is tried again, unless the cluster moves before."""


class LogFeed:
    """Follows one log at a time, until closed."""

    def __init__(self, attempt: Attempt, post: Callable[[Message], None]) -> None:
        self._attempt = attempt
        self._post = post
        self._book = LogBook()
        self._lock = threading.Lock()
        """Guards the book and what is in view."""
        self._source: LogSource | None = None
        self._live: LiveView | None = None
        self._stream: LogStream | None = None
        self._key: Key | None = None
        self._problem = ""
        self._state: object = None
        self._moved = threading.Event()
        self._new = threading.Event()
        self._closed = threading.Event()

    # --- for any thread ------------------------------------------------------------------------------------

    def look_at(self, source: LogSource | None) -> None:
        """Follow this log from now on (None: no log)."""
        with self._lock:
            if source == self._source:
                return
            self._source, self._key, self._problem = source, None, ""
            self._let_go()

    def seen(self, live: LiveView) -> None:
        """The namespace looks so now: the container in view may have been started again."""
        with self._lock:
            self._live = live
            state = _state(live, self._source)
            if state != self._state:
                self._state = state
                self._moved.set()

    def refresh(self) -> None:
        """Read it anew: the cluster may be another one."""
        with self._lock:
            if self._problem or self._stream is None:
                self._let_go()

    def close(self) -> None:
        """Ask the threads to end; returns at once."""
        self._closed.set()
        with self._lock:
            self._let_go()
        self._new.set()

    def as_of(self, source: LogSource, pod: PodRow | None, moment: float) -> LogText:
        """The log as it was at a moment, as far as it was seen; `pod` as it was then."""
        if pod is None:
            return LogText(source, (), f"There was no pod {source.pod} then.")
        restart = _restarts(pod, source.container) - int(source.previous)
        with self._lock:
            volume = self._book.get((pod.uid, source.container, restart))
            if volume is None:
                return LogText(source, (), _unkept(restart))
            lines = volume.until(moment)
            missing = _missing(volume, lines[0].at if lines else moment)
        if not lines:
            return LogText(source, (), missing or "The container had not written anything by then.")
        texts, times = tuple(line.text for line in lines), tuple(line.at for line in lines)
        return LogText(source, texts, times=times, first=volume.first, missing=missing)

    # --- threads -------------------------------------------------------------------------------------------

    def run(self) -> None:
        """The reader's body: returns after `close`."""
        while not self._closed.is_set():
            self._moved.clear()
            with self._lock:
                source = self._source
            if source is None:
                self._moved.wait()
                continue
            again = self._read(source)
            # Whatever ended the stream, the view that tells of it may still be on its way.
            self._moved.wait(AGAIN if again else None)

    def pulse(self) -> None:
        """The teller's body: returns after `close`."""
        while not self._closed.is_set():
            self._new.wait()
            self._new.clear()
            told = self._text()
            if told is not None and not self._closed.is_set():
                self._post(LogRead(told))
            self._closed.wait(PULSE)

    def _read(self, source: LogSource) -> bool:
        """Follow a log to its end; True: try again soon, whether or not the cluster moves."""
        try:
            stream = self._attempt.follow_log(
                source.pod, source.container, previous=source.previous, tail=LINES
            )
        except (NotAbleError, ObservationLost):
            return True  # what was read stays in view; the live stream says that the cluster is lost, and why
        except LabError as problem:
            self._fail(source, problem.what)
            return False
        volume: Volume | None = None
        try:
            with self._lock:
                self._stream = stream
            if source != self._source:
                return True
            volume = self._begin(source)
            for lines in stream:
                with self._lock:
                    if volume.before is not None and self._key is not None and lines:
                        self._key = self._book.begun(self._key, volume, lines[0])
                    volume.add(lines)
                    volume.cut = volume.cut or len(volume.lines) + volume.first == LINES
                self._new.set()
        except LabError:
            return True
        finally:
            stream.close()
            with self._lock:
                self._stream = None
                self._book.shrink()
        return False

    def _begin(self, source: LogSource) -> Volume:
        """An empty volume for the instance that is about to be read."""
        with self._lock:
            pod = _pod(self._live, source)
            restart = _restarts(pod, source.container) - int(source.previous) if pod is not None else 0
            self._key = (pod.uid if pod is not None else source.pod, source.container, restart)
            self._problem = ""
            volume = self._book.open(self._key)
        self._new.set()
        return volume

    def _fail(self, source: LogSource, problem: str) -> None:
        with self._lock:
            if source == self._source:
                self._key, self._problem = None, problem
        self._new.set()

    def _text(self) -> LogText | None:
        with self._lock:
            source, volume = self._source, self._book.get(self._key) if self._key else None
            if source is None or (volume is None and not self._problem):
                return None
            if volume is None:
                return LogText(source, (), self._problem)
            lines = tuple(volume.lines)
            first = volume.first
        return LogText(
            source, tuple(line.text for line in lines), times=tuple(line.at for line in lines), first=first
        )

    def _let_go(self) -> None:
        """End the stream that is open, so that the reader looks anew. The lock is held."""
        if self._stream is not None:
            self._stream.close()
        self._moved.set()


def _pod(live: LiveView | None, source: LogSource) -> PodRow | None:
    return next((pod for pod in live.pods if pod.name == source.pod), None) if live is not None else None


def _status(pod: PodRow, container: str) -> dict[str, object]:
    return next((one for one, _init in statuses(pod.object) if one.get("name") == container), {})


def _restarts(pod: PodRow, container: str) -> int:
    count = _status(pod, container).get("restartCount")
    return count if isinstance(count, int) else 0


def _state(live: LiveView, source: LogSource | None) -> object:
    """What tells one instance, or one stage of its life, from the next."""
    pod = _pod(live, source) if source is not None else None
    if source is None or pod is None:
        return None
    status = _status(pod, source.container)
    state = status.get("state")
    return pod.uid, status.get("restartCount"), *(state if isinstance(state, dict) else ())


def _unkept(restart: int) -> str:
    which = f"instance {restart + 1}" if restart else "the first instance"
    return f"The log of {which} was not kept: kept are the logs that were in view while you were here."


def _missing(volume: Volume, at: float) -> str:
    if volume.dropped or volume.cut:
        return f"Lines before {clock_time(volume.dropped or at)} were not kept."
    return ""
