"""Evidence with one's own eyes: a text over the screen, at the line that is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.tui.screens.viewer import ViewerScreen

if TYPE_CHECKING:
    from lab.tui.evidence import Sight


class EvidenceScreen(ViewerScreen):
    """The lines that are meant have an arrow in front."""

    def __init__(self, sight: Sight) -> None:
        super().__init__()
        self.sight = sight

    def begin(self) -> None:
        """The text; at its line once it is known how much room there is."""
        self.head(self.sight.title, self.sight.note)
        self.text.take(self.sight.lines, self.sight.meant)
        self.call_after_refresh(self.text.go_to, self.sight.meant[0] if self.sight.meant else 0)
