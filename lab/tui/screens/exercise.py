"""The exercise screen: keeps the view of one attempt, pushes it down, turns keys into requests to the bridge.

What keys do that is more than a line is in `exercise_actions`, what long operations bring back in
`exercise_results`; here are layout, view and focus.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.markup import escape
from textual.widgets import Static

from lab.attempt import answers
from lab.model.progress import Standing
from lab.model.verdict import State
from lab.tui import arrangement, clock_keys, files
from lab.tui.arrangement import ABOUT, BRIEF, CHECKS, EVENTS, FILES, LOGS, PANELS, PODS, TIMELINE
from lab.tui.command_history import CommandHistory
from lab.tui.drafts import Drafts
from lab.tui.linter import Linter
from lab.tui.screens.base import DIALOG_SHEET, HELP, SETTINGS, LabScreen
from lab.tui.screens.exercise_actions import Actions
from lab.tui.screens.exercise_console import ConsoleActions
from lab.tui.screens.exercise_editing import Editing
from lab.tui.screens.exercise_evidence import EvidenceActions
from lab.tui.screens.exercise_results import Results
from lab.tui.screens.exercise_saves import FollowedSaves
from lab.tui.screens.exercise_time import PAST_KEYS, TimeActions
from lab.tui.screens.exercise_tour import Tour
from lab.tui.view import AttemptView, Judging
from lab.tui.widgets.back_bar import BackBar
from lab.tui.widgets.banner import Banner
from lab.tui.widgets.brief import BriefPanel
from lab.tui.widgets.checklist import ChecklistPanel, planned
from lab.tui.widgets.clock_bar import ClockBar
from lab.tui.widgets.console import Console
from lab.tui.widgets.events import EventsPanel
from lab.tui.widgets.files import FilesPanel
from lab.tui.widgets.key_bar import KeyBar
from lab.tui.widgets.logs import LogsPanel
from lab.tui.widgets.panel import Panel
from lab.tui.widgets.pods import PodsPanel
from lab.tui.widgets.strip import UNSAVED, WAS, Entry, Strip
from lab.tui.widgets.timeline import TimelinePanel
from lab.tui.wording import stars

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.events import DescendantFocus, Resize

    from lab.attempt.attempt import Attempt
    from lab.tui.feed import Feed
    from lab.tui.messages import ClockRead, EditedBefore, FilesRead, LiveChanged, LogRead, SolvedElsewhere
    from lab.tui.screens.inspecting import InspectScreen
    from lab.tui.view import FileText

_SHEETS = (
    Path(__file__).with_name("exercise.tcss"),
    DIALOG_SHEET,
    *sorted((Path(__file__).parent.parent / "widgets").glob("*.tcss")),
)
"""With those of the dialogs: the first of them, opened over a busy cluster, is to parse nothing."""


class ExerciseScreen(
    Tour, Actions, Editing, Results, ConsoleActions, EvidenceActions, TimeActions, LabScreen
):
    """One attempt at one exercise."""

    CSS_PATH: ClassVar[list[str | PurePath]] = [*_SHEETS]

    AUTO_FOCUS = ""
    """The screen itself says what gets the keyboard: any other focus would change the panels in view."""

    NOTES = (
        "Top right: the cluster's clock and how fast it runs; 7:18 ahead: since you came, it got 7 min 18 s "
        "ahead of the clock on the wall, because time was skipped or ran faster."
    )

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "check", "Check", tooltip="Verify the live cluster; applies nothing"),
        Binding("h", "hint", "Hint", tooltip="One of three: where to look, what it means, what to change"),
        Binding("a", "answer", "Answer", tooltip="The lab's question about the cause"),
        Binding("ctrl+s", "apply", "Apply", tooltip="Write edited files and apply the workspace"),
        Binding(
            "colon,k",
            "kubectl",
            "kubectl",
            key_display=":",
            tooltip="A command line for this exercise: history, completion, -w and logs -f",
        ),
        Binding("e", "edit", "Edit", tooltip="The file in view in $EDITOR"),
        Binding(
            "exclamation_mark",
            "shell",
            "Shell",
            key_display="!",
            tooltip="Your shell, kubectl set up for this",
        ),
        Binding("d", "debrief", "Debrief", tooltip="What it was and why the fix holds; once solved"),
        Binding("f2", "debrief", "Debrief", key_display="F2", tooltip="The same, also out of the editor"),
        Binding("r", "reset", "Reset", tooltip="Files and cluster as at the start; asks first"),
        Binding("s", "solution", "Solution", tooltip="One way to mend it; asks first"),
        *clock_keys.bindings(),
        Binding("q", "back", "Back", tooltip="To the catalogue; everything stays as it is"),
        *HELP,
        Binding("o", "output", "Output", show=False, tooltip="What the last long operation said"),
        Binding("escape", "cancel", "Cancel", show=False, tooltip="What runs; back to now; the verdict"),
        Binding("R", "reconnect", "Reconnect", show=False, tooltip="Try the cluster again"),
        *PAST_KEYS,
        SETTINGS,
        Binding("t", "app.next_theme", "Theme", show=False, tooltip="Dark, light, high contrast"),
        *(
            Binding(str(number), f"panel('{panel}')", panel.capitalize(), show=False, tooltip=ABOUT[panel])
            for number, panel in enumerate(PANELS, 1)
        ),
        Binding("left_square_bracket", "file(-1)", "Previous file", show=False, tooltip="In the files panel"),
        Binding("right_square_bracket", "file(1)", "Next file", show=False, tooltip="In the files panel"),
    ]

    def __init__(self, attempt: Attempt) -> None:
        super().__init__()
        self.attempt = attempt
        record, exercise = attempt.record(), attempt.exercise
        self.view = AttemptView(
            name=exercise.name,
            title=exercise.title,
            namespace=attempt.namespace,
            provider=attempt.provider.name,
            workspace=attempt.workspace,
            solved_before=record.standing is Standing.SOLVED,
            judging=Judging(findings=tuple(answers.restored(record.findings).values())),
        )
        self.busy = ""
        """What runs now, for the banner; empty: nothing."""
        self.feed: Feed | None = None
        self.drafts = Drafts(attempt.settings.home, exercise.name, attempt.workspace)
        self.drafts.claim()
        self.history = CommandHistory(attempt.settings.home)
        self._asked = len(planned(exercise.header))
        self._offered: tuple[bool, ...] = ()
        self.applied: tuple[FileText, ...] | None = None
        """The files as they went into the cluster last; None: not read yet."""
        self._first: tuple[FileText, ...] | None = None
        """The files as they were read first: applied, as far as nothing else is known."""
        self._edited_before: tuple[str, ...] = ()
        self._recent: tuple[str, ...] = (BRIEF, PODS, CHECKS, EVENTS)
        self._settled = False
        """Whether the learner is where the last sitting ended: only from then on the place is kept."""
        self.saves = FollowedSaves(self)
        self._inspecting: InspectScreen | None = None
        """What is open over this screen, to be kept up to date."""

    def compose_body(self) -> ComposeResult:
        """Head, strip, the panels in columns, banner, keys."""
        header = self.attempt.exercise.header
        with Horizontal(id="head"):
            yield Static(f"[b]{escape(header.title)}[/b]  [dim]{stars(header.difficulty)}[/dim]", id="title")
            yield ClockBar()
        yield Strip(tuple((panel, panel.capitalize()) for panel in PANELS))
        yield BackBar()
        with Horizontal(id="panels"):
            with Vertical(id="column-brief", classes="column"):
                yield BriefPanel(self.attempt.exercise.brief, id=BRIEF)
            with Vertical(id="column-files", classes="column"):
                yield FilesPanel(self.drafts.latest, id=FILES)
            with Vertical(id="column-cluster", classes="column"):
                yield PodsPanel(id=PODS)
                yield EventsPanel(id=EVENTS)
                yield LogsPanel(id=LOGS)
                yield TimelinePanel(id=TIMELINE)
                yield ChecklistPanel(planned(header), id=CHECKS)
        yield Console(self.view.namespace, self.history)
        yield self.tour_card()
        yield Banner()
        yield KeyBar()

    def on_mount(self) -> None:
        """Number the frames, follow the attempt, begin at the brief."""
        for number, panel in enumerate(PANELS, 1):
            self._panel(panel).border_title = f"{number} {panel.capitalize()}"
        self.feed = self.lab_app.bridge.watch(self.attempt, self)
        self.lab_app.bridge.read_edited(self.attempt, self)
        self.clockwork = self.lab_app.bridge.clockwork(self.attempt, self)
        self.runner = self.lab_app.bridge.kubectl(self.attempt, self)
        self.linter = Linter(self.view.namespace, self)
        self.push(self.view)
        self.tell_of_other_sittings()
        left = self.lab_app.sitting.place
        self._settled = True
        self.action_panel(left.panel if left.exercise == self.view.name and left.panel in PANELS else BRIEF)

    def on_unmount(self) -> None:
        """Nobody looks any more."""
        # Its own only: the next exercise may be open, and followed, before this screen is gone.
        if self.feed is not None:
            self.feed.close()
        self.runner.close()
        self.drafts.flush()
        self.drafts.close()

    # --- the view ------------------------------------------------------------------------------------------

    def push(self, view: AttemptView) -> None:
        """Take a new view and hand it to everything that draws a part of it."""
        self.view = view
        shown = self.as_shown(view)
        for panel in PANELS:
            self._panel(panel).show(shown)
        self.query_one(BackBar).show(shown)
        if self._inspecting is not None:
            self._inspecting.see(shown)
        self.query_one(ClockBar).show(view)
        self.query_one(Banner).say(view, self.busy)
        self._mark(view)
        offered = (self._solved, self._answered_well, view.clock is not None and view.clock.controllable)
        if offered != self._offered:
            # The footer is composed anew by this: only when what is offered changed, not with every view.
            self._offered = offered
            self.refresh_bindings()

    def change(self, **parts: Any) -> None:
        """Replace parts of the view."""
        view = self.as_judged(replace(self.view, **parts))
        changed = files.changed(self.applied, view.files) if self.applied and view.files else ()
        pending = tuple(dict.fromkeys((*self.query_one(FilesPanel).dirty, *changed)))
        self.push(replace(view, pending=pending))

    def _mark(self, view: AttemptView) -> None:
        strip = self.query_one(Strip)
        strip.mark(FILES, UNSAVED if self.query_one(FilesPanel).dirty else "")
        findings = view.judging.findings
        passed = sum(1 for finding in findings if finding.state is State.PASSED)
        count = f"{passed}/{max(self._asked, passed)}" if findings else ""
        count = f"{WAS}{count}" if view.judging.is_older else count
        strip.mark(CHECKS, "✓" if view.only_solved_before else count)
        pods = view.live.pods if view.live else ()
        strip.mark(PODS, f"({len(pods)})" if pods else "")

    def on_live_changed(self, message: LiveChanged) -> None:
        """The cluster moved, and with it its time: a view is newer than the last look at the clock."""
        clock, live = self.view.clock, message.live
        if clock is not None and live.now > clock.now:
            clock = replace(clock, now=live.now, host=self.lab_app.bridge.wall())
        self.change(live=live, clock=clock)

    def on_clock_read(self, message: ClockRead) -> None:
        """The clock was looked at; when it is for the first time, it is set as the learner likes it."""
        first = self.view.clock is None
        self.change(clock=message.reading)
        if first and message.reading.controllable:
            rate = self.lab_app.preferences.chosen.rate
            if rate not in {1.0, message.reading.rate}:
                self.clockwork.set_rate(rate)

    def on_log_read(self, message: LogRead) -> None:
        """The log in view is longer."""
        self.change(log=message.log)

    def on_files_read(self, message: FilesRead) -> None:
        """Files changed on disk."""
        first = self.applied is None
        if first:
            self.applied = self._first = message.files
        self.change(files=message.files)
        if first:
            self._set_apart()
        self.drafts.keep(self.query_one(FilesPanel).drafts)
        self.saves.seen()

    def on_edited_before(self, message: EditedBefore) -> None:
        """Files were edited while the lab was closed: shown, but not applied unasked."""
        self._edited_before = message.names
        self._set_apart()

    def _set_apart(self) -> None:
        """What was edited before the first read is not what was applied, unless that was done here since."""
        if self._first is None or self.applied is not self._first or self.lab_app.bridge.running is not None:
            return
        if self._edited_before:
            self.applied = files.without(self._first, self._edited_before)
            self.saves.tried([])
            self.change()

    def on_solved_elsewhere(self, message: SolvedElsewhere) -> None:
        """An earlier sitting, `podlab check` in a shell, or `podlab watch` found it solved."""
        self.change(solved_before=True, solved_then=message.then)

    # --- unsaved edits -------------------------------------------------------------------------------------

    @property
    def unsaved(self) -> bool:
        """Whether a buffer has edits that are not on disk."""
        return bool(self.query_one(FilesPanel).dirty)

    # --- layout and focus ----------------------------------------------------------------------------------

    def _panel(self, name: str) -> Panel:
        return self.query_one(f"#{name}", Panel)

    def on_resize(self, _event: Resize) -> None:
        """More or fewer panels fit."""
        self._arrange()
        # Once the screen has the class of its new width, which it takes after this.
        self.call_later(self.query_one(ClockBar).fit)

    def _arrange(self) -> None:
        layout = arrangement.columns(self.size.width, self.size.height)
        shown = arrangement.visible(layout, self._recent)
        for panel in PANELS:
            self._panel(panel).display = panel in shown
        for column in self.query_one("#panels").children:
            column.display = any(child.display for child in column.children)
        self.query_one(Strip).show(shown, self._recent[0])
        if self._settled:
            self.lab_app.go(self.lab_app.sitting.place.now_at(self.view.name, self._recent[0]))

    def action_panel(self, panel: str) -> None:
        """Bring a panel into view and give it the keyboard."""
        self._ended_editing(panel)
        self._recent = arrangement.touch(self._recent, panel)
        self.tell_tour(panel)
        # Before the panel that has the focus is hidden: else Textual would pass it on to whatever comes next,
        # and that panel would be taken for the one that is wanted.
        wanted = self._panel(panel)
        wanted.display = True
        wanted.focus_inside()
        self._arrange()

    def focus_panel(self) -> None:
        """The keyboard back to the panel looked at last."""
        self._panel(self._recent[0]).focus_inside()

    def action_file(self, by: int) -> None:
        """The next or previous file."""
        self.action_panel(FILES)
        self.query_one(FilesPanel).step(by)

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Tab or mouse went into a panel: it is the current one."""
        for node in event.widget.ancestors_with_self:
            if isinstance(node, Panel) and node.id and node.id != self._recent[0]:
                self._ended_editing(node.id)
                self._recent = arrangement.touch(self._recent, node.id)
                self._arrange()

    def _ended_editing(self, panel: str) -> None:
        if panel != FILES:
            self.query_one(FilesPanel).end_editing()

    @on(Entry.Pressed)
    def _entry_pressed(self, event: Entry.Pressed) -> None:
        self.action_panel(event.panel)

    @on(PodsPanel.Highlighted)
    def _pod_highlighted(self, event: PodsPanel.Highlighted) -> None:
        self.query_one(LogsPanel).follow(event.pod)
        self.query_one(TimelinePanel).follow(event.pod)

    @on(PodsPanel.Opened)
    def _pod_opened(self, event: PodsPanel.Opened) -> None:
        self.query_one(LogsPanel).follow(event.pod)
        self.action_panel(LOGS)

    @on(PodsPanel.Inspected)
    def _inspected(self, event: PodsPanel.Inspected) -> None:
        from lab.tui.screens.inspecting import InspectScreen  # noqa: PLC0415 (not the first look's)

        def describe(screen: InspectScreen) -> None:
            self.lab_app.bridge.describe(self.attempt, event.kind, event.name, screen)

        def closed(_result: None) -> None:
            self._inspecting = None

        shown = self.as_shown(self.view)
        self._inspecting = InspectScreen(event.kind, event.name, event.what, shown, describe)
        self.app.push_screen(self._inspecting, closed)

    @on(LogsPanel.SourceChanged)
    def _log_wanted(self, event: LogsPanel.SourceChanged) -> None:
        self.log_source = event.source
        if self.feed is not None:
            self.feed.look_at(event.source)
        if self.moment is not None:
            self.push(self.view)
