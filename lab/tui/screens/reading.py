"""Something to read over the screen: hints, the solution."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Markdown, Static

from lab.tui.screens.base import LabDialog
from lab.tui.widgets.key_bar import KeyBar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.events import Resize

    from lab.attempt.views import Hint, SolutionFile


class ReadingScreen(LabDialog[str | None]):
    """Markdown in a box; the result is the action it was left for (`more`) or None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "leave", "Close")]

    def __init__(self, title: str, markdown: str) -> None:
        super().__init__()
        self._title, self._markdown = title, markdown

    def compose(self) -> ComposeResult:
        """Title, text, keys."""
        with Vertical(classes="dialog -fit"):
            yield Static(self._title, id="question", markup=False)
            with VerticalScroll():
                yield Markdown(self._markdown, open_links=False)
            yield KeyBar()

    def on_mount(self) -> None:
        """The text scrolls by keys."""
        self.query_one(VerticalScroll).focus()

    def on_resize(self, _event: Resize) -> None:
        """Textual takes a text that is cut for as high as it would be: the box would end in empty lines."""
        self.query_one(".dialog").remove_class("-full")
        self.call_after_refresh(self._fill)

    def _fill(self) -> None:
        self.query_one(".dialog").set_class(self.query_one(VerticalScroll).max_scroll_y > 0, "-full")

    def action_leave(self) -> None:
        """Close."""
        self.dismiss(None)


class HintScreen(ReadingScreen):
    """The rungs shown so far, the newest first; `h` asks for the next one."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("h", "more", "Next hint")]

    def __init__(self, hints: Sequence[Hint]) -> None:
        text = "\n\n".join(f"## {hint.rung}. {hint.title}\n\n{hint.text}" for hint in reversed(hints))
        last = hints[-1]
        self._more = last.rung < last.of
        super().__init__(f"Hint {last.rung} of {last.of}", text)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """No next hint after the last."""
        return self._more if action == "more" else True

    def action_more(self) -> None:
        """Ask for the next rung."""
        self.dismiss("more")


def solution_markdown(files: Sequence[SolutionFile]) -> str:
    """The declared solution as Markdown, a fenced block a file."""
    intro = "This is one way to mend it; nothing of it has been applied, and your files are untouched.\n\n"
    return intro + "\n\n".join(f"### {file.name}\n\n{_fenced(file)}" for file in files)


def _fenced(file: SolutionFile) -> str:
    language = {"yaml": "yaml", "yml": "yaml", "py": "python"}.get(file.name.rpartition(".")[2], "")
    return f"````{language}\n{file.text.rstrip()}\n````"
