"""One file's buffer: looked at first, edited after Enter, kept apart from what is on disk until it is saved.

Invariants: while it is only looked at, it takes no letters and digits, which are the screen's keys; a buffer
with unsaved edits is never overwritten by what is found on disk.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, ClassVar, cast

from rich.style import Style
from textual._text_area_theme import TextAreaTheme
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import TextArea
from textual.widgets.text_area import Selection

from lab.tui import indenting
from lab.tui.widgets.coloured import ColouredText

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from textual import events

    from lab.tui.drafts import Draft
    from lab.tui.view import FileText

_LANGUAGES = {
    ".yaml": "yaml",
    ".yml": "yaml",
    ".json": "json",
    ".py": "python",
    ".md": "markdown",
    ".sh": "bash",
}

_LIGHT = replace(
    cast("TextAreaTheme", TextAreaTheme.get_builtin_theme("github_light")),
    name="podlab-light",
    gutter_style=Style(color="#57606a", bgcolor="#f0f0f0"),
    cursor_line_gutter_style=Style(color="#24292e", bgcolor="#ebebeb", bold=True),
)
"""Its line numbers can be read, too."""


class Editor(ColouredText):
    """A buffer with a cursor; `editing` says whether keys are typed into it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,i", "begin", "Edit here", show=False, tooltip="Type into this file; Escape ends it"),
        Binding("ctrl+s", "save", "Save", tooltip="Write every edited file, apply the workspace, check"),
        Binding("ctrl+f", "find", "Find", key_display="^f", tooltip="A text in this file"),
        Binding("f8", "problem(1)", "Next mistake", key_display="F8", tooltip="The next thing that is wrong"),
        Binding("shift+f8", "problem(-1)", "Previous mistake", show=False, tooltip="The one before"),
        Binding("ctrl+g", "line", "Go to line", show=False, tooltip="A line by its number"),
        Binding("f3", "again(1)", "Find next", show=False, tooltip="The same text again"),
        Binding("shift+f3", "again(-1)", "Find previous", show=False, tooltip="The same text, upwards"),
        Binding("v", "changes", "Changes", tooltip="Against the start, the disk and the live objects"),
        Binding("f9", "keep", "Keep mine", tooltip="My version counts, not the one that came to disk"),
        Binding("ctrl+r", "revert", "Revert", tooltip="Take the version that is on disk"),
        Binding("tab", "shift(1)", "Indent", show=False, tooltip="Selected lines, a level deeper"),
        Binding("shift+tab", "shift(-1)", "Dedent", show=False, tooltip="Lines, a level less deep"),
        Binding("escape", "leave", "Leave editor", tooltip="Back to the keys of the screen"),
    ]

    @dataclass
    class Toggled(Message):
        """Editing began or ended."""

        editing: bool

    @dataclass
    class Save(Message):
        """Ctrl+S."""

    @dataclass
    class Wanted(Message):
        """Something beside the text: `find`, `line`, `again`, `problem`; `by` is the direction."""

        what: str
        by: int = 1

    class ChangesWanted(Message):
        """What is different from the start, the disk and the cluster."""

    @dataclass
    class RevertRequested(Message):
        """Ctrl+R: whether the edits may go is asked first."""

        editor: Editor

    def __init__(self, content: FileText, draft: Draft | None = None) -> None:
        suffix = PurePosixPath(content.file.name).suffix
        super().__init__(
            draft.text if draft else content.text,
            language=_LANGUAGES.get(suffix),
            show_line_numbers=True,
            tab_behavior="indent",
            soft_wrap=False,
            read_only=True,
        )
        self.indent_width = indenting.YAML_WIDTH if self.language == "yaml" else indenting.OTHER_WIDTH
        self.cursor_blink = False
        self.register_theme(_LIGHT)
        self.base = replace(content, text=draft.base) if draft else content
        """What was on disk when the buffer was last in line with it."""
        self.disk = content
        """What is on disk now."""
        self.given: str | None = None
        """The text that was given to be saved last: when it comes to disk, that is nobody else's change."""
        self.refused: deque[events.Key] = deque(maxlen=32)
        """Keys it left to the screen: they are not text, even if by the time they get there it is edited."""
        self.sought = ""
        """What was looked for last."""

    @property
    def dirty(self) -> bool:
        """Whether there are edits that are not on disk."""
        return not self.base.problem and self.text != self.base.text

    @property
    def conflict(self) -> bool:
        """Whether somebody else changed the file while it had unsaved edits here."""
        if self.disk.problem or self.disk.text == self.base.text:
            return False  # looked at with every key: nothing that takes the text together
        return self.dirty and self.disk.text != self.text

    @property
    def editing(self) -> bool:
        """Whether keys are typed into the buffer."""
        return not self.read_only

    @editing.setter
    def editing(self, wanted: bool) -> None:
        wanted = wanted and not self.base.problem
        if wanted == self.read_only:
            self.read_only = not wanted
            self.refresh_bindings()
            self.post_message(self.Toggled(wanted))

    def found(self, content: FileText) -> None:
        """This is on disk now: take it over unless there are edits."""
        clean = not self.dirty
        self.disk = content
        if content.text == self.given:
            self.base, self.given = content, None  # what was typed since is an edit of it
        elif clean or content.text == self.text:
            self.base = content
            if content.text != self.text:
                cursor = self.cursor_location
                self.load_text(content.text)
                self.move_cursor(cursor)
            if content.problem:
                self.editing = False

    def on_mount(self) -> None:
        """Colours that can be read on the app's own background, also when that changes."""
        self.watch(self.app, "theme", self._colour)

    def on_resize(self) -> None:
        """Less room (something is told below) must not hide where one types."""
        if self.editing:
            self.call_after_refresh(self.scroll_cursor_visible)

    def _colour(self) -> None:
        self.theme = "css" if self.app.current_theme.dark else _LIGHT.name

    async def _on_key(self, event: events.Key) -> None:
        # Keys that are bound would go up to the app and come back as actions, and letters typed meanwhile
        # would overtake them: on a busy machine a backspace would delete what was typed after it. So whatever
        # this widget answers is answered here, in the order it was typed. Text is TextArea's own handler's.
        if self.editing and event.key.startswith("alt+") and event.is_printable:
            # A terminal says so when a letter follows Escape at once; nobody has a letter with Alt in YAML.
            event.stop()
            event.prevent_default()
            self.editing = False
            self.app.simulate_key(event.key.removeprefix("alt+"))
            return
        action = _ACTIONS.get(event.key)
        if event.key == "tab" and self.selection.start[0] == self.selection.end[0]:
            action = None  # text
        if action is not None and self.check_action(action, ()):
            event.stop()
            event.prevent_default()
            await self.run_action(action)
        elif event.key == "enter" and self.editing:
            event.stop()
            event.prevent_default()
            self._break_line()
        elif not self.editing:
            self.refused.append(event)

    def _break_line(self) -> None:
        """A new line begins where what is before it asks for, as in any editor that knows the language."""
        start, end = sorted(self.selection)
        before, after = self.document[start[0]][: start[1]], self.document[end[0]][end[1] :]
        below = self.document[end[0] + 1] if end[0] + 1 < self.document.line_count else ""
        indent = indenting.of_new_line(before, below, self.language)
        if before.strip():
            end = (end[0], end[1] + len(after) - len(after.lstrip()))
        result = self.replace(f"\n{indent}", start, end, maintain_selection_offset=False)
        self.move_cursor(result.end_location)

    def action_delete_left(self) -> None:
        """What is selected, one character, or in front of a line's text one level of indentation."""
        row, column = self.cursor_location
        stop = indenting.stop_before(self.document[row][:column], self.indent_width)
        if self.editing and stop is not None and self.selection.is_empty:
            self.delete((row, stop), (row, column), maintain_selection_offset=False)
        else:
            super().action_delete_left()

    async def _on_paste(self, event: events.Paste) -> None:
        if self.read_only:
            event.stop()
            event.prevent_default()
            self.notify("Not pasted: Enter begins editing, then paste again.", severity="warning")

    async def _on_click(self, event: events.Click) -> None:
        # A click is meant for this place in the text, and the next key for it as well.
        event.stop()
        self.editing = True

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What makes no sense now is not offered, and its key is the screen's."""
        offered = _OFFERED.get(action.partition("(")[0])
        return offered(self) if offered is not None else super().check_action(action, parameters)

    def action_begin(self) -> None:
        """Keys are typed from now on."""
        self.editing = True

    def action_leave(self) -> None:
        """Keys are the screen's again."""
        self.editing = False

    def action_cursor_line_end(self, select: bool = False) -> None:
        """To the end of the line; of the file while it is only looked at."""
        if self.editing:
            super().action_cursor_line_end(select)
        else:
            self.move_cursor((self.document.line_count - 1, 0))

    def action_cursor_line_start(self, select: bool = False) -> None:
        """To the start of the line; of the file while it is only looked at."""
        if self.editing:
            super().action_cursor_line_start(select)
        else:
            self.move_cursor((0, 0))

    def action_shift(self, by: int) -> None:
        """One level deeper or less deep; a tab where nothing is selected is TextArea's own."""
        (top, _), (bottom, column) = sorted(self.selection)
        if bottom > top and column == 0:
            bottom -= 1  # nothing of that line is selected
        old = [self.document[row] for row in range(top, bottom + 1)]
        new = [indenting.shifted(line, by, self.indent_width) for line in old]
        moved = {top + at: len(line) - len(old[at]) for at, line in enumerate(new)}
        ends = [(row, max(col + moved.get(row, 0), 0)) for row, col in self.selection]
        self.replace("\n".join(new), (top, 0), (bottom, len(old[-1])), maintain_selection_offset=False)
        self.selection = Selection(*ends)

    def action_save(self) -> None:
        """Save all edited files and apply."""
        self.post_message(self.Save())

    def action_find(self) -> None:
        """Ask for a text."""
        self.post_message(self.Wanted("find"))

    def action_line(self) -> None:
        """Ask for a line."""
        self.post_message(self.Wanted("line"))

    def action_again(self, by: int) -> None:
        """The same text again."""
        self.post_message(self.Wanted("again", by))

    def action_problem(self, by: int) -> None:
        """The next mistake."""
        self.post_message(self.Wanted("problem", by))

    def action_changes(self) -> None:
        """What is different."""
        self.post_message(self.ChangesWanted())

    def action_keep(self) -> None:
        """What came to disk is known, and is to be written over."""
        self.base = self.disk
        self.post_message(self.Changed(self))
        self.refresh_bindings()

    def find(self, text: str, by: int) -> tuple[int, int]:
        """Go to the next place of a text (-1: the one before; 0: from here on), going round.

        Upper and lower case count only where the text has upper case. Returns its number and how many there
        are; (0, 0): none.
        """
        self.sought = text
        places = list(self._places(text))
        if not places:
            return 0, 0
        start, end = sorted(self.selection)
        if by < 0:
            at = next((one for one in reversed(range(len(places))) if places[one] < start), len(places) - 1)
        else:
            least = start if by == 0 else end
            at = next((one for one, place in enumerate(places) if place >= least), 0)
        row, column = places[at]
        self.move_cursor((row, column), center=True)
        self.selection = Selection((row, column), (row, column + len(text)))
        return at + 1, len(places)

    def _places(self, text: str) -> Iterator[tuple[int, int]]:
        plain = text == text.lower()
        for row, line in enumerate(self.document.lines if text else ()):
            within, at = line.lower() if plain else line, 0
            while (at := within.find(text, at)) >= 0:
                yield row, at
                at += len(text)

    def action_revert(self) -> None:
        """Ask for the edits to be dropped."""
        self.post_message(self.RevertRequested(self))

    def revert(self) -> None:
        """Drop the edits for what is on disk; undo brings them back."""
        if self.text != self.disk.text:
            self.replace(self.disk.text, (0, 0), self.document.end)
            self.base = self.disk


_OFFERED: dict[str, Callable[[Editor], bool]] = {
    "begin": lambda editor: editor.read_only and not editor.base.problem,
    "leave": lambda editor: editor.editing,
    "save": lambda editor: editor.editing,  # the screen has a save of its own
    "shift": lambda editor: editor.editing,
    "revert": lambda editor: editor.text != editor.disk.text,
    "changes": lambda editor: editor.read_only,
    "keep": lambda editor: editor.conflict,
    "again": lambda editor: bool(editor.sought),
    "problem": lambda editor: editor.has_marks,
}
"""When an action makes sense; of others Textual's own knows."""


def _actions() -> dict[str, str]:
    """The action of every key the editor answers, by key."""
    bindings = [one for one in (*TextArea.BINDINGS, *Editor.BINDINGS) if isinstance(one, Binding)]
    return {key.strip(): one.action for one in bindings for key in one.key.split(",")}


_ACTIONS = _actions()
