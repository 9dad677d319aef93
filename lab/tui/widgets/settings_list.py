"""The settings as a list: one line each, its value changed by the arrow keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.cells import set_cell_size
from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

if TYPE_CHECKING:
    from textual.events import Resize

LABEL_CELLS = 26
"""Width of the labels."""


@dataclass(frozen=True)
class Setting:
    """One setting as it is now."""

    id: str
    label: str
    value: str
    """As it is shown."""
    about: str
    """What it does, shown while the cursor is on it."""
    fixed: str = ""
    """Why it cannot be changed here; empty: it can."""


class SettingsList(OptionList):
    """Left and right change the value under the cursor; so does Enter."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,space", "turn(1)", "Next value", key_display="→", tooltip="Choose the next value"),
        Binding("left", "turn(-1)", "Value before", key_display="←", tooltip="Choose the value before"),
        Binding("j", "cursor_down", "Down", show=False),
        Binding("k", "cursor_up", "Up", show=False),
    ]

    @dataclass
    class Turned(Message):
        """Another value is wanted."""

        setting: str
        by: int

    @dataclass
    class Highlighted(Message):
        """The cursor is on this setting."""

        setting: Setting

    def __init__(self) -> None:
        super().__init__(id="settings")
        self._settings: dict[str, Setting] = {}

    def show(self, settings: tuple[Setting, ...]) -> None:
        """Show these; the cursor stays where it is."""
        self._settings = {one.id: one for one in settings}
        at = self.highlighted
        self.set_options([Option(self._line(one), id=one.id) for one in settings])
        self.highlighted = at or 0

    def on_resize(self, _event: Resize) -> None:
        """The lines depend on the width."""
        self.show(tuple(self._settings.values()))

    def _line(self, one: Setting) -> Content:
        value = f"  {one.value}" if one.fixed else f"◂ {one.value} ▸"
        return Content.assemble(
            f" {set_cell_size(one.label, LABEL_CELLS)}", (value, "dim" if one.fixed else "bold")
        )

    def action_turn(self, by: int) -> None:
        """Ask for another value of the setting under the cursor."""
        option = self.highlighted_option
        if option is not None:
            self.post_message(self.Turned(str(option.id), by))

    @on(OptionList.OptionHighlighted)
    def _moved(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        self.post_message(self.Highlighted(self._settings[str(event.option_id)]))

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.action_turn(1)
