"""What is different, and from what: the start, the disk, the live objects; a part a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.markup import escape
from textual.widgets import Static

from lab.tui.screens.base import LabDialog
from lab.tui.widgets.key_bar import KeyBar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from lab.attempt.views import Drift
    from lab.model.debrief import FileChange
    from lab.tui.comparing import Comparison

PARTS = ("start", "unsaved", "live")
_TITLES = {
    "start": "Changed since the start of the exercise",
    "unsaved": "Not saved yet",
    "live": "Live objects that are otherwise than the files on disk",
}


class ChangesScreen(LabDialog[None]):
    """Three parts; the first that has something to say is shown first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1,b", "part('start')", "Start", key_display="1", tooltip="Against the broken files"),
        Binding("2,u", "part('unsaved')", "Unsaved", key_display="2", tooltip="Against the disk"),
        Binding("3,l", "part('live')", "Live", key_display="3", tooltip="Files against the cluster"),
        Binding("escape,q,v", "leave", "Close"),
    ]

    def __init__(self, comparison: Comparison) -> None:
        super().__init__()
        self._texts = {
            "start": diff(comparison.start, "Your files are as they were at the start."),
            "unsaved": diff(comparison.unsaved, "Everything is saved."),
            "live": _live(comparison.live, comparison.problem),
        }
        self.part = "unsaved" if comparison.unsaved else "start"

    def compose(self) -> ComposeResult:
        """Title, text, keys."""
        with Vertical(classes="dialog -tall -reading"):
            yield Static(id="question", markup=False)
            with VerticalScroll():
                yield Static(id="changes")
            yield KeyBar()

    def on_mount(self) -> None:
        """The text scrolls by keys."""
        self.query_one(VerticalScroll).focus()
        self.action_part(self.part)

    def action_part(self, part: str) -> None:
        """Show a part."""
        self.part = part
        self.query_one("#question", Static).update(_TITLES[part])
        self.query_one("#changes", Static).update(self._texts[part])
        self.query_one(VerticalScroll).scroll_home(animate=False)

    def action_leave(self) -> None:
        """Close."""
        self.dismiss(None)


def diff(files: Sequence[FileChange], nothing: str) -> str:
    """Unified diffs as markup; signs say what colours do."""
    if not files:
        return nothing
    return "\n\n".join(f"[b]{escape(file.name)}[/b]\n" + "\n".join(map(_line, file.lines)) for file in files)


def _line(line: str) -> str:
    look = {"+": "$text-success", "-": "$text-error", "@": "$text-accent"}.get(line[:1], "")
    return f"[{look}]{escape(line)}[/]" if look else escape(line)


def drift_lines(found: Sequence[Drift]) -> str:
    """Drift in words, a field each."""
    return "\n".join(
        f"{one.object} {one.path}".rstrip() + f"\n    file: {one.in_file}\n    live: {one.live}"
        for one in found
    )


def _live(found: Sequence[Drift], problem: str) -> str:
    if problem:
        return f"Nothing is known of the cluster: {escape(problem)}"
    if not found:
        return "The live objects are as the files on disk say."
    return escape(drift_lines(found)) + "\n\n[dim]^s makes the cluster what your files say.[/dim]"
