"""What the bridge tells screens: a long operation began, spoke, found, ended or failed; the cluster moved.

All are posted from worker threads and handled on the UI's loop; their payloads are immutable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from lab.attempt.clock import Skipped
    from lab.attempt.last_verdict import Kept
    from lab.attempt.views import LiveView
    from lab.errors import ContentError
    from lab.model.card import Card
    from lab.model.debrief import Solved
    from lab.model.verdict import Finding
    from lab.tui.operation import Failure, Operation
    from lab.tui.shelf import Offer
    from lab.tui.view import ClockReading, FileText, LogText


@dataclass
class CatalogueRead(Message):
    """The exercises were read whole, or could not be."""

    exercises: tuple[Card, ...]
    """Cards of those that can be read."""
    problem: str = ""
    """Why there are none: an exercise's files are wrong, with file and line."""
    problems: tuple[ContentError, ...] = ()
    """What is wrong with those that cannot be read, each with file and line."""


@dataclass
class OfferRead(Message):
    """It is known which cluster exercises would be started on, and what it can do."""

    offer: Offer


@dataclass
class OperationStarted(Message):
    """A long operation has been handed to a worker."""

    operation: Operation


@dataclass
class Narrated(Message):
    """A long operation told a line; it is in `operation.narration` as well."""

    operation: Operation
    line: str


@dataclass
class Found(Message):
    """A check gave an answer (not necessarily its last one)."""

    operation: Operation
    finding: Finding


@dataclass
class OperationDone(Message):
    """A long operation ended well. What `result` is depends on `operation.kind`."""

    operation: Operation
    result: object


@dataclass
class OperationFailed(Message):
    """A long operation ended with an error, or was cancelled (`failure.cancelled`)."""

    operation: Operation
    failure: Failure


@dataclass
class LiveChanged(Message):
    """The namespace looks different. Of several that wait to be handled only the latest is."""

    live: LiveView

    def can_replace(self, message: Message) -> bool:
        """A view that still waits in the queue is superseded by the next one."""
        return isinstance(message, LiveChanged)


@dataclass
class ClockRead(Message):
    """The cluster's clock was looked at."""

    reading: ClockReading


@dataclass
class ClockWorks(Message):
    """Cluster time is being moved: what is under way, or empty when all is done."""

    doing: str


@dataclass
class ClockStopped(Message):
    """One move of cluster time is over."""

    problem: str
    """Why it ended before its time; empty: it did not."""
    remedy: str = ""
    called_off: bool = False
    skipped: Skipped | None = None
    """What came of waiting for something, if that was it."""


@dataclass
class Described(Message):
    """kubectl described an object, or said why it cannot."""

    text: str


@dataclass
class SolvedElsewhere(Message):
    """The progress file has the exercise as solved, whoever checked it."""

    then: Solved | None
    """What was so then; None: that was not kept."""


@dataclass
class VerdictRead(Message):
    """A verdict was kept, whoever checked."""

    kept: Kept
    before: bool
    """It was there when this screen came."""


@dataclass
class LogRead(Message):
    """The log in view was read again and is different."""

    log: LogText


@dataclass
class FilesRead(Message):
    """The workspace was read again and is different."""

    files: tuple[FileText, ...]


@dataclass
class EditedBefore(Message):
    """These files, by name, are otherwise than they were applied last, in whichever sitting."""

    names: tuple[str, ...]
