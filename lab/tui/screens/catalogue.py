"""The catalogue: what there is to learn, how far one is, and the way in."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.markup import escape
from textual.widgets import Input, Static

from lab.errors import LabError
from lab.model.progress import Standing
from lab.tui.screens.base import HELP, SETTINGS, LabScreen
from lab.tui.shelf import Shelf
from lab.tui.sitting import Place
from lab.tui.widgets.exercise_list import ExerciseList
from lab.tui.widgets.key_bar import KeyBar
from lab.tui.widgets.summary import Summary

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from lab.attempt.attempt import Attempt
    from lab.model.card import Card
    from lab.model.progress import Progress
    from lab.tui.messages import (
        CatalogueRead,
        Narrated,
        OfferRead,
        OperationDone,
        OperationFailed,
        OperationStarted,
    )
    from lab.tui.screens.progress import ProgressScreen


class SearchInput(Input):
    """The words of a search; its keys are in the footer while it has the keyboard."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Open", tooltip="Start the exercise the cursor is on"),
        Binding("escape", "screen.clear_search", "Show all", tooltip="Close the search"),
    ]


REST = 0.15
"""Seconds of the UI's after the list is known, in which it is painted."""


class CatalogueScreen(LabScreen):
    """List, search, summary; Enter starts an exercise or takes it up again."""

    NOTES = (
        "Signs: ○ not started, ▸ started, ✓ solved, … better after another one (the summary names it; Enter "
        "starts it anyway), ✗ not on this cluster."
    )

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "begin", "Open", show=True, tooltip="Start the exercise, or take it up where you were"
        ),
        Binding(
            "slash", "search", "Search", key_display="/", tooltip="Words in name, title, track or objectives"
        ),
        Binding("n", "next_unsolved", "Next unsolved", tooltip="To the next exercise that is not solved"),
        Binding("escape", "clear_search", "Clear search", show=False, tooltip="Show everything again"),
        Binding("down", "move(1)", "Down", show=False),
        Binding("up", "move(-1)", "Up", show=False),
        Binding("S", "app.settings", "Settings", tooltip=SETTINGS.tooltip),
        Binding(
            "t",
            "app.next_theme",
            "Theme",
            show=False,
            tooltip="Dark, light, high contrast; the choice is kept",
        ),
        Binding("q", "app.quit", "Quit", tooltip="Everything is kept; the cluster goes on"),
        *HELP,
    ]

    def __init__(self) -> None:
        super().__init__()
        self._shelf = Shelf()
        self.complete = False
        """Whether there is nothing more to come: all exercises were read, or it is told why not."""
        self._in_front: ProgressScreen | None = None

    def compose_body(self) -> ComposeResult:
        """Head, search, list beside summary, keys."""
        shelf = self._shelf = self._known_at_once()
        with Horizontal(id="head"):
            yield Static("[b]Podlab[/b]", id="title")
            yield Static(_progress_line(shelf), id="progress")
        with Horizontal(id="catalogue"):
            yield ExerciseList(shelf)
            with VerticalScroll(id="summary-scroll"):
                yield Summary(shelf.where_left(), shelf)
        notice = Static("", id="notice")
        notice.display = False
        yield notice
        yield KeyBar()

    def _known_at_once(self) -> Shelf:
        """What the first frame shows; what cannot be read is told when all was read."""
        lab = self.lab_app.lab
        try:
            return Shelf(lab.cards(), lab.progress())
        except LabError:
            return Shelf()

    def on_mount(self) -> None:
        """On to where the learner left; all else comes after the first frame."""
        found = self.query_one(ExerciseList)
        found.focus()
        if (left := self._shelf.where_left()) is not None:
            found.go_to(left.name)
        self.call_after_refresh(self._read_whole)

    def _search(self) -> SearchInput:
        """The line of the search; a key may ask for it before it was added to the first frame."""
        if found := self.query(SearchInput):
            return found.first()
        search = SearchInput(placeholder="Search: words in name, title, track, objectives", id="search")
        search.display = False  # not there until it is asked for
        search.cursor_blink = False
        self.mount(search, before="#catalogue")
        return search

    def _read_whole(self) -> None:
        """The first frame is there: add what it could do without, and read what it did not show."""
        self._search()
        self.lab_app.bridge.read_catalogue(self)

    def on_screen_resume(self) -> None:
        """Something may have been solved meanwhile."""
        if self.complete:
            self.reload()
            self.lab_app.bridge.read_offer(self.lab_app.provider, self)

    def on_catalogue_read(self, message: CatalogueRead) -> None:
        """The exercises are known, or cannot be."""
        self.complete = True
        self.lab_app.settled()
        if message.problem:
            notice = self.query_one("#notice", Static)
            notice.display = True
            notice.update(f"[$text-error]✗ {escape(message.problem)}[/]")
            return
        self._shelf = self._shelf._replace(exercises=message.exercises, problems=message.problems)
        self.reload()
        # Not while the list is painted: both import as much as all before.
        self.set_timer(REST, self._prepare)
        left = self.lab_app.to_take_up()
        if (
            left in self.query_one(ExerciseList).names
            and self._shelf.progress.of(left).standing is not Standing.NEW
        ):
            self.begin(left)

    def _prepare(self) -> None:
        """Find out and load what a start will need."""
        self.lab_app.bridge.read_offer(self.lab_app.provider, self)
        self.lab_app.bridge.make_ready()

    def on_offer_read(self, message: OfferRead) -> None:
        """It is known what the cluster can do."""
        if message.offer != self._shelf.offer:
            self._shelf = self._shelf._replace(offer=message.offer)
            self.reload()

    def reload(self) -> None:
        """Show the shelf with the progress as it is on disk now."""
        lab = self.lab_app.lab
        shelf = self._shelf = self._shelf._replace(progress=lab.progress())
        self.query_one(ExerciseList).show(shelf)
        self.query_one("#progress", Static).update(_progress_line(shelf))
        self._say(shelf.exercises, lab.notices())

    def _say(self, exercises: tuple[Card, ...], notices: tuple[str, ...]) -> None:
        line = self.query_one("#notice", Static)
        if not exercises:
            notices = (
                *notices,
                "There are no exercises here. `podlab doctor` tells where the lab looks for them.",
            )
        line.display = bool(notices)
        line.update("\n".join(f"! {notice}" for notice in notices))

    # --- moving about --------------------------------------------------------------------------------------

    def action_begin(self) -> None:
        """Start what the cursor is on."""
        self.query_one(ExerciseList).action_select()

    def action_search(self) -> None:
        """Open the search."""
        search = self._search()
        search.display = True
        self.set_focus(search)  # now: the first letter may be on its way

    def action_clear_search(self) -> None:
        """Close the search and show everything; the cursor stays where it is."""
        search = self._search()
        search.value = ""
        search.display = False
        self.query_one(ExerciseList).focus()

    def action_move(self, by: int) -> None:
        """Up or down the list while the search has the keyboard."""
        found = self.query_one(ExerciseList)
        if by > 0:
            found.action_cursor_down()
        else:
            found.action_cursor_up()

    def action_next_unsolved(self) -> None:
        """To the next exercise that is not solved."""
        if not self.query_one(ExerciseList).next_unsolved():
            self.notify("Everything in view is solved.")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Only what matches the words so far."""
        self.query_one(ExerciseList).search(event.value)

    def on_input_submitted(self, _event: Input.Submitted) -> None:
        """Enter in the search starts what the cursor is on."""
        self.action_begin()

    @on(ExerciseList.Highlighted)
    def _show_summary(self, event: ExerciseList.Highlighted) -> None:
        if event.problem is not None:
            self.query_one(Summary).show_problem(event.problem)
        else:
            self.query_one(Summary).show(event.exercise, self._shelf)

    def _progress(self) -> Progress:
        return self.lab_app.lab.progress()

    # --- starting ------------------------------------------------------------------------------------------

    @on(ExerciseList.Chosen)
    def _chosen(self, event: ExerciseList.Chosen) -> None:
        self.begin(event.exercise.name)

    def begin(self, name: str) -> None:
        """Start an exercise, or take it up again."""
        # Whoever comes back finds the cursor on what was begun, by whatever way that was.
        self.query_one(ExerciseList).go_to(name)
        resume = self._progress().of(name).standing is not Standing.NEW
        self.lab_app.bridge.start(name, self, resume=resume, provider=self.lab_app.provider)

    def on_operation_started(self, message: OperationStarted) -> None:
        """Bring the progress to the front."""
        from lab.tui.screens.progress import ProgressScreen  # noqa: PLC0415 (not the first frame's)

        self._in_front = ProgressScreen(message.operation)
        self.app.push_screen(self._in_front)

    def on_narrated(self, _message: Narrated) -> None:
        """Hand on what was told."""
        if self._in_front is not None:
            self._in_front.refresh_narration()

    def on_operation_done(self, message: OperationDone) -> None:
        """Started: on to the exercise."""
        self._close_progress()
        self.action_clear_search()
        self.lab_app.open_attempt(cast("Attempt", message.result))

    def on_operation_failed(self, message: OperationFailed) -> None:
        """Not started: say why, offer to try again."""
        self._close_progress()
        if message.failure.cancelled:
            self.lab_app.go(Place())
            self.notify(f"{message.operation.title}: {message.failure.what}")
            return
        from lab.tui.screens.failure import FailureScreen  # noqa: PLC0415 (not the first frame's)

        name = message.operation.subject

        def answered(wish: str | None) -> None:
            if wish == "again":
                self.begin(name)

        self.app.push_screen(FailureScreen(f"{message.operation.title} failed", message.failure), answered)

    def _close_progress(self) -> None:
        if self._in_front is not None and self._in_front is self.app.screen:
            self.app.pop_screen()
        self._in_front = None


def _progress_line(shelf: Shelf) -> str:
    cells, total = 20, len(shelf.exercises)
    solved = sum(1 for one in shelf.exercises if shelf.standing(one) is Standing.SOLVED)
    full = round(cells * solved / total) if total else 0
    return f"[$text-success]{'━' * full}[/][dim]{'─' * (cells - full)}[/dim]  {solved} of {total} solved"
