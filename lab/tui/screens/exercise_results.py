"""What long operations bring back to the exercise screen. A mixin beside `exercise_actions`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from textual.markup import escape

from lab.model.verdict import State
from lab.tui import tour
from lab.tui.arrangement import CHECKS, FILES
from lab.tui.messages import Found, Narrated, OperationDone, OperationFailed, OperationStarted
from lab.tui.operation import Kind, WouldOverwrite
from lab.tui.screens.exercise_verdict import Verdicts
from lab.tui.screens.failure import FailureScreen
from lab.tui.screens.progress import ProgressScreen
from lab.tui.screens.reading import HintScreen, ReadingScreen, solution_markdown
from lab.tui.view import Judging
from lab.tui.widgets.banner import Banner
from lab.tui.widgets.checklist import ChecklistPanel
from lab.tui.widgets.files import FilesPanel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lab.attempt.attempt import Attempt
    from lab.attempt.views import Hint, SolutionFile
    from lab.model.debrief import Debriefing
    from lab.model.verdict import Finding
    from lab.tui.feed import Feed
    from lab.tui.operation import Applied, Checked, Failure, Operation, WasReset
    from lab.tui.screens.dialogs import Way
    from lab.tui.screens.exercise_saves import FollowedSaves
    from lab.tui.view import AttemptView, FileText

QUICK = frozenset({Kind.HINT, Kind.SOLUTION, Kind.ANSWER, Kind.DEBRIEF})
"""Operations that are over before a banner could be read."""

IN_FRONT = frozenset({Kind.RESET})
"""Operations during which there is nothing else to do."""


class Results(Verdicts):
    """Answers of the bridge."""

    attempt: Attempt
    view: AttemptView
    feed: Feed | None
    busy: str
    applied: tuple[FileText, ...] | None
    after_check: list[tuple[FileText, str]] | None
    save_waits: bool
    saves: FollowedSaves
    leaving: Way | None

    def go_out(self, way: Way, said: str = "") -> None:
        """Leave the exercise; the leaving does it."""
        raise NotImplementedError

    def resume_apply(self) -> None:
        """Apply what waited for a check to stop; the actions do it."""
        raise NotImplementedError

    def cluster_lost(self, failure: Failure) -> bool:
        """Whether bringing the cluster up may be the way out; the actions know."""
        raise NotImplementedError

    def tell_tour(self, what: str) -> None:
        """The learner did something the tour may have asked for; its mixin hears it."""
        raise NotImplementedError

    def start_check(self, *, show: bool = True) -> None:
        """Verify; the actions do it."""
        raise NotImplementedError

    def ask_overwrite(self, asked: WouldOverwrite, then: Callable[[], None]) -> None:
        """Ask whether changes in the cluster may be undone; the editing does it."""
        raise NotImplementedError

    def apply(self, edited: list[tuple[FileText, str]], *, over: bool = False) -> None:
        """Write these texts and apply; the actions do it."""
        raise NotImplementedError

    def action_panel(self, panel: str) -> None:
        """Bring a panel into view; the screen does it."""
        raise NotImplementedError

    def on_operation_started(self, message: OperationStarted) -> None:
        """Say that it runs."""
        kind = message.operation.kind
        if kind in IN_FRONT:
            self.app.push_screen(ProgressScreen(message.operation))
        elif kind not in QUICK:
            self._say_busy(message.operation, "")
        if kind is Kind.CHECK:
            self.lab_app.judging(True)
            # An answer is not asked for again by a check.
            answered = tuple(one for one in self.view.judging.findings if one.kind == "question")
            self.change(judging=Judging(running=True, findings=answered))

    def on_narrated(self, message: Narrated) -> None:
        """Say what it is at."""
        if isinstance(self.app.screen, ProgressScreen):
            self.app.screen.refresh_narration()
        elif message.operation.kind not in QUICK:
            self._say_busy(message.operation, message.line)

    def on_found(self, message: Found) -> None:
        """A finding: add it, or put it in the place of the same check's earlier one."""
        found = list(self.view.judging.findings)
        at = next((index for index, one in enumerate(found) if one.id == message.finding.id), len(found))
        found[at : at + 1] = [message.finding]
        self.change(judging=replace(self.view.judging, findings=tuple(found)))

    def on_operation_done(self, message: OperationDone) -> None:
        """It ended well: show what it brought."""
        if message.operation.kind is Kind.HINT and self.lab_app.bridge.running is not None:
            self._hinted(message.result)  # read while something else runs
            return
        self._settle()
        if message.operation.kind is not Kind.CHECK:
            # What was told before (unsaved edits are back) is past; what the API server warned of is not.
            self.app.clear_notifications()
        receive = {
            Kind.CHECK: self._checked,
            Kind.APPLY: self._applied,
            Kind.RESET: self._was_reset,
            Kind.HINT: self._hinted,
            Kind.SOLUTION: self._solution,
            Kind.ANSWER: self._answered,
            Kind.CONNECT: self._connected,
            Kind.DEBRIEF: self._debriefed,
        }.get(message.operation.kind)
        if receive is not None:
            receive(message.result)
        if why := self.lab_app.lab.unwritten():
            said = f"This could not be noted; it is known only until you leave the lab: {why}"
            self.notify(said, severity="warning", timeout=12, markup=False)
        if self.feed is not None:
            self.feed.refresh(reconnect=message.operation.kind is Kind.CONNECT)
        self.resume_apply()
        self.saves.seen()

    def on_operation_failed(self, message: OperationFailed) -> None:
        """It did not: say why. What was found before stays in view as far as it is true."""
        if message.operation.kind is Kind.HINT and self.lab_app.bridge.running is not None:
            self.notify(message.failure.what, severity="warning", markup=False)
            return
        self._settle()
        self.lab_app.check_after_apply = False
        if self.after_check is None:
            self.leaving = None
        if message.operation.kind is Kind.CHECK:
            self.lab_app.judging(False)
            self.change(judging=Judging(findings=self.view.judging.findings))
        if message.failure.cancelled:
            if self.save_waits:
                self.save_waits = False
                self.notify("Your edits were not saved: ^S saves and applies them.", severity="warning")
            if self.after_check is None:
                self.notify(f"{message.operation.title}: {message.failure.what}")
        else:
            title = f"{message.operation.title} failed"
            if message.operation.kind is Kind.APPLY and not message.failure.environment:
                title = "Not applied"
            self.app.push_screen(
                FailureScreen(title, message.failure, cluster=self.cluster_lost(message.failure)),
                self._after_failure(message),
            )
        self.resume_apply()

    def _after_failure(self, message: OperationFailed) -> Any:
        actions = {
            Kind.CHECK: "check",
            Kind.APPLY: "apply",
            Kind.HINT: "hint",
            Kind.CONNECT: "reconnect",
            Kind.SOLUTION: "solution",
            Kind.ANSWER: "answer",
        }
        action = actions.get(message.operation.kind)
        place = message.failure.place

        async def answered(wish: str | None) -> None:
            if wish == "again" and action:
                await self.run_action(action)
            elif wish == "connect":
                await self.run_action("reconnect")
            elif wish == "go" and place is not None and place.line is not None:
                self.query_one(FilesPanel).go_to(place.file, place.line)
                # Once the dialog is gone: a footer beneath it does not hear whose keys are the current ones.
                self.call_after_refresh(self.action_panel, FILES)

        return answered

    def _say_busy(self, operation: Operation, line: str) -> None:
        waits = " · your edits come after it" if self.save_waits else ""
        self.busy = (f"{operation.title}: {line}" if line else f"{operation.title}…") + waits
        self.query_one(Banner).say(self.view, self.busy)

    def _settle(self) -> None:
        self.busy = ""
        self.lab_app.bridge.unsay()
        if isinstance(self.app.screen, ProgressScreen):
            self.app.pop_screen()
        self.query_one(Banner).say(self.view, "")

    def _checked(self, result: object) -> None:
        done = cast("Checked", result)
        self.lab_app.judging(False)
        self.judged(done.verdict, done.kept)
        self.tell_tour(tour.VERDICT)

    def _applied(self, result: object) -> None:
        if isinstance(result, WouldOverwrite):
            edited = result.edited
            self.ask_overwrite(result, lambda: self.apply(edited, over=True))
            return
        done = cast("Applied", result)
        applied, self.applied = done.result, done.files
        self.change(judging=replace(self.view.judging, stale=True), files=done.files)
        changed = (*applied.created, *applied.configured, *(f"{one} (removed)" for one in applied.pruned))
        said = (
            f"Applied: {', '.join((*applied.images, *changed))}" if applied.changed else "Applied: no change"
        )
        if self.leaving is not None and not self.save_waits:
            warned = "".join(f"\nThe API server warns: {warning}" for warning in applied.warnings)
            self.go_out(self.leaving, f"{said}; not checked.{warned}")
            return
        self.notify(said)
        self.tell_tour(tour.APPLIED)
        for warning in applied.warnings:
            self.notify(warning, title="The API server warns", severity="warning", timeout=12)
        if self.save_waits:
            return  # the check comes when the edits made meanwhile are applied as well
        if self.lab_app.check_after_apply:
            self.start_check()
        elif self.lab_app.preferences.chosen.check_on_save:
            self.start_check(show=False)
        self.lab_app.check_after_apply = False

    def _was_reset(self, result: object) -> None:
        done = cast("WasReset", result)
        self.query_one(FilesPanel).revert()
        self.applied = done.files
        self.change(judging=Judging(), files=done.files)
        kept = f" Your files are in {done.backup}" if done.backup else ""
        nodes = "".join(f"\n{escape(line)}" for line in self.attempt.brought_back)
        self.notify(f"Everything is as it was at the start.{kept}{nodes}", timeout=12 if nodes else None)

    def _hinted(self, result: object) -> None:
        def left(wish: str | None) -> None:
            if wish == "more":
                self.lab_app.bridge.hint(self.attempt, self)

        self.app.push_screen(HintScreen(cast("Sequence[Hint]", result)), left)
        self.tell_tour(tour.HINT)

    def _solution(self, result: object) -> None:
        text = solution_markdown(cast("Sequence[SolutionFile]", result))
        self.app.push_screen(ReadingScreen("A solution", text))

    def _debriefed(self, result: object) -> None:
        from lab.tui.screens.debrief import DebriefScreen  # noqa: PLC0415 (not the first look's)

        brief = cast("Debriefing", result)
        titles = {one.name: one.title for one in self.lab_app.lab.exercises()}
        following = titles.get(brief.ahead.name, "")
        self.app.push_screen(DebriefScreen(self.view.title, brief, following, self))

    def _connected(self, result: object) -> None:
        anew = ", and the exercise runs on it again with your files" if result else ""
        self.notify(f"The cluster is up{anew}.")

    def _answered(self, result: object) -> None:
        finding = cast("Finding", result)
        self.on_found(Found(cast("Operation", self.lab_app.bridge.last), finding))
        self.change(judging=replace(self.view.judging, stale=self.view.judging.verdict is not None))
        self.query_one(ChecklistPanel).go_to(finding.id)
        self.action_panel(CHECKS)
        right = finding.state is State.PASSED
        self.notify(
            "Your answer is right." if right else "Not that; what was seen instead is below.",
            severity="information" if right else "warning",
        )
