"""The learner's files: a tab each, edited in place, kept apart from what is on disk until they are saved.

Invariants: a buffer with unsaved edits is never overwritten by what is found on disk; a file that changed in
both places is saved only after the learner said whose version counts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import TabbedContent, TabPane, TextArea

from lab.attempt.views import FileState
from lab.tui.drafts import Draft
from lab.tui.widgets.panel import Empty, Panel, empty_or

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import ComposeResult

    from lab.tui.view import AttemptView, FileText

_LANGUAGES = {
    ".yaml": "yaml",
    ".yml": "yaml",
    ".json": "json",
    ".py": "python",
    ".md": "markdown",
    ".sh": "bash",
}


class Editor(TextArea):
    """One file's buffer."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "Save & apply", tooltip="Write every edited file and apply the workspace"),
        Binding("ctrl+r", "revert", "Revert", tooltip="Take the version that is on disk"),
        Binding("escape", "leave", "Leave editor", tooltip="Back to the keys of the screen"),
    ]

    @dataclass
    class Leave(Message):
        """Escape: the keyboard goes back to the screen."""

    @dataclass
    class Save(Message):
        """Ctrl+S."""

    def __init__(self, content: FileText, draft: Draft | None = None) -> None:
        suffix = PurePosixPath(content.file.name).suffix
        super().__init__(
            draft.text if draft else content.text,
            language=_LANGUAGES.get(suffix),
            show_line_numbers=True,
            tab_behavior="indent",
            soft_wrap=False,
            read_only=bool(content.problem),
        )
        self.indent_width = 2 if suffix in {".yaml", ".yml"} else 4
        self.cursor_blink = False
        self.base = replace(content, text=draft.base) if draft else content
        """What was on disk when the buffer was last in line with it."""
        self.disk = content
        """What is on disk now."""

    @property
    def dirty(self) -> bool:
        """Whether there are edits that are not on disk."""
        return not self.base.problem and self.text != self.base.text

    @property
    def conflict(self) -> bool:
        """Whether somebody else changed the file while it had unsaved edits here."""
        return self.dirty and self.disk.text not in {self.base.text, self.text}

    def found(self, content: FileText) -> None:
        """This is on disk now: take it over unless there are edits."""
        clean = not self.dirty
        self.disk = content
        if clean or content.text == self.text:
            self.base = content
            if content.text != self.text:
                cursor = self.cursor_location
                self.load_text(content.text)
                self.move_cursor(cursor)
            self.read_only = bool(content.problem)

    async def _on_key(self, event: events.Key) -> None:
        # TextArea itself gives Escape to the next widget in its indenting mode; here it leaves the editor.
        if event.key == "escape":
            return
        await super()._on_key(event)

    def action_leave(self) -> None:
        """Give the keyboard back."""
        self.post_message(self.Leave())

    def action_save(self) -> None:
        """Save all edited files and apply."""
        self.post_message(self.Save())

    def action_revert(self) -> None:
        """Drop the edits for what is on disk; undo brings them back."""
        if self.text != self.disk.text:
            self.replace(self.disk.text, (0, 0), self.document.end)
            self.base = self.disk


class FilesPanel(Panel):
    """Tabs with editors."""

    NAME = "Files"

    @dataclass
    class SaveRequested(Message):
        """Write these texts over these files, then apply. Nothing edited: just apply."""

        edited: list[tuple[FileText, str]]
        conflicts: tuple[str, ...]
        """Names of files that were changed on disk as well."""

    @dataclass
    class Left(Message):
        """The keyboard goes back to the screen."""

    @dataclass
    class Edited(Message):
        """A buffer is different from what it was."""

    @dataclass
    class Restored(Message):
        """Unsaved edits of an earlier sitting are in these files' buffers again."""

        names: tuple[str, ...]

    @dataclass
    class DirtyChanged(Message):
        """Some buffer began or ceased to have unsaved edits."""

        dirty: bool

    def __init__(self, drafts: Mapping[str, Draft], *, id: str) -> None:  # noqa: A002 (Textual's own name)
        super().__init__(id=id)
        self._drafts = dict(drafts)
        """Of an earlier sitting; each is taken up when its file is first seen."""
        self._shown: tuple[FileText, ...] | None = None
        self._editors: dict[str, Editor] = {}
        self._was_dirty = False

    def compose(self) -> ComposeResult:
        """The tabs, filled when the files are known."""
        yield TabbedContent()
        yield Empty()

    def show(self, view: AttemptView) -> None:
        """Bring tabs and buffers in line with the workspace."""
        if view.files is self._shown:
            return
        self._shown = view.files
        why = (
            ""
            if view.files
            else f"No files in {view.workspace}. r brings them back as they were at the start."
        )
        empty_or(self, self.query_one(TabbedContent), self.query_one(Empty), why)
        wanted = {
            content.file.name: content
            for content in view.files
            if content.file.state is not FileState.FOREIGN
        }
        for name in [name for name in self._editors if name not in wanted]:
            if not self._editors[name].dirty:
                self._remove(name)
        restored = tuple(name for name, content in wanted.items() if self._see(name, content))
        if restored:
            self.post_message(self.Restored(restored))
        self._refresh_marks()

    def _see(self, name: str, content: FileText) -> bool:
        """This is on disk now; True when a draft came back with it."""
        if name in self._editors:
            self._editors[name].found(content)
            return False
        draft = None if content.problem else self._drafts.pop(name, None)
        if draft is not None and draft.text == content.text:
            draft = None
        self._add(name, content, draft)
        return draft is not None

    def _add(self, name: str, content: FileText, draft: Draft | None) -> None:
        editor = self._editors[name] = Editor(content, draft)
        pane = TabPane(
            name, Empty(content.problem, markup=False) if content.problem else editor, id=_pane_id(name)
        )
        self.query_one(TabbedContent).add_pane(pane)

    def _remove(self, name: str) -> None:
        del self._editors[name]
        self.query_one(TabbedContent).remove_pane(_pane_id(name))

    @property
    def dirty(self) -> tuple[str, ...]:
        """Names of the files with unsaved edits."""
        return tuple(name for name, editor in self._editors.items() if editor.dirty)

    @property
    def drafts(self) -> dict[str, Draft]:
        """What would be lost now: unsaved buffers, and drafts whose files were not seen yet."""
        unsaved = {
            name: Draft(editor.base.text, editor.text)
            for name, editor in self._editors.items()
            if editor.dirty
        }
        return {**self._drafts, **unsaved}

    def revert(self) -> None:
        """Take the disk's version of every file; undo brings the edits back."""
        for editor in self._editors.values():
            if editor.dirty:
                editor.action_revert()

    def go_to(self, file: str, line: int) -> None:
        """Bring a file, by its name or path, into view with the cursor on a line (1-based)."""
        for name, editor in self._editors.items():
            if file in {name, str(editor.base.file.path)}:
                self.query_one(TabbedContent).active = _pane_id(name)
                editor.move_cursor((line - 1, 0), center=True)

    @property
    def current(self) -> Path | None:
        """The file in view."""
        active = self.query_one(TabbedContent).active
        return next(
            (editor.base.file.path for name, editor in self._editors.items() if _pane_id(name) == active),
            None,
        )

    def request_save(self) -> None:
        """Ask for everything edited to be written and applied."""
        edited = [(editor.disk, editor.text) for editor in self._editors.values() if editor.dirty]
        conflicts = tuple(name for name, editor in self._editors.items() if editor.conflict)
        self.post_message(self.SaveRequested(edited, conflicts))

    def focus_inside(self) -> None:
        """The keyboard goes into the editor in view."""
        active = self.query_one(TabbedContent).active
        for name, editor in self._editors.items():
            if _pane_id(name) == active and editor.is_mounted:
                editor.focus()
                return
        super().focus_inside()

    def step(self, by: int) -> None:
        """Go to the next or previous file."""
        names = list(self._editors)
        if len(names) > 1:
            tabs = self.query_one(TabbedContent)
            at = [_pane_id(name) for name in names].index(tabs.active)
            tabs.active = _pane_id(names[(at + by) % len(names)])
            self.call_after_refresh(self.focus_inside)

    @on(TextArea.Changed)
    def _changed(self, event: TextArea.Changed) -> None:
        event.stop()
        self._refresh_marks()
        self.post_message(self.Edited())

    @on(Editor.Save)
    def _save(self, event: Editor.Save) -> None:
        event.stop()
        self.request_save()

    @on(Editor.Leave)
    def _leave(self, event: Editor.Leave) -> None:
        event.stop()
        self.post_message(self.Left())

    def _refresh_marks(self) -> None:
        tabs = self.query_one(TabbedContent)
        for name, editor in self._editors.items():
            label = f"{name} •" if editor.dirty else name
            tab = tabs.get_tab(_pane_id(name))
            if str(tab.label) != label:
                tab.label = label
        conflicts = [name for name, editor in self._editors.items() if editor.conflict]
        dirty = self.dirty
        if conflicts:
            self.border_subtitle = f"changed on disk too: {', '.join(conflicts)} (Ctrl+R takes the disk's)"
        else:
            self.border_subtitle = f"unsaved: {', '.join(dirty)}" if dirty else ""
        if bool(dirty) != self._was_dirty:
            self._was_dirty = bool(dirty)
            self.post_message(self.DirtyChanged(bool(dirty)))


def _pane_id(name: str) -> str:
    """An identifier Textual accepts, one to one with the name."""
    return "file-" + name.encode().hex()
