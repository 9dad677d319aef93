"""Saves made elsewhere (an editor of the learner's, a shell): applied and checked like those made here.

Only once the files have been still for a moment, and only where nothing could be lost or taken away by it:
not over unsaved edits, not while something runs, and not while a file of the exercise is missing, which an
editor that writes by renaming makes it look for an instant. What is left out so is shown as not applied.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.attempt.views import FileState
from lab.tui import files
from lab.tui.widgets.files import FilesPanel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.timer import Timer

    from lab.tui.screens.exercise import ExerciseScreen
    from lab.tui.view import FileText

STILL_SECONDS = 0.4
"""Host seconds without another change after which a save is taken to be over."""


class FollowedSaves:
    """Follows the files of one exercise screen."""

    def __init__(self, screen: ExerciseScreen) -> None:
        self._screen = screen
        self._tried: dict[str, str] | None = None
        """The texts, by file name, that were to be applied last, here or from here: tried once."""
        self._timer: Timer | None = None

    def seen(self) -> None:
        """Files may be different from those in the cluster: look again when they are still."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._screen.set_timer(STILL_SECONDS, self._follow) if self._wanted() else None

    def tried(self, edited: list[tuple[FileText, str]]) -> None:
        """The files are being applied with these edits: what comes to disk by that is nobody else's save."""
        self._tried = {**_texts(self._screen.view.files or ()), **{one.file.name: new for one, new in edited}}

    def _follow(self) -> None:
        self._timer = None
        if not self._wanted():
            return
        self._screen.apply([])

    def _wanted(self) -> bool:
        screen = self._screen
        now, applied = screen.view.files, screen.applied
        if now is None or applied is None or _texts(now) == self._tried:
            return False
        return (
            screen.bridge.running is None
            and not screen.query_one(FilesPanel).dirty
            and not any(one.file.state is FileState.MISSING for one in now)
            and bool(files.changed(applied, now))
            # Last: it is read from disk.
            and screen.lab_app.preferences.chosen.check_on_save
        )


def _texts(found: Iterable[FileText]) -> dict[str, str]:
    return {one.file.name: one.text for one in found}
