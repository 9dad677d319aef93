"""Long operations, one at a time: begun on a thread, told line by line, called off, given up.

What waits for a cluster may wait for ever. So the threads are daemons, an operation that was called off and
does not end is given up, and leaving waits for none of them longer than `FAREWELL_SECONDS`. Every operation
that began ends with one message to the screen that asked, whatever becomes of its thread.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from lab.tui.messages import Narrated, OperationDone, OperationFailed, OperationStarted
from lab.tui.operation import Failure, Kind, Operation

if TYPE_CHECKING:
    from textual.app import App
    from textual.message import Message
    from textual.message_pump import MessagePump

Work = Callable[[Operation, Callable[[str], None]], object]
"""A long operation's body: gets the operation and where to narrate to, returns the result."""

PATIENCE_SECONDS = 5.0
"""Host seconds a cancelled operation is given to end by itself: it may have something to put back."""

IN_FRONT = frozenset({Kind.START, Kind.RESET, Kind.CONNECT})
"""Operations that tell line by line what they are at, also while they stop."""

FAREWELL_SECONDS = 5.0
"""Host seconds that leaving the lab waits for one to stop."""


class Operations:
    """The one that runs, and the one before."""

    def __init__(self, app: App[int]) -> None:
        self._app = app
        self.running: Operation | None = None
        self.last: Operation | None = None
        """The operation that ended last, or runs: its narration can be read."""
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        """Guards the end of what runs: it may end, and be given up, at the same time."""

    def begin(self, operation: Operation, work: Work, reply_to: MessagePump) -> None:
        """Run `work` on a thread; only while nothing runs."""
        self.running = self.last = operation
        operation.reply_to = reply_to
        reply_to.post_message(OperationStarted(operation))
        self._thread = in_background("operation", partial(self._run, operation, work))

    @staticmethod
    def aside(operation: Operation, work: Work, reply_to: MessagePump) -> None:
        """Run `work` beside what runs: it is quick, waits for no cluster and is not to be called off."""

        def run() -> None:
            post(reply_to, _outcome(operation, work, operation.narration.append))

        in_background("aside", run)

    def cancel(self) -> bool:
        """Ask what runs to stop; False when nothing does.

        Asked again it is not waited for any more; without that only where nobody sees what it is at.
        """
        operation = self.running
        if operation is not None:
            if operation.cancel.requested:
                self._give_up(operation)
            elif operation.kind not in IN_FRONT:
                self._app.set_timer(PATIENCE_SECONDS, partial(self._give_up, operation))
        return self.call_off()

    def call_off(self) -> bool:
        """Ask what runs to stop, and no more than that."""
        if self.running is None:
            return False
        self.running.cancel.cancel()
        return True

    def farewell(self, say: Callable[[str], object]) -> None:
        """Wait a moment for what was called off to end; for after the last frame."""
        thread, operation = self._thread, self.running
        if thread is None or operation is None:
            return
        thread.join(FAREWELL_SECONDS / 10)
        if thread.is_alive():
            say(f"{operation.title}: waiting for a place to stop; Ctrl-C leaves at once")
            with contextlib.suppress(KeyboardInterrupt):
                thread.join(FAREWELL_SECONDS)

    def _run(self, operation: Operation, work: Work) -> None:
        def narrate(line: str) -> None:
            operation.narration.append(line)
            if self.running is operation:
                post(operation.reply_to, Narrated(operation, line))

        self._end(operation, _outcome(operation, work, narrate))

    def _give_up(self, operation: Operation) -> None:
        """Wait no longer for one that was cancelled: whatever it still brings is nobody's."""
        self._end(operation, OperationFailed(operation, Failure.given_up(operation)))

    def _end(self, operation: Operation, ended: Message) -> None:
        """Take it from its place and say so, unless it was given up before."""
        with self._lock:
            if self.running is not operation:
                return
            # Before the message is posted: whoever handles it may begin the next operation.
            self.running = None
        post(operation.reply_to, ended)


def _outcome(operation: Operation, work: Work, narrate: Callable[[str], None]) -> Message:
    """What its screen is told when it has ended, well or not."""
    try:
        return OperationDone(operation, work(operation, narrate))
    except Exception as problem:  # noqa: BLE001 (whatever it is, the learner sees it on the error screen)
        return OperationFailed(operation, Failure.of(problem, operation))


def in_background(name: str, body: Callable[[], object]) -> threading.Thread:
    """Run something that may wait for a cluster: nothing ever waits for its end."""
    thread = threading.Thread(target=body, daemon=True, name=name)
    thread.start()
    return thread


def post(reply_to: MessagePump | None, message: Message) -> None:
    """Post from a thread; a screen, or an app, that is gone simply does not hear it."""
    with contextlib.suppress(RuntimeError):
        if reply_to is not None:
            reply_to.post_message(message)
