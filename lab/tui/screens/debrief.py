"""The debrief: what it was, what shows that it is mended, before and after, what happened, what is next."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.markup import escape
from textual.widgets import ContentSwitcher, Markdown, Static

from lab.tui.screens.base import HELP, SETTINGS, LabScreen
from lab.tui.widgets import debrief
from lab.tui.widgets.checklist import ChecklistPanel
from lab.tui.widgets.key_bar import KeyBar
from lab.tui.widgets.strip import Entry, Strip
from lab.tui.widgets.trail import Trail

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.screen import Screen

    from lab.model.debrief import Debriefing

WHAT, EVIDENCE, CHANGES, STORY = "what", "evidence", "changes", "story"
PARTS = (
    (WHAT, "What it was"),
    (EVIDENCE, "Evidence"),
    (CHANGES, "Before and after"),
    (STORY, "What happened"),
)
"""In the order of their number keys."""


class DebriefScreen(LabScreen):
    """Four parts, one in view; `n` goes on to the next exercise."""

    CSS_PATH: ClassVar[list[str | PurePath]] = [Path(__file__).with_name("debrief.tcss")]

    NOTES = (
        "Evidence is kept from the check that passed. What happened goes back to the start, or the last "
        "reset, as far as the lab was open."
    )

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "next", "Next exercise", tooltip="Start the next one that is not solved"),
        *(
            Binding(str(number), f"part('{part}')", name, show=False, tooltip="This part of the debrief")
            for number, (part, name) in enumerate(PARTS, 1)
        ),
        Binding("right,tab", "step(1)", "Next part", key_display="→", tooltip="One part on"),
        Binding(
            "left,shift+tab", "step(-1)", "Part before", show=False, key_display="←", tooltip="One part back"
        ),
        SETTINGS,
        Binding("q,escape", "back", "Back", tooltip="To the exercise"),
        *HELP,
    ]

    def __init__(self, title: str, brief: Debriefing, next_title: str, exercise: Screen[None]) -> None:
        """`title` of the exercise; `next_title` of the one after it, empty: all are solved.

        `exercise` is the screen below, which opens evidence.
        """
        super().__init__()
        self._exercise = exercise
        self._title, self.brief, self._next = title, brief, next_title
        self.part = WHAT

    def compose_body(self) -> ComposeResult:
        """Head, parts, keys."""
        with Horizontal(id="head"):
            yield Static(f"[$text-success]✓[/] [b]{escape(self._title)}[/b]  [dim]debrief[/dim]", id="title")
        yield Strip(PARTS)
        with ContentSwitcher(initial=WHAT):
            with VerticalScroll(id=WHAT):
                yield Markdown(self.brief.text, open_links=False)
            with Vertical(id=EVIDENCE):
                yield Trail(debrief.head(self.brief), self.brief)
            for part, text in (
                (CHANGES, debrief.changes(self.brief)),
                (STORY, debrief.story(self.brief)),
            ):
                with VerticalScroll(id=part):
                    yield Static(text, id=f"{part}-text")
        yield Static(self._going(), id="going")
        yield KeyBar()

    def _going(self) -> str:
        if not self._next:
            return "You have solved every exercise."
        passed = ", ".join(self.brief.ahead.passed)
        note = f"\n[dim]Passed over, not solved yet: {escape(passed)}.[/dim]" if passed else ""
        return f"[b]n[/b] goes on to: {escape(self._next)}{note}"

    def on_mount(self) -> None:
        """The first part has the keyboard."""
        self.action_part(WHAT)

    def action_part(self, part: str) -> None:
        """Show a part; the arrow keys scroll it."""
        self.part = part
        self.query_one(ContentSwitcher).current = part
        self.query_one(Strip).show({part}, part)
        (self.query_one(Trail) if part == EVIDENCE else self.query_one(f"#{part}")).focus()

    def action_step(self, by: int) -> None:
        """The next part, or the one before."""
        names = [name for name, _title in PARTS]
        self.action_part(names[(names.index(self.part) + by) % len(names)])

    @on(Entry.Pressed)
    def _entry_pressed(self, event: Entry.Pressed) -> None:
        self.action_part(event.panel)

    @on(Trail.Opened)
    def _evidence_opened(self, event: Trail.Opened) -> None:
        event.stop()
        at = self.brief.solved.at if self.brief.solved is not None else None
        self._exercise.post_message(ChecklistPanel.EvidenceOpened(event.piece, at))

    def action_next(self) -> None:
        """On to the next unsolved exercise."""
        if self.on_top:
            self.dismiss()
            self.lab_app.open_next(self.brief.ahead.name)

    def action_back(self) -> None:
        """Back to the exercise."""
        self.dismiss()
