"""What all full screens share: the help key, and a word where the window is too small to be of use."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.binding import Binding
from textual.screen import ModalScreen, Screen, ScreenResultType
from textual.widgets import Static

from lab.tui import arrangement

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.events import Resize

    from lab.tui.app import PodlabApp

LEAST_WIDTH, LEAST_HEIGHT = 60, 16

HELP = Binding("question_mark,f1", "help", "Help", key_display="?", tooltip="The keys that work here")
"""Every screen lists it last of those in its footer."""


BREAKPOINTS = [(0, "-narrow"), (arrangement.WIDE, "-wide"), (arrangement.BROAD, "-broad")]
"""Least widths and the class a screen of that width has."""


class LabDialog(ModalScreen[ScreenResultType]):
    """A box over a screen: its content is one container of the class `dialog`."""

    HORIZONTAL_BREAKPOINTS = BREAKPOINTS


class LabScreen(Screen[None]):
    """A screen of the lab; subclasses compose in `compose_body`."""

    HORIZONTAL_BREAKPOINTS = BREAKPOINTS

    @property
    def lab_app(self) -> PodlabApp:
        """The app, by its own type."""
        return cast("PodlabApp", self.app)

    def compose(self) -> ComposeResult:
        """The body, and over it the word about the window."""
        yield from self.compose_body()
        yield Static(
            f"Too small a window: at least {LEAST_WIDTH} by {LEAST_HEIGHT} cells, please.", id="too-small"
        )

    def compose_body(self) -> ComposeResult:
        """The screen's own content."""
        raise NotImplementedError

    def on_resize(self, event: Resize) -> None:
        """Cover the screen while there is no room for it; nothing is lost beneath."""
        small = event.size.width < LEAST_WIDTH or event.size.height < LEAST_HEIGHT
        self.set_class(small, "-too-small")

    def action_help(self) -> None:
        """Show the keys that work here, from the bindings themselves."""
        from lab.tui.screens.help import HelpScreen, help_rows  # noqa: PLC0415 (its table is not the first frame's)

        self.app.push_screen(HelpScreen(help_rows(self)))
