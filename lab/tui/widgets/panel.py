"""What all panels of the exercise screen share: a titled frame, an empty state, a slice of the view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widget import Widget
from textual.widgets import Static

from lab.tui.widgets.frame import Frame
from lab.tui.widgets.settled import Settled

if TYPE_CHECKING:
    from textual.events import DescendantBlur, DescendantFocus

    from lab.tui.view import AttemptView


class Panel(Frame, Settled):
    """A frame with a title that carries the key that leads to it; it does not scroll."""

    NAME = ""
    """The title; also names the panel in the strip."""

    def show(self, view: AttemptView) -> None:
        """Draw this panel's slice of the view; cheap when the slice did not change."""
        raise NotImplementedError

    def inside(self) -> Widget | None:
        """The part of the panel that wants the keyboard."""
        return next((one for one in self.walk_children(Widget) if one.focusable and one.display), None)

    def on_descendant_focus(self, _event: DescendantFocus) -> None:
        """The keyboard came in."""
        self.light(self.has_focus_within)

    def on_descendant_blur(self, _event: DescendantBlur) -> None:
        """The keyboard went, to another panel or within this one."""
        self.light(self.has_focus_within)

    def focus_inside(self) -> None:
        """Give it the keyboard, now: the next key may be on its way already."""
        self.screen.set_focus(self.inside())


class Empty(Static):
    """Says why there is nothing to see yet, and what to do about it."""


def empty_or(panel: Panel, content: Widget, empty: Empty, sentence: str) -> None:
    """Show `content`, or `sentence` in its place when there is something to say instead."""
    if content.display != (not sentence):
        content.display = not sentence
        empty.display = bool(sentence)
        panel.refresh(layout=True)
    if sentence:
        empty.update(sentence)
