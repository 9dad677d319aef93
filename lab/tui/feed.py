"""What an exercise screen follows while it is open: cluster, clock, files and progress; the log beside it.

The cluster pushes (the attempt's live stream, with its memory of what was before); the rest is looked at once
a second on a thread of its own, or at once when somebody asks. A reading is posted only when it differs from
the one before. The log in view has threads of its own (`logs`), and so has hearing of saves (`saves`).
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from lab.attempt import last_verdict, solved
from lab.attempt.clock import Clock
from lab.attempt.live import lost_sentence
from lab.attempt.views import LiveView
from lab.errors import LabError
from lab.model.progress import Standing
from lab.tui import files
from lab.tui.logfeed import LogFeed
from lab.tui.messages import ClockRead, FilesRead, LiveChanged, SolvedElsewhere, VerdictRead
from lab.tui.silence import Silence
from lab.tui.view import ClockReading, FileText, LogSource
from lab.tui.watcher import Watcher

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.message import Message

    from lab.attempt.attempt import Attempt
    from lab.attempt.live import LiveStream
    from lab.attempt.past import Past

PERIOD = 1.0
"""Host seconds between two looks at clock and files."""


class Feed:
    """Follows one attempt until closed."""

    def __init__(self, attempt: Attempt, post: Callable[[Message], None], wall: Callable[[], float]) -> None:
        self._attempt = attempt
        self._post_message = post
        self._wall = wall
        self._wake = threading.Event()
        self._closed = threading.Event()
        self._retry = False
        self.silence = Silence(self._seen, LiveView(attempt.namespace, 0.0))
        self.logs = LogFeed(attempt, self._post)
        self.saves = Watcher(attempt.workspace, self.refresh)
        self.past: Past | None = None
        """What was before; None until the cluster was seen."""
        self._files: tuple[FileText, ...] | None = None
        self._solved = False
        self._judged: float | None = None
        """When the last verdict was given; None: not looked yet, 0: there was none."""

    def look_at(self, source: LogSource | None) -> None:
        """Follow this log from now on (None: no log)."""
        self.logs.look_at(source)

    def refresh(self, *, reconnect: bool = False) -> None:
        """Look at everything now; `reconnect` opens the live stream anew as well."""
        self._retry = self._retry or reconnect
        self._wake.set()
        self.logs.refresh()

    def close(self) -> None:
        """Ask the threads to end; returns at once."""
        self._closed.set()
        self._wake.set()
        self.silence.close()
        self.logs.close()
        self.saves.close()

    def run(self) -> None:
        """The thread's body: returns after `close`."""
        stream: LiveStream | None = None
        try:
            while not self._closed.is_set():
                self._wake.clear()
                self._read_files()
                if stream is None or self._retry:
                    self._retry = False
                    stream = self._connect(stream)
                self._read_clock()
                self._read_progress()
                self._read_verdict()
                self._wake.wait(PERIOD)
        finally:
            if stream is not None:
                stream.close()

    def _post(self, message: Message) -> None:
        if not self._closed.is_set():
            self._post_message(message)

    def _connect(self, before: LiveStream | None) -> LiveStream | None:
        if before is not None:
            before.close()
        try:
            stream = self._attempt.live(self.past)
            self.past = stream.past
            stream.subscribe(self._heard)
        except LabError as problem:
            self._post(LiveChanged(LiveView(self._attempt.namespace, 0.0, lost=lost_sentence(problem))))
            return None
        return stream

    def _heard(self, live: LiveView) -> None:
        self.silence.heard(live)
        self._seen(live)

    def _seen(self, live: LiveView) -> None:
        self.logs.seen(live)
        self._post(LiveChanged(live))

    def _read_clock(self) -> None:
        try:
            clock = Clock.of(self._attempt)
            reading = ClockReading(clock.now(), self._wall(), clock.rate(), clock.controllable)
        except LabError:
            return  # the live stream says that the cluster is lost, and why
        self._post(ClockRead(reading))

    def _read_files(self) -> None:
        found = files.read_all(self._attempt)
        if found != self._files:
            self._files = found
            self._post(FilesRead(found))

    def _read_verdict(self) -> None:
        kept = last_verdict.of(self._attempt)
        at = kept.at if kept is not None else 0.0
        if kept is not None and at != self._judged:
            self._post(VerdictRead(kept, before=self._judged is None))
        self._judged = at

    def _read_progress(self) -> None:
        if not self._solved and self._attempt.record().standing is Standing.SOLVED:
            self._solved = True
            self._post(SolvedElsewhere(solved.of(self._attempt)))
