"""Help: every key that works where one was, generated from the bindings, so that it cannot be out of date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.table import Table
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from lab.tui.screens.base import LabDialog

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.screen import Screen


NAMES = {
    "command_palette": ("Commands", "All commands by name"),
    "app.focus_next": ("Next part", ""),
    "app.focus_previous": ("Part before", ""),
    "screen.copy_text": ("Copy", "What was marked with the mouse"),
    "scroll_up": ("Up", ""),
    "scroll_down": ("Down", ""),
    "scroll_left": ("Left", ""),
    "scroll_right": ("Right", ""),
    "scroll_home": ("Beginning", ""),
    "scroll_end": ("End", ""),
    "page_up": ("A screen up", ""),
    "page_down": ("A screen down", ""),
    "page_left": ("A screen left", ""),
    "page_right": ("A screen right", ""),
    "cursor_up": ("Up", ""),
    "cursor_down": ("Down", ""),
    "first": ("First", ""),
    "last": ("Last", ""),
}
"""Textual's own bindings, by action, in the words of the lab's."""


@dataclass(frozen=True)
class HelpRow:
    """One action with all its keys."""

    keys: str
    description: str
    detail: str


def help_rows(screen: Screen[object] | Screen[None]) -> list[HelpRow]:
    """All described bindings that are active on a screen now.

    Those that explain themselves come first, then what is common to all editors and lists.
    """
    keys: dict[tuple[str, str], list[str]] = {}
    details: dict[tuple[str, str], str] = {}
    for active in screen.active_bindings.values():
        binding = active.binding
        if not binding.description or binding.system:
            continue
        name, about = NAMES.get(binding.action, (binding.description, ""))
        of = (binding.action, name)
        shown = screen.app.get_key_display(binding)
        if shown not in keys.setdefault(of, []) and not (keys[of] and shown.startswith("super+")):
            keys[of].append(shown)
        details[of] = about or active.tooltip or binding.tooltip or details.get(of, "")
    rows = [HelpRow(" ".join(shown), of[1], details[of]) for of, shown in keys.items()]
    return sorted(rows, key=lambda row: not row.detail)


class HelpScreen(LabDialog[None]):
    """A table of keys; any of Escape, q, ? closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1", "dismiss", "Close"),
    ]

    def __init__(self, rows: list[HelpRow], notes: str = "") -> None:
        """`notes` is what there is to say beside the keys."""
        super().__init__()
        self._rows, self._notes = rows, notes

    def compose(self) -> ComposeResult:
        """The table in a box."""
        table = Table.grid(padding=(0, 2, 0, 0), expand=True)
        table.add_column(no_wrap=True, style="bold")
        table.add_column(max_width=24)
        table.add_column(ratio=1)
        for row in self._rows:
            table.add_row(row.keys, row.description, row.detail)
        with Vertical(classes="dialog -tall"):
            yield Static("[b]Keys that work here[/b]", id="question")
            with VerticalScroll():
                yield Static(table, markup=False)
                if self._notes:
                    yield Static(f"\n{self._notes}", id="notes", markup=False)
            yield Static("Esc closes · ↑ ↓ scroll · Ctrl+P finds commands by name", classes="keys")

    def on_mount(self) -> None:
        """The arrow keys scroll."""
        self.query_one(VerticalScroll).focus()
