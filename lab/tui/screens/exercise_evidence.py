"""Opening evidence, as the exercise screen wires it: an object, an event, a log, a file. A mixin."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.message import Message

from lab.errors import LabError
from lab.tui import evidence as sights
from lab.tui.arrangement import FILES
from lab.tui.operations import in_background
from lab.tui.screens.base import LabScreen
from lab.tui.widgets.checklist import ChecklistPanel
from lab.tui.widgets.files import FilesPanel

if TYPE_CHECKING:
    from lab.attempt.attempt import Attempt
    from lab.model.verdict import Evidence
    from lab.tui.evidence import Sight
    from lab.tui.feed import Feed
    from lab.tui.view import AttemptView

LOG_LINES = 2000
"""So many of a log's last lines are looked through."""


@dataclass
class Seen(Message):
    """A log was read for its evidence."""

    sight: Sight


class EvidenceActions(LabScreen):
    """The exercise screen's evidence."""

    attempt: Attempt
    view: AttemptView
    feed: Feed | None

    def action_panel(self, panel: str) -> None:
        """Bring a panel into view; the screen does it."""
        raise NotImplementedError

    @on(ChecklistPanel.EvidenceOpened)
    def _evidence_opened(self, event: ChecklistPanel.EvidenceOpened) -> None:
        piece, where = event.evidence, sights.source(event.evidence)
        if where == sights.LOG:
            in_background("evidence", partial(self._read_log, piece))
        elif where == "file":
            line = piece.field.rpartition(":")[2]
            self.query_one(FilesPanel).go_to(
                piece.object.partition("/")[2], int(line) if line.isdigit() else 1
            )
            if not self.on_top:
                self.app.pop_screen()  # the debrief: the file is in this screen
            self.action_panel(FILES)
        else:
            objects = self.view.live.objects if self.view.live is not None else {}
            if event.solved_at is None:
                self._show(sights.then_or_now(piece, objects, self._objects_at))
            else:
                self._show(sights.then_and_now(piece, event.solved_at, sights.in_objects(piece, objects)))

    def _objects_at(self, moment: float) -> sights.Objects | None:
        past = self.feed.past if self.feed is not None else None
        known = past is not None and past.since is not None and past.since <= moment
        return past.view(moment).objects if past is not None and known else None

    def _read_log(self, piece: Evidence) -> None:
        """On a thread: the log of this instance, or of the one before, whichever has the line."""
        pod, container = piece.object.partition("/")[2], piece.field.partition(" ")[2]
        why = "The log has no such line any more."
        for previous in (False, True):
            try:
                text = self.attempt.logs(pod, container, previous=previous, tail=LOG_LINES)
            except LabError as problem:
                why = f"{problem.what}." if not previous else why
                continue
            sight = sights.in_log(piece, text, previous=previous)
            if sight is not None:
                self.post_message(Seen(sight))
                return
        self.post_message(Seen(sights.gone(piece, why)))

    def on_seen(self, message: Seen) -> None:
        """A log was read."""
        self._show(message.sight)

    def _show(self, sight: Sight) -> None:
        from lab.tui.screens.evidence import EvidenceScreen  # noqa: PLC0415 (the first view can do without)

        self.app.push_screen(EvidenceScreen(sight))
