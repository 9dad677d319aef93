"""One file: its buffer, what is wrong with it, a line to find something, and what came to disk meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.markup import escape
from textual.widgets import Static, TabPane, TextArea

from lab.tui.widgets.editor import Editor
from lab.tui.widgets.finder import Finder
from lab.tui.widgets.panel import Empty
from lab.tui.widgets.problems import ProblemList

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from lab.attempt.linting import Problem


def pane_id(name: str) -> str:
    """An identifier Textual accepts, one to one with the name."""
    return "file-" + name.encode().hex()


class FilePane(TabPane):
    """One file: its buffer, or why it cannot be shown."""

    def __init__(self, editor: Editor) -> None:
        super().__init__(editor.base.file.name, id=pane_id(editor.base.file.name))
        self.editor = editor
        self._empty = Empty(markup=False)
        self._notice = Static(classes="conflict")
        self._list, self._finder = ProblemList(), Finder()
        self._mistake = Static(classes="mistake")
        self._told = self._short = ""
        self.show()

    def compose(self) -> ComposeResult:
        """The buffer and what is around it, or the word about the file."""
        yield self._empty
        yield self._notice
        yield self.editor
        yield self._list
        yield self._mistake
        yield self._finder

    def show(self) -> None:
        """The buffer as long as it has something to lose, else what is wrong with the file."""
        problem = "" if self.editor.dirty else self.editor.disk.problem
        self.editor.display = not problem
        self._empty.display = bool(problem)
        self._empty.update(problem[:1].upper() + problem[1:])
        self.say()

    def say(self) -> None:
        """Say that the file changed on disk as well, and ask whose version counts."""
        name = escape(self.editor.base.file.name)
        told = ""
        if self.editor.conflict:
            told = f"[b]! {name} was changed by another program too.[/b] F9 keeps yours · ^r takes theirs"
        if told != self._told:
            self._told = told
            self._notice.update(told)
            self._notice.set_class(bool(told), "-shown")

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is known to be wrong."""
        return self._list.problems

    def wrong(self, problems: tuple[Problem, ...]) -> None:
        """This is wrong with the text as it is."""
        had = bool(self.problems)
        self._list.show(problems)
        self.editor.mark(problem.line - 1 for problem in problems)
        if had != bool(problems):
            self.editor.refresh_bindings()
        self._mistake.set_class(bool(problems), "-shown")
        self._follow()

    @on(TextArea.SelectionChanged)
    def _follow(self) -> None:
        line = self.editor.cursor_location[0] + 1
        self._list.follow(line)
        short = self._list.in_short(line)
        if short != self._short:
            self._short = short
            self._mistake.update(short)

    @on(ProblemList.Chosen)
    def _chosen(self, event: ProblemList.Chosen) -> None:
        event.stop()
        self._go_to(event.problem)
        self.editor.focus()
        self.editor.editing = True

    def _go_to(self, problem: Problem) -> None:
        self.editor.move_cursor((problem.line - 1, problem.column), center=True)

    @on(Editor.Wanted)
    def _wanted(self, event: Editor.Wanted) -> None:
        event.stop()
        if event.what == "problem":
            problem = self._list.beyond(self.editor.cursor_location[0] + 1, event.by)
            if problem is not None:
                self._go_to(problem)
        elif event.what == "again":
            self.editor.find(self.editor.sought, event.by)
        else:
            self._finder.ask("line" if event.what == "line" else "find")

    @on(Finder.Wanted)
    def _find(self, event: Finder.Wanted) -> None:
        event.stop()
        at, count = self.editor.find(event.text, event.by)
        self._finder.tell(f"{at} of {count}" if count else "not here" if event.text else "")

    @on(Finder.LineWanted)
    def _line_wanted(self, event: Finder.LineWanted) -> None:
        event.stop()
        last = self.editor.document.line_count
        self.editor.move_cursor((min(max(event.line, 1), last) - 1, 0), center=True)

    @on(Finder.Left)
    def _finder_left(self, event: Finder.Left) -> None:
        event.stop()
        self.editor.focus()
