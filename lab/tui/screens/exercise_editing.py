"""The editor in place, as the exercise screen wires it: mistakes, what is different, unsaved edits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual import on

from lab.tui import comparing
from lab.tui.drifting import Drifting
from lab.tui.screens.base import LabScreen
from lab.tui.screens.changes import drift_lines
from lab.tui.screens.dialogs import confirm
from lab.tui.widgets.editor import Editor
from lab.tui.widgets.files import FilesPanel

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.timer import Timer

    from lab.attempt.attempt import Attempt
    from lab.tui.comparing import Compared
    from lab.tui.drafts import Drafts
    from lab.tui.drifting import Drifted
    from lab.tui.linter import Linted, Linter
    from lab.tui.operation import WouldOverwrite
    from lab.tui.screens.dialogs import Way
    from lab.tui.view import AttemptView

OVERWRITES_SHOWN = 4
"""Fields that are named when they are asked about."""
DRAFT_SECONDS = 0.5
"""Host seconds of typing that a kill may cost at most."""


class Editing(LabScreen):
    """The exercise screen's editor."""

    attempt: Attempt
    view: AttemptView
    linter: Linter
    leaving: Way | None
    _drifting: Drifting | None = None
    drafts: Drafts
    _draft_timer: Timer | None = None

    def change(self, **parts: Any) -> None:
        """Replace parts of the view; the screen does it."""
        raise NotImplementedError

    @on(FilesPanel.LintWanted)
    def _lint_wanted(self, event: FilesPanel.LintWanted) -> None:
        self.linter.look(event.name, event.text)

    def on_linted(self, message: Linted) -> None:
        """What is wrong with a text."""
        self.query_one(FilesPanel).linted(message.name, message.text, message.problems)

    @on(FilesPanel.DriftWanted)
    def _drift_wanted(self) -> None:
        if self._drifting is None:
            self._drifting = Drifting(self.attempt, self)
        self._drifting.look()

    def on_drifted(self, message: Drifted) -> None:
        """Somebody changed in the cluster what these files say, or nobody any more."""
        self.query_one(FilesPanel).drifted(message.names)

    @on(Editor.ChangesWanted)
    def _changes_wanted(self) -> None:
        comparing.begin(self.attempt, self.query_one(FilesPanel).texts, self.view.files or (), self)

    def on_compared(self, message: Compared) -> None:
        """What is different."""
        from lab.tui.screens.changes import ChangesScreen  # noqa: PLC0415 (the first view can do without)

        self.app.push_screen(ChangesScreen(message.comparison))

    def ask_overwrite(self, asked: WouldOverwrite, then: Callable[[], None]) -> None:
        """Say what an apply would undo in the cluster, and do it only when that is wanted."""
        shown = drift_lines(asked.found[:OVERWRITES_SHOWN])
        more = len(asked.found) - OVERWRITES_SHOWN
        detail = shown + (f"\n… and {more} more" if more > 0 else "")

        def answered(choice: str | None) -> None:
            if choice == "yes":
                then()
            else:
                self.lab_app.check_after_apply, self.leaving = False, None
                self.notify("Nothing was saved or applied; v in the files shows what is different.")

        question = "The cluster was changed since the last apply. Applying your files undoes this:"
        self.app.push_screen(
            confirm(question, "Save and apply over it", "Leave it; I will look first", detail=detail),
            answered,
        )

    # --- unsaved edits --------------------------------------------------------------------------------------

    @on(FilesPanel.DirtyChanged)
    def _dirty_changed(self) -> None:
        self.change()
        self._edited()

    @on(FilesPanel.Edited)
    def _edited(self) -> None:
        # Not with every key: a pause in typing is soon enough, and so is every half second of typing on.
        self.drafts.keep(self.query_one(FilesPanel).drafts)
        if self._draft_timer is None:
            self._draft_timer = self.set_timer(DRAFT_SECONDS, self._flush_drafts)

    def tell_of_other_sittings(self) -> None:
        """Say that another lab works on this, and where drafts are that could not come back as well."""
        if self.drafts.others:
            self.notify(
                "Another lab has this exercise open. Both work on the same files and the same cluster; "
                "unsaved edits are kept apart.",
                severity="warning",
                timeout=12,
            )
        for path in self.drafts.aside:
            self.notify(
                f"There were two sets of unsaved edits of {path.name}: the other one is kept in {path}",
                severity="warning",
                timeout=20,
                markup=False,
            )

    def _flush_drafts(self) -> None:
        self._draft_timer = None
        self.lab_app.bridge.flush_drafts(self.drafts)

    @on(FilesPanel.Restored)
    def _restored(self, event: FilesPanel.Restored) -> None:
        self.drafts.keep(self.query_one(FilesPanel).drafts)
        self.query_one(FilesPanel).bring(event.names[0])
        self.notify(
            f"Unsaved edits of last time are back in {', '.join(event.names)}: ^S saves, ^R drops them.",
            timeout=12,
        )
