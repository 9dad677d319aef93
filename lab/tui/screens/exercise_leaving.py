"""The ways out of the exercise screen: to the catalogue, or out of the lab. A mixin beside the actions.

Nothing typed is lost unasked: unsaved edits are kept for the next time, saved, or dropped, as the learner
says. Who leaves does not wait for a check, and is told what was not checked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.tui.operation import Kind
from lab.tui.screens.base import LabScreen, too_small
from lab.tui.screens.dialogs import Way, unsaved
from lab.tui.widgets.files import FilesPanel

if TYPE_CHECKING:
    from lab.attempt.attempt import Attempt
    from lab.tui.bridge import Bridge
    from lab.tui.drafts import Drafts
    from lab.tui.view import AttemptView

BROKEN_OFF = "The check was broken off, and judges nothing"


class Leaving(LabScreen):
    """Going away from an exercise."""

    attempt: Attempt
    view: AttemptView
    drafts: Drafts
    leaving: Way | None = None
    """Where the learner goes once the edits are applied."""

    @property
    def bridge(self) -> Bridge:
        """The app's bridge."""
        return self.lab_app.bridge

    def on_mount(self) -> None:
        """Say it when the last sitting ended in the middle of a check."""
        if self.lab_app.sitting.place.checking:
            self.lab_app.judging(False)
            self.notify(f"{BROKEN_OFF}: the lab was left before it was over. c checks.", timeout=12)

    def action_back(self) -> None:
        """To the catalogue, after asking about unsaved edits and stopping what runs."""
        self.leave(Way.CATALOGUE)

    def leave_the_lab(self) -> None:
        """Out of the lab, after the same question; what runs is stopped."""
        self.leave(Way.SHELL)

    def leave(self, way: Way) -> None:
        """Go that way, after asking about unsaved edits."""
        names = self.query_one(FilesPanel).dirty
        if not names or (too_small(self.app.size) and self._kept()):
            self.go_out(way)
            return

        def answered(choice: str | None) -> None:
            if choice == "save":
                self.leaving = way
                self.query_one(FilesPanel).request_save()
            elif choice == "discard":
                self.query_one(FilesPanel).revert()
                self.go_out(way)
            elif choice == "keep" and self._kept():
                self.go_out(way, f"Unsaved edits of {', '.join(names)} are kept for the next time.")

        self.app.push_screen(unsaved(names, way), answered)

    def _kept(self) -> bool:
        """Whether the unsaved edits are on disk, beside the lab's other state."""
        drafts = self.query_one(FilesPanel).drafts
        self.drafts.keep(drafts)
        problem = self.drafts.flush()
        if self.drafts.read() == drafts:
            return True
        said = f": {problem}" if problem else ""
        self.notify(f"The edits cannot be kept{said}. You are still here.", severity="warning", timeout=12)
        return False

    def go_out(self, way: Way, said: str = "") -> None:
        """Leave, and tell there what the learner should know of here."""
        running = self.bridge.running
        words = [said] if said else []
        if running is not None and running.kind is Kind.CHECK:
            words.append(
                f"{BROKEN_OFF}. `podlab check {self.view.name}`, or c in the exercise, begins it anew."
            )
        self.leaving, self.lab_app.check_after_apply = None, False
        self.drafts.keep(self.query_one(FilesPanel).drafts)
        if way is Way.SHELL:
            self.lab_app.leave(*words)
            return
        self.bridge.cancel()
        self.lab_app.close_attempt()
        if words:
            self.lab_app.notify("\n".join(words), timeout=8, markup=False)
