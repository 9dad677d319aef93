"""The brief: what is wrong, as somebody on call would hear it, and what must hold in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Markdown

from lab.report.wording import worded
from lab.tui.widgets.panel import Panel
from lab.tui.widgets.quiet_scroll import QuietColumn
from lab.tui.wording import KEYS

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from lab.tui.view import AttemptView


class BriefPanel(Panel):
    """Shows the brief as Markdown; it never changes while an exercise is open."""

    NAME = "Brief"

    def __init__(self, markdown: str, *, id: str) -> None:  # noqa: A002 (Textual's own name)
        super().__init__(id=id)
        self._markdown = markdown

    def compose(self) -> ComposeResult:
        """A scroll with the text."""
        with QuietColumn():
            yield Markdown(worded(self._markdown, KEYS), open_links=False)

    def show(self, view: AttemptView) -> None:
        """Nothing of the view concerns the brief."""
