"""One object in full over the exercise: as kubectl describes it, or as YAML; kept up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from lab.tui.screens.base import LabDialog
from lab.tui.widgets.key_bar import KeyBar
from lab.tui.widgets.lines import Line, Lines, Span, wrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult

    from lab.model.observation import Object
    from lab.tui.messages import Described
    from lab.tui.view import AttemptView

DESCRIBE, YAML = "describe", "yaml"
AGAIN = 2.0
"""Host seconds between two descriptions while the object changes."""


class TextLines(Lines):
    """A text; it begins at its beginning."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self._follow = False

    def make_lines(self, width: int) -> Sequence[Line]:
        """The text broken into lines; the names of fields stand out."""
        made: list[Line] = []
        for line in self.text.splitlines():
            for part in wrapped(line, width):
                made.append(_named(part))  # noqa: PERF401 (two loops read better)
        return made

    def take(self, text: str) -> None:
        """Show another text, from where the reader is."""
        if text != self.text:
            at = self.scroll_offset.y
            self.text = text
            self.remake()
            self._follow = False
            self.scroll_to(y=at, animate=False)


def _named(line: Line) -> Line:
    text = line[0].text
    name, colon, rest = text.partition(":")
    if not colon or " " in name.strip(" -") or (rest and not rest.startswith(" ")):
        return line
    return (Span(f"{name}:", "strong"), Span(rest))


class InspectScreen(LabDialog[None]):
    """Describe and YAML of one object."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i", "turn('describe')", "Describe"),
        Binding("y", "turn('yaml')", "YAML"),
        Binding("escape,q", "leave", "Close"),
    ]

    def __init__(
        self, kind: str, name: str, what: str, view: AttemptView, describe: Callable[[InspectScreen], None]
    ) -> None:
        """`describe` asks for the description, which comes as `Described`."""
        super().__init__()
        self.kind, self.object_name, self.what = kind, name, what
        self._view = view
        self._describe = describe
        self._described = ""
        self._version: object = None

    def compose(self) -> ComposeResult:
        """Title, text, keys."""
        with Vertical(classes="dialog -tall -reading"):
            yield Static(id="question", markup=False)
            yield TextLines()
            yield KeyBar()

    def on_mount(self) -> None:
        """Show what was asked for; look again while it is open."""
        self.query_one(TextLines).focus()
        self.set_interval(AGAIN, self._again)
        self.action_turn(self.what)

    def see(self, view: AttemptView) -> None:
        """The cluster moved: of an object that did not, the YAML is not made again."""
        before = self._object()
        self._view = view
        if self.what == YAML and self._object() is not before:
            self._show()

    def action_turn(self, what: str) -> None:
        """To the description, or to the YAML."""
        self.what = what
        if what == DESCRIBE and self._view.back is None and not self._described:
            self._ask()
        self._show()

    def action_leave(self) -> None:
        """Close."""
        self.dismiss(None)

    def on_described(self, message: Described) -> None:
        """Show what kubectl answered."""
        self._described = message.text
        self._show()

    def _again(self) -> None:
        obj = self._object()
        version = obj["metadata"].get("resourceVersion") if obj is not None else None
        events = len(self._view.live.events) if self._view.live is not None else 0
        if self.what == DESCRIBE and self._view.back is None and (version, events) != self._version:
            self._ask()
            self._version = (version, events)

    def _ask(self) -> None:
        self._describe(self)

    def _object(self) -> Object | None:
        live = self._view.live
        found = live.objects.get(self.kind, ()) if live is not None else ()
        return next((one for one in found if one["metadata"]["name"] == self.object_name), None)

    def _show(self) -> None:
        from lab.attempt.inspecting import as_yaml  # noqa: PLC0415 (the screen is rarely opened)

        then = ", as it was" if self._view.back is not None else ""
        self.query_one("#question", Static).update(
            f"{self.what.upper()}  {self.kind.lower()}/{self.object_name}{then}"
        )
        if self.what == DESCRIBE:
            text = self._described or f"kubectl describe {self.kind.lower()} {self.object_name} …"
            if self._view.back is not None:
                text = "kubectl can describe the present only. y shows the object as it was then."
        else:
            obj = self._object()
            text = as_yaml(obj) if obj is not None else "It is not there (any more, or yet)."
        self.query_one(TextLines).take(text)
