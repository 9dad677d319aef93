"""The learner's files: a tab each, edited in place, kept apart from what is on disk until they are saved.

Invariant: a file that changed on disk and in its buffer is saved only after the learner said whose version
counts.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import on
from textual.message import Message
from textual.widgets import TabbedContent, Tabs, TextArea

from lab.attempt.views import FileRole, FileState
from lab.tui import drifting
from lab.tui.drafts import Draft
from lab.tui.widgets.editor import Editor
from lab.tui.widgets.file_pane import FilePane, pane_id
from lab.tui.widgets.panel import Empty, Panel, empty_or

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from textual.app import ComposeResult
    from textual.events import DescendantFocus
    from textual.timer import Timer
    from textual.widget import Widget

    from lab.attempt.linting import Problem
    from lab.tui.view import AttemptView, FileText


LINT_SECONDS = 0.3
"""Host seconds without a key after which a text is looked at."""
LONG_LINES = 2000


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
    class Toggled(Message):
        """Editing in place began or ended."""

    @dataclass
    class Edited(Message):
        """A buffer is different from what it was."""

    @dataclass
    class Restored(Message):
        """Unsaved edits of an earlier sitting are in these files' buffers again."""

        names: tuple[str, ...]

    @dataclass
    class LintWanted(Message):
        """What is wrong with this text? `linted` is to be told."""

        name: str
        text: str

    @dataclass
    class DriftWanted(Message):
        """Do files and cluster still agree? `drifted` is to be told."""

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
        self._panes: dict[str, FilePane] = {}
        self._was_dirty = False
        self._handed_on = False
        """Whether somebody who waited for a buffer here would have it by now."""
        self._state = ""
        """What the frame says of the files; where one types it says in front of it."""
        self._compared: tuple[object, ...] | None = None
        """View, check and files that were looked at last."""
        self._stand: tuple[object, ...] | None = None
        """The same, with how far the objects were that files may declare in place of the view."""
        self._drifted: frozenset[str] = frozenset()
        """Files whose objects somebody changed in the cluster."""
        self._unseen: set[str] = set()
        """Files whose text was not looked at since it changed."""
        self._lint_timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """The tabs, filled when the files are known."""
        yield TabbedContent()
        yield Empty()

    def show(self, view: AttemptView) -> None:
        """Bring tabs and buffers in line with the workspace."""
        self._compare(view)
        if view.files is self._shown or view.files is None:
            return
        self._shown = view.files
        lost = not view.files and not self.dirty
        why = f"No files in {view.workspace}. r brings them back as they were at the start." if lost else ""
        empty_or(self, self.query_one(TabbedContent), self.query_one(Empty), why)
        wanted = {
            content.file.name: content
            for content in view.files
            if content.file.state is not FileState.FOREIGN
        }
        for name in [name for name in self._editors if name not in wanted]:
            if not self._editors[name].dirty:
                self._remove(name)
        self._handed_on = self._handed_on and bool(self._editors)
        restored = tuple(name for name, content in wanted.items() if self._see(name, content))
        if restored:
            self.post_message(self.Restored(restored))
        self._refresh_marks()
        self.call_after_refresh(self._hand_keyboard_on)

    def saving(self, edited: list[tuple[FileText, str]]) -> None:
        """These texts are being written."""
        for before, text in edited:
            if editor := self._editors.get(before.file.name):
                editor.given = text

    def _compare(self, view: AttemptView) -> None:
        """Ask for a look at the cluster where it, or the files, are not as they were."""
        live, running = view.live, view.judging.running
        if live is None or live.lost or view.back is not None:
            return
        seen = (live, running, view.files)
        if self._compared is not None and all(map(operator.is_, seen, self._compared)):
            return
        self._compared = seen
        now = drifting.stand(live), running, view.files
        if now == self._stand:
            return
        self._stand = now
        # What a check's experiments change, they put back.
        if not running:
            self.post_message(self.DriftWanted())

    def drifted(self, names: frozenset[str]) -> None:
        """These files' objects were changed in the cluster since they were applied."""
        if names != self._drifted:
            self._drifted = names
            self._refresh_marks()

    @on(TabbedContent.TabActivated)
    def _hand_keyboard_on(self) -> None:
        """To the first buffer there is, for whoever was here before it was."""
        if self._handed_on or not self.is_attached or not isinstance(self.inside(), Editor):
            return
        self._handed_on = True
        focused = self.screen.focused
        if focused is not None and self in focused.ancestors and not isinstance(focused, Editor):
            self.focus_inside()

    def _see(self, name: str, content: FileText) -> bool:
        """This is on disk now; True when a draft came back with it."""
        if name in self._editors:
            self._editors[name].found(content)
            self._panes[name].show()
            return False
        draft = None if content.problem else self._drafts.pop(name, None)
        if draft is not None and draft.text == content.text:
            draft = None
        self._add(name, content, draft)
        return draft is not None

    def _add(self, name: str, content: FileText, draft: Draft | None) -> None:
        editor = self._editors[name] = Editor(content, draft)
        pane = self._panes[name] = FilePane(editor)
        self.query_one(TabbedContent).add_pane(pane)
        self._look_soon(name)

    def _remove(self, name: str) -> None:
        del self._editors[name], self._panes[name]
        self.query_one(TabbedContent).remove_pane(pane_id(name))

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
                editor.revert()

    def go_to(self, file: str, line: int) -> None:
        """Bring a file, by its name or path, into view with the cursor on a line (1-based)."""
        for name, editor in self._editors.items():
            if file in {name, str(editor.base.file.path)}:
                self.query_one(TabbedContent).active = pane_id(name)
                editor.move_cursor((line - 1, 0), center=True)
                editor.editing = True

    def bring(self, name: str) -> None:
        """Bring a file into view, by its name, where its buffer first differs from the disk."""
        self.query_one(TabbedContent).active = pane_id(name)
        editor = self._editors[name]
        pairs = zip(editor.base.text.splitlines(), editor.text.splitlines(), strict=False)
        line = next((at for at, (old, new) in enumerate(pairs) if old != new), 0)
        self.call_after_refresh(editor.move_cursor, (line, 0), center=True)

    def begin(self) -> None:
        """Edit the file in view."""
        if (editor := self._in_view) is not None:
            editor.editing = True

    def end_editing(self) -> None:
        """The keyboard goes elsewhere: whoever comes back looks first."""
        for editor in self._editors.values():
            editor.editing = False

    @property
    def editing(self) -> bool:
        """Whether keys are typed into a file."""
        return any(editor.editing for editor in self._editors.values())

    @property
    def _in_view(self) -> Editor | None:
        """The buffer of the tab in front; None: there are no files."""
        active = self.query_one(TabbedContent).active
        return next((editor for name, editor in self._editors.items() if pane_id(name) == active), None)

    @property
    def current(self) -> Path | None:
        """The file in view."""
        editor = self._in_view
        return None if editor is None else editor.base.file.path

    @property
    def current_line(self) -> int:
        """Where the cursor is in it, 1-based."""
        editor = self._in_view
        return 1 if editor is None else editor.cursor_location[0] + 1

    def request_save(self) -> None:
        """Ask for everything edited to be written and applied."""
        edited = [(editor.disk, editor.text) for editor in self._editors.values() if editor.dirty]
        conflicts = tuple(name for name, editor in self._editors.items() if editor.conflict)
        self.post_message(self.SaveRequested(edited, conflicts))

    def inside(self) -> Widget | None:
        """The buffer in view."""
        editor = self._in_view
        if editor is not None and editor.is_mounted and editor.display:
            return editor
        return super().inside()

    def step(self, by: int) -> None:
        """Go to the next or previous file."""
        names = list(self._editors)
        if len(names) > 1:
            tabs = self.query_one(TabbedContent)
            at = [pane_id(name) for name in names].index(tabs.active)
            tabs.active = pane_id(names[(at + by) % len(names)])
            self.call_after_refresh(self.focus_inside)

    # --- mistakes ------------------------------------------------------------------------------------------

    def _look_soon(self, name: str) -> None:
        """Look at a manifest or a program once its text is still for a moment."""
        editor = self._editors.get(name)
        if editor is None or not (editor.base.file.role is FileRole.MANIFEST or name.endswith(".py")):
            return
        self._unseen.add(name)
        if self._lint_timer is not None:
            self._lint_timer.stop()
        # A long text takes longer to look at, so it is looked at less often.
        still = LINT_SECONDS if editor.document.line_count < LONG_LINES else 4 * LINT_SECONDS
        self._lint_timer = self.set_timer(still, self._look)

    def _look(self) -> None:
        self._lint_timer = None
        unseen, self._unseen = self._unseen, set()
        for name in unseen & self._editors.keys():
            self.post_message(self.LintWanted(name, self._editors[name].text))

    def linted(self, name: str, text: str, problems: tuple[Problem, ...]) -> None:
        """This is wrong with a file's text, if it still has that text."""
        if name in self._editors and self._editors[name].text == text:
            self._panes[name].wrong(problems)
            self._refresh_marks()

    @property
    def texts(self) -> dict[str, str]:
        """The buffers' texts by file name, saved or not."""
        return {name: editor.text for name, editor in self._editors.items() if not editor.base.problem}

    @on(TextArea.Changed)
    def _changed(self, event: TextArea.Changed) -> None:
        event.stop()
        self._refresh_marks()
        self._look_soon(event.text_area.base.file.name if isinstance(event.text_area, Editor) else "")
        self.post_message(self.Edited())

    @on(TextArea.SelectionChanged)
    def _moved(self, event: TextArea.SelectionChanged) -> None:
        event.stop()
        self._say()

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Who goes to the tabs types no more: what a key does is the screen's to say there."""
        super().on_descendant_focus(event)
        if isinstance(event.widget, Tabs):
            self.end_editing()

    @on(Editor.Save)
    def _save(self, event: Editor.Save) -> None:
        event.stop()
        self.request_save()

    @on(Editor.Toggled)
    def _toggled(self, event: Editor.Toggled) -> None:
        event.stop()
        self._refresh_marks()
        self.post_message(self.Toggled())

    def _refresh_marks(self) -> None:
        tabs = self.query_one(TabbedContent)
        for name, editor in self._editors.items():
            wrong = len(self._panes[name].problems)
            label = (
                f"{name}{' •' if editor.dirty else ''}{f' ✗{wrong}' if wrong else ''}"
                f"{' ≠' if name in self._drifted else ''}"
            )
            self._panes[name].say()
            tab = tabs.get_tab(pane_id(name))
            if str(tab.label) != label:
                tab.label = label
        self._state = self._subtitle()
        self._say()
        self.set_class(self.editing, "-editing")
        dirty = self.dirty
        if bool(dirty) != self._was_dirty:
            self._was_dirty = bool(dirty)
            self.screen.refresh_bindings()
            self.post_message(self.DirtyChanged(bool(dirty)))

    def _say(self) -> None:
        typed = next((editor for editor in self._editors.values() if editor.editing), None)
        row, column = typed.cursor_location if typed is not None else (0, 0)
        place = f"line {row + 1}:{column + 1} · " if typed is not None else ""
        self.border_subtitle = place + self._state

    def _subtitle(self) -> str:
        editors = self._editors
        conflicts = ", ".join(name for name, editor in editors.items() if editor.conflict)
        if conflicts:
            return f"changed on disk too: {conflicts} (F9 keeps yours, ^r takes it)"
        gone = ", ".join(name for name, editor in editors.items() if editor.dirty and editor.disk.problem)
        if gone:
            return f"not on disk: {gone} (^s writes it)"
        unsaved = f"unsaved: {', '.join(self.dirty)}" if self.dirty else ""
        if self.editing:
            return " · ".join(filter(None, (unsaved, "EDITING, Esc ends")))
        other = "\\[ ] other files" if len(editors) > 1 else ""
        if names := ", ".join(name for name in editors if name in self._drifted):
            return " · ".join(filter(None, (unsaved, f"≠ {names}: changed in the cluster, v shows how")))
        return " · ".join(filter(None, (unsaved, "Enter edits here" if editors else "", other)))
