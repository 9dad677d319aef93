"""What the learner's files are different from: the start, the disk, the live objects. Found on a thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from lab.attempt.debriefing import changes
from lab.errors import LabError
from lab.tui.operations import in_background

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.message_pump import MessagePump

    from lab.attempt.attempt import Attempt
    from lab.attempt.views import Drift
    from lab.model.debrief import FileChange
    from lab.tui.view import FileText


@dataclass(frozen=True)
class Comparison:
    """The buffers as they are, held to everything they come from and lead to."""

    start: tuple[FileChange, ...]
    """What was changed since the start of the exercise."""
    unsaved: tuple[FileChange, ...]
    """What is not on disk yet."""
    live: tuple[Drift, ...]
    """Where the cluster is otherwise than the files on disk."""
    problem: str = ""
    """Why nothing is known of the cluster."""


@dataclass
class Compared(Message):
    """The differences were found."""

    comparison: Comparison


def begin(
    attempt: Attempt, texts: Mapping[str, str], disk: tuple[FileText, ...], reply_to: MessagePump
) -> None:
    """Compare on a thread, and post `Compared`."""

    def work() -> None:
        reply_to.post_message(Compared(compare(attempt, texts, disk)))

    in_background("compare", work)


def compare(attempt: Attempt, texts: Mapping[str, str], disk: tuple[FileText, ...]) -> Comparison:
    """The differences of buffers (`texts`, by file name) and files."""
    on_disk = {one.file.name: one.text.encode() for one in disk if not one.problem and one.file.name in texts}
    try:
        live, problem = attempt.drift(), ""
    except LabError as error:
        live, problem = (), error.what
    originals = {name: text for name, text in attempt.place.originals.items() if name in texts}
    return Comparison(changes(originals, texts), changes(on_disk, texts), live, problem)
