"""What all full screens share: the help key, and a word where the window is too small to be of use."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import TYPE_CHECKING, ClassVar, cast

from textual.await_complete import AwaitComplete
from textual.binding import ActiveBinding, Binding
from textual.events import Key
from textual.keys import REPLACED_KEYS, key_to_character
from textual.reactive import Reactive
from textual.screen import ModalScreen, ScreenResultType
from textual.widget import Widget  # noqa: TC002 (looked at when the class is made)
from textual.widgets import Static
from textual.widgets._toast import ToastRack

from lab.tui import arrangement
from lab.tui.drawing import QuickScreen

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.events import Resize
    from textual.geometry import Size

    from lab.tui.app import PodlabApp

LEAST_WIDTH, LEAST_HEIGHT = 60, 16

HELP = (
    Binding("question_mark", "help", "Help", key_display="?", tooltip="The keys that work here"),
    Binding("f1", "help", "Help", key_display="F1", tooltip="The keys that work here"),
)
"""Every screen lists these last of those in its footer. F1 is for where a question mark is a letter."""

SETTINGS = Binding(
    "S", "app.settings", "Settings", show=False, tooltip="Theme, cluster, editor, what a save does, the tour"
)
"""Of every screen with a view of its own."""

BREAKPOINTS = [(0, "-narrow"), (arrangement.WIDE, "-wide"), (arrangement.BROAD, "-broad")]
"""Least widths and the class a screen of that width has."""

HEIGHTS = [(0, "-low"), (arrangement.HIGH, "-high")]
"""The same of heights."""


DIALOG_SHEET = Path(__file__).with_name("dialog.tcss")


def too_small(size: Size) -> bool:
    """Whether a window has no room for the lab."""
    return size.width < LEAST_WIDTH or size.height < LEAST_HEIGHT


class _Screen(QuickScreen[ScreenResultType]):
    """What dialogs and full screens share."""

    HORIZONTAL_BREAKPOINTS = BREAKPOINTS

    async def _compose(self) -> None:
        """With the classes of its size, which Textual takes after a layout: it would be seen without."""
        wide, high = self.app.size
        self.add_class(*self._get_breakpoint_classes(wide, self.HORIZONTAL_BREAKPOINTS or []), update=False)
        self.add_class(*self._get_breakpoint_classes(high, self.VERTICAL_BREAKPOINTS or []), update=False)
        await super()._compose()

    @property
    def lab_app(self) -> PodlabApp:
        """The app, by its own type."""
        return cast("PodlabApp", self.app)

    def on_resize(self, event: Resize) -> None:
        """Where there is no room a word about that covers the screen; nothing is lost beneath."""
        self.set_class(too_small(event.size), "-too-small")

    def on_key(self, event: Key) -> None:
        """Escape with a letter on its heels, which arrives as one key, is both, one after the other."""
        modifier, _, letter = event.key.partition("+")
        if modifier == "alt" and len(letter) == 1:
            event.stop()
            for key in (Key("escape", "\x1b"), Key(letter, letter)):
                key.set_sender(self.app)  # from this screen they would not go up to the app's bindings
                self.app.post_message(key)

    @property
    def on_top(self) -> bool:
        """Whether nothing is over it, and it was not left yet."""
        return self.app.screen is self

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Leave it, once: a second key may be on its way, and would take away the screen beneath."""
        if not self.on_top:
            left: AwaitComplete = AwaitComplete.nothing()  # type: ignore[no-untyped-call]  # (Textual's own)
            return left
        return super().dismiss(result)


class LabDialog(_Screen[ScreenResultType], ModalScreen[ScreenResultType]):
    """A box over a screen: its content is one container of the class `dialog`.

    Where there is no room it is not shown: what is beneath says so, and half a box would say less.
    """

    CSS_PATH: ClassVar[list[str | PurePath]] = [DIALOG_SHEET]


class LabScreen(_Screen[None]):
    """A screen of the lab; subclasses compose in `compose_body`."""

    VERTICAL_BREAKPOINTS = HEIGHTS
    NOTES: ClassVar[str] = ""
    """What its help says beside the keys."""

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    """As Textual's own, but for the drawing of the whole screen: who got and who lost it draw themselves."""

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """The bindings that work now: none whose key whoever has the keyboard takes for a letter."""
        active, focused = super().active_bindings, self.focused
        if focused is None:
            return active
        return {
            key: one
            for key, one in active.items()
            # Textual forgets that it calls some characters by shorter names than Unicode does (plus, minus).
            if not focused.check_consume_key(key, key_to_character(REPLACED_KEYS.get(key, key)))
        }

    def compose(self) -> ComposeResult:
        """The body, and over it the word about the window."""
        yield from self.compose_body()
        yield Static(
            f"Too small a window: at least {LEAST_WIDTH} by {LEAST_HEIGHT} cells, please. "
            "Until then keys do nothing; only Ctrl+Q leaves the lab, and unsaved edits are kept.",
            id="too-small",
        )

    def _extend_compose(self, widgets: list[Widget]) -> None:
        """Notices have lines of their own at the foot of the body: they would cover what one reads."""
        super()._extend_compose(widgets)
        widgets.sort(key=lambda one: isinstance(one, ToastRack))

    def compose_body(self) -> ComposeResult:
        """The screen's own content."""
        raise NotImplementedError

    def action_help(self) -> None:
        """Show the keys that work here, from the bindings themselves."""
        from lab.tui.screens.help import HelpScreen, help_rows  # noqa: PLC0415 (its table is not the first frame's)

        self.app.push_screen(HelpScreen(help_rows(self), self.NOTES))
