"""The settings: chosen by the arrow keys, in force at once, kept for every later sitting."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.markup import escape
from textual.widgets import Static

from lab.attempt import clusters
from lab.tui import choices
from lab.tui.screens.base import HELP, LabScreen
from lab.tui.widgets.key_bar import KeyBar
from lab.tui.widgets.settings_list import SettingsList

if TYPE_CHECKING:
    from textual.app import ComposeResult

PLAIN = "Without colour: NO_COLOR=1 podlab. For screen readers: podlab --plain."


class SettingsScreen(LabScreen):
    """A list of settings, and what the one under the cursor is about."""

    CSS_PATH: ClassVar[list[str | PurePath]] = [Path(__file__).with_name("settings.tcss")]

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,escape,S", "back", "Back", tooltip="To where you were"),
        *HELP,
    ]

    def compose_body(self) -> ComposeResult:
        """Head, list, what it is about, where it is kept."""
        with Horizontal(id="head"):
            yield Static("[b]Settings[/b]", id="title")
        yield SettingsList()
        with VerticalScroll(id="about-scroll", can_focus=False):
            yield Static("", id="about", markup=False)
            yield Static(f"Kept in {escape(str(self.lab_app.preferences.path))}\n{PLAIN}", id="kept")
        yield KeyBar()

    def on_mount(self) -> None:
        """The list has the keyboard."""
        self._show()
        self.query_one(SettingsList).focus()

    @cached_property
    def _machine(self) -> choices.Surroundings:
        """Looked for once: it reads the user's kubeconfigs and looks for editors."""
        app = self.lab_app
        settings = app.lab.settings
        return choices.Surroundings(
            theme=app.theme,
            providers=clusters.choices(settings),
            provider=settings.provider,
            editors=[command for command, _way_out in app.handoff.editors()],
            editor=app.handoff.editor(),
            served=app.served,
        )

    @property
    def _around(self) -> choices.Surroundings:
        return replace(self._machine, theme=self.lab_app.theme)

    def _show(self) -> None:
        self.query_one(SettingsList).show(choices.settings(self.lab_app.preferences.chosen, self._around))

    @on(SettingsList.Highlighted)
    def _highlighted(self, event: SettingsList.Highlighted) -> None:
        fixed = f"\nNot to be changed here: {event.setting.fixed}." if event.setting.fixed else ""
        self.query_one("#about", Static).update(f"{event.setting.about}{fixed}")

    @on(SettingsList.Turned)
    def _turned(self, event: SettingsList.Turned) -> None:
        preferences = self.lab_app.preferences
        kept = choices.turned(preferences.chosen, self._around, event.setting, event.by)
        if "theme" in kept:
            self.lab_app.theme = str(kept["theme"])  # the app keeps it, whoever changes it
        elif kept:
            preferences.keep(**kept)
        self._show()

    def action_back(self) -> None:
        """Back to where one was."""
        self.dismiss()
