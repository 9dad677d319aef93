"""The only owner of workers: everything that may block runs here, on threads, and comes back as a message.

Invariants:
- No widget is touched from a worker; workers only post messages to the screen that asked.
- At most one long operation runs at a time; a second one is refused, never queued.
- Of live views only the latest is ever on its way, so a busy namespace cannot flood the UI.
- When the app leaves, everything is asked to stop; nothing is waited for by the UI's loop.
"""

from __future__ import annotations

import contextlib
import shlex
from functools import partial
from typing import TYPE_CHECKING

from lab.errors import LabError, NotAbleError, ObservationLost
from lab.tui.messages import (
    CatalogueRead,
    Described,
    EditedBefore,
    Found,
    OfferRead,
)
from lab.tui.operation import Applied, Checked, Kind, Operation, WasReset, WouldOverwrite
from lab.tui.operations import Operations, in_background, post

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from textual.app import App
    from textual.message_pump import MessagePump

    from lab.attempt.attempt import Attempt
    from lab.attempt.lab import Lab
    from lab.model.tracks import PodTrack
    from lab.tui.clockwork import Clockwork
    from lab.tui.drafts import Drafts
    from lab.tui.feed import Feed
    from lab.tui.operations import Work
    from lab.tui.runner import Runner
    from lab.tui.sitting import Sitting
    from lab.tui.view import FileText

HAS_THE_CLOCK = frozenset({Kind.START, Kind.CHECK, Kind.RESET, Kind.CONNECT})
"""Operations that move cluster time themselves, or have none: nobody else moves it meanwhile."""


class Bridge:
    """Long operations and live feeds, for all screens."""

    def __init__(self, app: App[int], lab: Lab, wall: Callable[[], float]) -> None:
        self._app = app
        self.lab = lab
        self.wall = wall
        self._operations = Operations(app)
        self._feed: Feed | None = None
        self._runner: Runner | None = None
        self._clockwork: Clockwork | None = None
        self._meanwhile: set[str] = set()
        """What is told while an operation runs, and about it."""

    # --- the catalogue -------------------------------------------------------------------------------------

    def read_catalogue(self, reply_to: MessagePump) -> None:
        """Read the exercises whole (`CatalogueRead`)."""

        def work() -> None:
            from lab.model.card import Card  # noqa: PLC0415 (a thread's)

            try:
                cards = tuple(Card.of(exercise) for exercise in self.lab.exercises())
                post(reply_to, CatalogueRead(cards, problems=self.lab.problems()))
            except LabError as problem:
                post(reply_to, CatalogueRead((), str(problem)))

        self._app.run_worker(work, thread=True, group="catalogue", exit_on_error=False)

    def make_ready(self) -> None:
        """Load what starting an exercise will need; for when nothing is waited for."""
        self._app.run_worker(self.lab.warm, thread=True, group="catalogue", exit_on_error=False)

    def read_offer(self, provider: str, reply_to: MessagePump) -> None:
        """Find out which cluster exercises would be started on, and what it can do (`OfferRead`)."""
        from lab.tui.shelf import UNKNOWN, Offer  # noqa: PLC0415 (the first frame can do without)

        def work() -> None:
            try:
                offer = Offer(*self.lab.capabilities(provider or None))
            except LabError:
                offer = UNKNOWN  # starting an exercise says what is wrong
            post(reply_to, OfferRead(offer))

        self._app.run_worker(work, thread=True, group="catalogue", exit_on_error=False)

    # --- long operations ---------------------------------------------------------------------------------

    def start(self, name: str, reply_to: MessagePump, *, resume: bool, provider: str = "") -> bool:
        """Start an exercise, or take it up again where it was. The result is the attempt.

        `provider`: where to start it; empty: where the lab's settings say. One taken up stays where it is.
        """
        from lab.attempt import clusters  # noqa: PLC0415 (the first frame can do without)

        def work(operation: Operation, narrate: Callable[[str], None]) -> object:
            if resume:
                narrate("taking it up where you were")
                attempt = self.lab.take_up(name)
                # Coming back is asking for the cluster; one that cannot be had is told on the screen.
                with contextlib.suppress(NotAbleError, ObservationLost):
                    clusters.kubeconfig(attempt.provider)
                    self._bring_back(attempt, operation, narrate)
            else:
                attempt = self.lab.start(
                    name, provider=provider or None, narrate=narrate, cancel=operation.cancel
                )
            # From here on a cluster that somebody stops is shown as stopped, not started behind their back.
            attempt.starts_cluster = False
            return attempt

        return self._begin(Operation(Kind.START, name, f"podlab start {name}"), work, reply_to)

    def save_and_apply(
        self,
        attempt: Attempt,
        edited: list[tuple[FileText, str]],
        reply_to: MessagePump,
        *,
        over: bool = False,
    ) -> bool:
        """Write edited files, then bring the workspace into the cluster. The result is an `Applied`.

        What somebody changed in the cluster meanwhile is undone only with `over`; else the result is a
        `WouldOverwrite`, and nothing was done.
        """
        from lab.tui import files  # noqa: PLC0415 (the catalogue can do without)

        def work(operation: Operation, narrate: Callable[[str], None]) -> object:
            if not over:
                # What cannot be told now (a mistake in a file, a lost cluster) the apply itself tells.
                with contextlib.suppress(LabError):
                    undone = attempt.overwritten({before.file.name: text for before, text in edited})
                    if undone:
                        return WouldOverwrite(undone, edited)
            for before, text in edited:
                files.write(before.file, text, before=before.text)
                narrate(f"saved {before.file.name}")
            # Only from here on does a command do the same: until it is saved, it is here alone.
            operation.command = f"kubectl apply -f {shlex.quote(str(attempt.workspace))}"
            found = files.read_all(attempt)
            return Applied(attempt.apply(narrate=narrate, cancel=operation.cancel), found)

        return self._begin(Operation(Kind.APPLY, attempt.exercise.name, ""), work, reply_to)

    def check(self, attempt: Attempt, reply_to: MessagePump) -> bool:
        """Verify. Findings come as `Found`; the result is a `Checked`."""
        from lab.attempt import last_verdict  # noqa: PLC0415 (the catalogue can do without)

        def work(operation: Operation, narrate: Callable[[str], None]) -> object:
            verdict = attempt.check(
                narrate=narrate,
                cancel=operation.cancel,
                on_finding=lambda finding: post(reply_to, Found(operation, finding)),
            )
            return Checked(verdict, last_verdict.of(attempt))

        return self._begin(self._operation(Kind.CHECK, attempt, "check"), work, reply_to)

    def reset(self, attempt: Attempt, reply_to: MessagePump) -> bool:
        """Files and cluster as at the start. The result is a `WasReset`."""
        from lab.tui import files  # noqa: PLC0415 (the catalogue can do without)

        def work(operation: Operation, narrate: Callable[[str], None]) -> object:
            backup = attempt.reset(narrate=narrate, cancel=operation.cancel)
            return WasReset(backup, files.read_all(attempt))

        return self._begin(self._operation(Kind.RESET, attempt, "reset"), work, reply_to)

    def hint(self, attempt: Attempt, reply_to: MessagePump) -> bool:
        """Show the next rung. The result is all rungs shown so far."""

        def work(_operation: Operation, _narrate: Callable[[str], None]) -> object:
            attempt.hint()
            return attempt.hints_shown()

        operation = self._operation(Kind.HINT, attempt, "hint")
        if self.running is None:
            return self._begin(operation, work, reply_to)
        # Reading is not kept waiting by what runs in the cluster.
        self._operations.aside(operation, work, reply_to)
        return True

    def solution(self, attempt: Attempt, reply_to: MessagePump) -> bool:
        """Read the declared solution. The result is its files."""
        return self._begin(
            self._operation(Kind.SOLUTION, attempt, "solution"),
            lambda _o, _n: attempt.solution_files(),
            reply_to,
        )

    def answer(self, attempt: Attempt, question: str, choice: str, reply_to: MessagePump) -> bool:
        """Answer a diagnosis question. The result is the `Finding`."""
        return self._begin(
            self._operation(Kind.ANSWER, attempt, "answer"),
            lambda _o, _n: attempt.answer(question, choice),
            reply_to,
        )

    def debrief(self, attempt: Attempt, tracks: Mapping[str, PodTrack], reply_to: MessagePump) -> bool:
        """Put the debrief together. The result is a `Debriefing`."""
        from lab.attempt import debriefing  # noqa: PLC0415 (the catalogue can do without)

        exercises = self.lab.exercises()
        return self._begin(
            self._operation(Kind.DEBRIEF, attempt, "debrief"),
            lambda _o, _n: debriefing.of(attempt, tracks, exercises),
            reply_to,
        )

    def reconnect(self, attempt: Attempt, reply_to: MessagePump) -> bool:
        """Make sure that the attempt's cluster runs, and the exercise on it."""

        def work(operation: Operation, narrate: Callable[[str], None]) -> object:
            attempt.provider.up(narrate)
            return self._bring_back(attempt, operation, narrate)

        operation = Operation(Kind.CONNECT, "", f"podlab cluster up --provider {attempt.provider.name}")
        return self._begin(operation, work, reply_to)

    def _bring_back(self, attempt: Attempt, operation: Operation, narrate: Callable[[str], None]) -> bool:
        """Begin the exercise anew, with the learner's files, where its cluster has forgotten it."""
        if attempt.client.find("Namespace", None, attempt.namespace) is not None:
            return False
        name = attempt.exercise.name
        narrate(f"this cluster does not know {name} any more: starting it again with your files")
        self.lab.start(name, provider=attempt.provider.name, narrate=narrate, cancel=operation.cancel)
        return True

    def cancel(self) -> bool:
        """Ask what runs to stop, an operation or time on its way; False when nothing does.

        Asked again it is not waited for any more; without that only where nobody sees what it is at.
        """
        moved = self._clockwork is not None and self._clockwork.stop()
        return self._operations.cancel() or moved

    @property
    def running(self) -> Operation | None:
        """The operation that runs."""
        return self._operations.running

    @property
    def last(self) -> Operation | None:
        """The operation that ended last, or runs: its narration can be read."""
        return self._operations.last

    @property
    def has_the_clock(self) -> bool:
        """Whether the operation that runs moves cluster time itself."""
        return self.running is not None and self.running.kind in HAS_THE_CLOCK

    def clockwork(self, attempt: Attempt, reply_to: MessagePump) -> Clockwork:
        """What moves an attempt's time for its screen; `ClockWorks` and `ClockStopped` tell of it."""
        from lab.tui.clockwork import Clockwork  # noqa: PLC0415 (the catalogue can do without)

        self._clockwork = Clockwork(attempt, reply_to)
        return self._clockwork

    def describe(self, attempt: Attempt, kind: str, name: str, reply_to: MessagePump) -> None:
        """Have kubectl describe an object (`Described`); one at a time, the newest asked for counts."""
        from lab.attempt import inspecting  # noqa: PLC0415 (the catalogue can do without)

        def work() -> None:
            try:
                text = inspecting.describe(attempt, kind, name)
            except LabError as problem:
                text = f"{problem.what}. {problem.remedy}"
            post(reply_to, Described(text))

        in_background("describe", work)

    def read_edited(self, attempt: Attempt, reply_to: MessagePump) -> None:
        """Find out what was edited since it was applied last, while nobody looked (`EditedBefore`)."""
        from lab.attempt import edits  # noqa: PLC0415 (the catalogue can do without)

        def work() -> None:
            with contextlib.suppress(LabError, OSError):
                if names := edits.edited(attempt):
                    post(reply_to, EditedBefore(names))

        in_background("edited", work)

    def flush(self, kept: Sitting) -> None:
        """Write where the learner is, on a thread."""
        self._app.run_worker(kept.flush, thread=True, group="drafts", exit_on_error=False)

    def flush_drafts(self, drafts: Drafts) -> None:
        """Write drafts, on a thread; that they cannot be kept is said."""

        def work() -> None:
            if problem := drafts.flush():
                said = f"Unsaved edits are here only, and a crash would lose them: {problem}"
                self._app.notify(said, severity="warning", timeout=12)

        self._app.run_worker(work, thread=True, group="drafts", exit_on_error=False)

    # --- feeds -------------------------------------------------------------------------------------------

    def watch(self, attempt: Attempt, reply_to: MessagePump) -> Feed:
        """Follow the cluster, the clock, the log in view and the workspace until `unwatch`."""
        from lab.tui.feed import Feed  # noqa: PLC0415 (the catalogue can do without)

        self.unwatch()
        self._feed = feed = Feed(attempt, partial(post, reply_to), self.wall)
        for body in (feed.run, feed.silence.run, feed.logs.run, feed.logs.pulse, feed.saves.run):
            in_background("feed", body)
        return feed

    def kubectl(self, attempt: Attempt, reply_to: MessagePump) -> Runner:
        """What runs kubectl for an exercise screen, until the screen or the app goes."""
        from lab.tui.runner import Runner  # noqa: PLC0415 (the catalogue can do without)

        self._runner = Runner(attempt, reply_to)
        return self._runner

    def unwatch(self) -> None:
        """End the feed, without waiting for it."""
        if self._feed is not None:
            self._feed.close()
            self._feed = None

    def leave(self) -> None:
        """The app goes: ask everything to stop."""
        if self._clockwork is not None:
            self._clockwork.stop()
        self._operations.call_off()
        if self._runner is not None:
            self._runner.close()
        self.unwatch()

    def farewell(self, say: Callable[[str], object]) -> None:
        """Wait a moment for what was called off to end; for after the last frame."""
        self._operations.farewell(say)

    def say_meanwhile(self, text: str, *, warning: bool = False) -> None:
        """Say what is so until the operation that runs has ended."""
        self._meanwhile.add(text)
        self._app.notify(text, severity="warning" if warning else "information", markup=False)

    def unsay(self) -> None:
        """It has ended: what was so meanwhile is not any more."""
        for one in tuple(self._app._notifications):  # noqa: SLF001 (Textual's own has no way to take one back)
            if one.message in self._meanwhile:
                self._app._unnotify(one)  # noqa: SLF001 (the same)
        self._meanwhile.clear()

    # --- inside ------------------------------------------------------------------------------------------

    @staticmethod
    def _operation(kind: Kind, attempt: Attempt, command: str) -> Operation:
        name = attempt.exercise.name
        return Operation(kind, name, f"podlab {command} {name}")

    def _begin(self, operation: Operation, work: Work, reply_to: MessagePump) -> bool:
        """Run `work` on a thread; False (and a notice) when another operation still runs."""
        if self.running is not None:
            self.say_meanwhile(f"Still {self.running.title.lower()}: Esc cancels it", warning=True)
            return False
        if self._clockwork is not None and operation.kind in HAS_THE_CLOCK:
            self._clockwork.stop()
        self._operations.begin(operation, work, reply_to)
        return True
