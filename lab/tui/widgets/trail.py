"""What shows that it is mended: each finding with its evidence, which Enter opens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from lab.tui.widgets.checklist import describe, evidence_line

if TYPE_CHECKING:
    from lab.model.debrief import Debriefing
    from lab.model.verdict import Evidence


class Trail(OptionList):
    """The cursor goes from one piece of evidence to the next; what it is of stays in view above it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Evidence", tooltip="Open what is under the cursor"),
    ]

    @dataclass
    class Opened(Message):
        """Show this piece."""

        piece: Evidence

    def __init__(self, head: str, brief: Debriefing) -> None:
        """`head` is said first (markup)."""
        self._pieces: dict[str, Evidence] = {}
        rows = [Option(f"{head}\n", disabled=True)]
        for finding in brief.solved.findings if brief.solved is not None else ():
            rows.append(Option(describe(finding, enter="opens it"), disabled=True))
            for piece in finding.evidence:
                key = str(len(self._pieces))
                self._pieces[key] = piece
                rows.append(Option(evidence_line(piece), id=key))
            rows.append(Option(" ", disabled=True))
        super().__init__(*rows)

    def on_focus(self) -> None:
        """Begin at the first."""
        if self.highlighted is None and self._pieces:
            self.highlighted = self.get_option_index("0")

    def scroll_to_highlight(self, top: bool = False) -> None:
        """Bring into view what the piece is of, and the piece."""
        if self.highlighted is None or not self.is_mounted:
            return
        self._update_lines()
        first = self.highlighted
        while first > 0 and (not self.options[first].disabled or not self.options[first - 1].disabled):
            first -= 1
        start = 0 if first <= 1 else self._index_to_line.get(first, 0)
        end = self._index_to_line.get(self.highlighted, 0) + self._heights[self.highlighted]
        width = self.scrollable_content_region.width
        self.scroll_to_region(Region(0, start, width, end - start), force=True, animate=False, immediate=True)
        super().scroll_to_highlight(top)

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(self.Opened(self._pieces[str(event.option_id)]))
