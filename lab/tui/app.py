"""The app: themes, the way between screens, the bridge. What screens show and do is theirs."""

from __future__ import annotations

import time
from functools import cached_property
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.events import Event, Key

from lab.attempt.preferences import Preferences
from lab.settings import AUTO
from lab.tui.screens.base import LabDialog, LabScreen, too_small
from lab.tui.screens.catalogue import CatalogueScreen
from lab.tui.sitting import Place, Sitting
from lab.tui.themes import THEMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from textual.command import Provider
    from textual.notifications import SeverityLevel
    from textual.screen import Screen

    from lab.attempt.attempt import Attempt
    from lab.attempt.lab import Lab
    from lab.tui.bridge import Bridge
    from lab.tui.handoff import Handoff
    from lab.tui.screens.exercise import ExerciseScreen

_HERE = Path(__file__).parent

OUT = frozenset({"ctrl+q", "ctrl+c"})
"""Keys that work in any window."""

FIRST_SHEETS = ("app.tcss", "screens/catalogue.tcss", "widgets/exercise_list.tcss", "widgets/key_bar.tcss")
"""Style sheets of the first frame; all others come with the screens that need them."""


def _commands() -> type[Provider]:
    from lab.tui.palette import Commands  # noqa: PLC0415 (the first frame can do without)

    return Commands


class PodlabApp(App[int]):
    """Podlab in the terminal."""

    TITLE = "Podlab"
    CSS_PATH: ClassVar[list[str | PurePath]] = [_HERE / name for name in FIRST_SHEETS]
    ENABLE_COMMAND_PALETTE = True
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_commands}
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+q", "quit", "Quit", show=False, priority=True)]

    def __init__(
        self,
        lab: Lab,
        *,
        exercise: str | None = None,
        handoff: Handoff | None = None,
        wall: Callable[[], float] = time.time,
        settled: Callable[[], None] = lambda: None,
    ) -> None:
        """`settled` is called once the catalogue is on screen and nothing more is loading."""
        super().__init__()
        self.settled = settled
        self.lab = lab
        self._wall = wall
        self._handed: Handoff | None = handoff
        self.check_after_apply = False
        self.last_words: tuple[str, ...] = ()
        """What is to be told once the terminal is the user's own again."""
        self.used = ""
        """The provider of the exercise that was open last."""
        self._wanted = exercise
        self._exercise: ExerciseScreen | None = None
        self._left = False
        self._handed_on: Key | None = None
        """The last key that was handed on: it is not handed on again."""
        for theme in THEMES:
            self.register_theme(theme)
        self.preferences = Preferences(lab.settings.home)
        self.sitting = Sitting(lab.settings.home)
        chosen = self.preferences.theme()
        self._begin_with(chosen if chosen in self.available_themes else THEMES[0].name)
        if self.no_color:
            from lab.tui import without_colour  # noqa: PLC0415 (only there)

            without_colour.install(self)

    @cached_property
    def bridge(self) -> Bridge:
        """The one owner of workers; made when first asked for, which is after the first frame."""
        from lab.tui.bridge import Bridge  # noqa: PLC0415 (the first frame can do without)

        return Bridge(self, self.lab, self._wall)

    @cached_property
    def handoff(self) -> Handoff:
        """How the terminal is handed to another program."""
        from lab.tui.handoff import TerminalHandoff  # noqa: PLC0415 (the first frame can do without)

        return self._handed or TerminalHandoff(self.lab.settings.home)

    @property
    def served(self) -> bool:
        """Whether somebody sits at a browser: nothing is handed to a shell or an editor then."""
        from lab.tui.handoff import NoHandoff  # noqa: PLC0415 (the first frame can do without)

        return isinstance(self._handed, NoHandoff)

    @property
    def provider(self) -> str:
        """Where exercises are started: the learner's choice, unless command line or environment have one."""
        decided = self.lab.settings.provider
        return "" if decided else self.preferences.chosen.provider or AUTO

    def _begin_with(self, theme: str) -> None:
        """Take a theme before anything is drawn: assigning it would have every style sheet parsed twice."""
        if self.available_themes[theme].dark != self.current_theme.dark:
            self.theme = theme
            return
        self.set_reactive(App.theme, theme)
        self.set_class(True, f"-theme-{theme}")
        self.stylesheet.set_variables(self.get_css_variables())

    def get_default_screen(self) -> Screen[None]:
        """The catalogue is always beneath."""
        return CatalogueScreen()

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """The lab's own commands, then those of Textual's that are not the same by another name."""
        from lab.tui import palette  # noqa: PLC0415 (the first frame can do without)

        own = list(palette.commands(screen))
        yield from own
        named = {command.title for command in own} | {"Keys"}
        yield from (one for one in super().get_system_commands(screen) if one.title not in named)

    def action_command_palette(self) -> None:
        """The palette; from the help, with the commands of the screen it was opened from."""
        from lab.tui.screens.help import HelpScreen  # noqa: PLC0415 (the first frame can do without)

        if isinstance(self.screen, HelpScreen):
            self.pop_screen()
        super().action_command_palette()

    def on_mount(self) -> None:
        """Straight into the exercise that was named, if any."""
        self.theme_changed_signal.subscribe(self, lambda theme: self.preferences.keep_theme(theme.name))
        if self._wanted is not None and isinstance(self.screen, CatalogueScreen):
            self.call_after_refresh(self.screen.begin, self._wanted)

    def to_take_up(self) -> str:
        """The exercise in which the last sitting ended, however it did; told once, empty: none."""
        if self._wanted is not None:
            return ""
        self._wanted = self.sitting.place.exercise
        return self._wanted

    def go(self, place: Place) -> None:
        """The learner is here now."""
        if self.sitting.go(place):
            self.bridge.flush(self.sitting)

    def judging(self, under_way: bool) -> None:
        """A check began where the learner is, or is over: what ends the lab in between breaks it off."""
        if not self._left:
            self.go(self.sitting.place._replace(checking=under_way))

    def open_attempt(self, attempt: Attempt) -> None:
        """Show an attempt that was started."""
        from lab.tui.screens.exercise import ExerciseScreen  # noqa: PLC0415 (the catalogue can do without)

        self.used = attempt.provider.name
        self._exercise = ExerciseScreen(attempt)
        self.push_screen(self._exercise)
        if attempt.brought_back:
            self.notify("\n".join(attempt.brought_back), timeout=12, markup=False)

    def close_attempt(self) -> None:
        """Back to the catalogue."""
        if self._exercise is not None and self._exercise is self.screen:
            self._exercise = None
            self.pop_screen()
            self.go(Place())

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """As Textual's own; but what was told before makes room: the same again, and news for newer ones."""
        for one in tuple(self._notifications):
            if one.message == message or one.severity == severity == "information":
                self._unnotify(one, refresh=False)
        super().notify(message, title=title, severity=severity, timeout=timeout, markup=markup)

    def _refresh_notifications(self) -> None:
        """As Textual's own; a dialog makes room for them, where a full screen does so by itself."""
        super()._refresh_notifications()
        if self._running and isinstance(self.screen, LabDialog):
            self.screen.set_class(bool(self._notifications), "-noticed")

    def action_next_theme(self) -> None:
        """Dark, light, high contrast, and round again; the choice is kept."""
        names = [theme.name for theme in THEMES]
        at = names.index(self.theme) if self.theme in names else -1
        self.theme = names[(at + 1) % len(names)]
        self.notify(f"Theme: {self.theme.removeprefix('podlab-')}")

    def action_settings(self) -> None:
        """The settings, over whatever is on screen."""
        from lab.tui.screens.settings import SettingsScreen  # noqa: PLC0415 (the first frame can do without)

        if isinstance(self.screen, LabScreen) and not isinstance(self.screen, SettingsScreen):
            self.push_screen(SettingsScreen())

    def open_next(self, name: str) -> None:
        """Close the attempt and start the exercise that comes next; empty: all are solved."""
        self.close_attempt()
        catalogue = self.screen
        if name and isinstance(catalogue, CatalogueScreen):
            self.call_after_refresh(catalogue.begin, name)
        else:
            self.notify("You have solved every exercise there is.", title="Well done")

    async def on_event(self, event: Event) -> None:
        """As Textual's own; but where nothing can be seen, no key does what cannot be seen."""
        if isinstance(event, Key) and event.key not in OUT and too_small(self.size):
            return
        await super().on_event(event)

    def on_key(self, event: Key) -> None:
        """Letters typed on the heels of a key that moved the keyboard: to where it went, and no commands.

        A key goes to whoever has the keyboard when it is pressed; while the one before is still on its way up
        here (the slash that opens the search), that is who had it before.
        """
        focused = self.focused
        if focused is None or event is self._handed_on or event in getattr(focused, "refused", ()):
            return
        if focused.check_consume_key(event.key, event.character):
            event.prevent_default()
            self._handed_on = Key(event.key, event.character)
            focused._forward_event(self._handed_on)  # noqa: SLF001 (as Textual's own dispatch does)

    def action_help_quit(self) -> None:
        """Ctrl-C stops what runs, as it does everywhere; when nothing runs it tells how to leave."""
        if self.bridge.cancel():
            self.notify("Cancelling…")
        else:
            self.notify("[b]Ctrl+Q[/b] leaves the lab; everything is kept.")

    async def action_quit(self) -> None:
        """Leave; the exercise screen asks first what becomes of unsaved edits."""
        if self._exercise is None or self._exercise not in self.screen_stack:
            self.leave()
            return
        if self._exercise.unsaved and not too_small(self.size):
            while self.screen is not self._exercise:
                self.pop_screen()
        self._exercise.leave_the_lab()

    def leave(self, *words: str) -> None:
        """End the lab, with these last words."""
        self._left = True
        self.last_words = words
        self.bridge.leave()
        self.exit(0)

    def on_unmount(self) -> None:
        """Whatever made the app end, nothing keeps running."""
        self.bridge.leave()
        self.sitting.flush()
