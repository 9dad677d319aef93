"""kubectl in place: a drawer at the foot of the exercise, with a command line, its list and the output.

It runs nothing itself: it asks the screen to, and is told what came of it. What is in it stays while it is
closed. Invariant: the list is about the line as it is; a line that changed since closes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import on
from textual.containers import Horizontal, Vertical
from textual.markup import escape
from textual.message import Message
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from lab.report.wording import worded
from lab.tui.widgets.output import Output, Written
from lab.tui.widgets.prompt import Prompt
from lab.tui.wording import KEYS

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult

    from lab.attempt.kubectl import Candidates, Process
    from lab.errors import LabError
    from lab.tui.command_history import CommandHistory

RUNNING = "running · Esc stops it"
COMMAND, SEARCH, FIND = "kubectl", "history", "find"
"""What the line is for; also what stands in front of it."""


class Console(Vertical):
    """The drawer; `-open` while it is in view, `-zoomed` while it has the whole screen."""

    @dataclass
    class Submitted(Message):
        """Run this line."""

        line: str

    @dataclass
    class CompletionWanted(Message):
        """How can this line go on?"""

        line: str

    class StopWanted(Message):
        """Stop what runs."""

    class Opened(Message):
        """It is in view, and has the keyboard."""

    class Closed(Message):
        """The keyboard goes back to the panels."""

    def __init__(self, namespace: str, history: CommandHistory) -> None:
        super().__init__()
        self._history = history
        self.running = False
        self._mode = COMMAND
        self._kept = ""
        """The command line, while the line is for something else."""
        self._candidates: Candidates | None = None
        self._asked = False
        """Whether the list was asked for, and may finish the word by itself."""
        self._putting = ""
        self.border_title = f"kubectl · {namespace}"

    def compose(self) -> ComposeResult:
        """Output, list, line."""
        yield Output()
        yield OptionList(id="candidates", markup=True)
        with Horizontal(id="line"):
            yield Static("kubectl", id="mode")
            yield Prompt(self._history)

    def on_mount(self) -> None:
        """Nothing was run yet."""
        self.query_one(OptionList).can_focus = False
        self._tell("Esc closes · Tab completes · ^r history · ! a shell of your own")

    # --- from the screen ------------------------------------------------------------------------------------

    def open(self) -> None:
        """Come into view, with the keyboard."""
        self.add_class("-open")
        self.query_one(Prompt).focus()
        self.post_message(self.Opened())

    def close(self) -> None:
        """Go out of view; nothing is forgotten."""
        self.remove_class("-open", "-zoomed")
        self._say_zoom()
        self.post_message(self.Closed())

    @property
    def is_open(self) -> bool:
        """Whether it is in view."""
        return self.has_class("-open")

    def began(self, line: str) -> None:
        """This line runs now."""
        self.running = True
        self.query_one(Output).command(f"kubectl {line.strip().removeprefix('kubectl ')}")
        self._tell(RUNNING)

    def line_done(self) -> None:
        """The line was taken: the next one begins."""
        self.query_one(Prompt).done()

    def wrote(self, process: Process) -> None:
        """Show what is new."""
        batch = process.take()
        if batch.lines or batch.dropped:
            self.query_one(Output).add([Written(line) for line in batch.lines], batch.dropped)

    def ended(self, process: Process) -> None:
        """Say how it ended."""
        self.wrote(process)
        self.running = False
        code = process.exit_code or 0
        took = f"{process.seconds:.1f} s"
        if process.stopped:
            said = Written(f"■ stopped after {took}", "quiet")
        elif code:
            said = Written(f"✗ exit {code} · {took}", "bad")
        else:
            said = Written(f"✓ exit 0 · {took}", "quiet")
        self.query_one(Output).add([said])
        self._tell(said.text)

    def refused(self, problem: LabError) -> None:
        """Say why it was not run."""
        self.running = False
        where = f" ({problem.where})" if problem.where else ""
        remedy = worded(problem.remedy, KEYS)
        lines = [Written(f"✗ not run: {problem.what}{where}", "bad")]
        if remedy:
            lines.append(Written(f"  {remedy}", "strong"))
        self.query_one(Output).add(lines)
        self._tell("not run")

    def handed_over(self, told: str) -> None:
        """It ran on the terminal itself."""
        self.running = False
        self.query_one(Output).add([Written(told, "quiet")])
        self._tell(told)

    def completed(self, line: str, candidates: Candidates | None) -> None:
        """Show how the line can go on, if it still is the same."""
        if self._mode != COMMAND or line != self._before_cursor:
            return
        self._candidates = candidates
        if candidates is None or not candidates.found:
            self._list([])
            self._tell((candidates.problem if candidates else "") or "nothing to complete here")
        elif self._asked and len(candidates.found) == 1:
            self._take(0)
        else:
            self._show_candidates(candidates)

    # --- the list -------------------------------------------------------------------------------------------

    def _show_candidates(self, candidates: Candidates) -> None:
        if self._asked and len(candidates.common) > len(candidates.word):
            self._put_word(candidates.common, finished=False)
            self._asked = False
            # The list goes on to be about the longer word.
            self.post_message(self.CompletionWanted(self._before_cursor))
            return
        self._asked = False
        rows = [
            f"[b]{escape(one.text)}[/b]" + (f"  [dim]{escape(one.about)}[/dim]" if one.about else "")
            for one in candidates.found
        ]
        self._list(rows)
        self._tell(f"{len(rows)} ways on · Tab ↑ ↓ choose · Enter takes · Esc closes")

    def _list(self, rows: list[str]) -> None:
        choices = self.query_one(OptionList)
        choices.clear_options()
        choices.add_options([Option(row) for row in rows])
        choices.set_class(bool(rows), "-shown")
        choices.highlighted = None

    @property
    def _listing(self) -> bool:
        return self.query_one(OptionList).has_class("-shown")

    @property
    def _before_cursor(self) -> str:
        prompt = self.query_one(Prompt)
        return prompt.value[: prompt.cursor_position]

    def _take(self, index: int) -> None:
        """Take a candidate, or a line of the history."""
        if self._mode == SEARCH:
            found = self._history.matching(self.query_one(Prompt).value)
            self._leave_mode(found[index] if index < len(found) else self._kept)
            return
        candidates = self._candidates
        if candidates is None or index >= len(candidates.found):
            return
        self._list([])
        self._tell(RUNNING if self.running else "")
        self._put_word(candidates.found[index].text, finished=candidates.space)

    def _put_word(self, word: str, *, finished: bool) -> None:
        prompt, candidates = self.query_one(Prompt), self._candidates
        if candidates is None:
            return
        rest = prompt.value[prompt.cursor_position :]
        begun = prompt.value[: candidates.at] + _quoted(word)
        begun += " " if finished and not rest.startswith(" ") else ""
        self._putting = begun + rest
        prompt.put(begun + rest, len(begun))

    # --- keys -----------------------------------------------------------------------------------------------

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        if self._mode == SEARCH:
            self._list([escape(line) for line in self._history.matching(event.value)])
            choices = self.query_one(OptionList)
            choices.highlighted = 0 if choices.option_count else None
        elif event.value == self._putting:
            self._putting = ""
        elif self._mode == COMMAND and self._listing:
            self._list([])
            # What was being chosen from goes on while the word grows.
            self.post_message(self.CompletionWanted(self._before_cursor))

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._take(event.option_index)
        self.query_one(Prompt).focus()

    @on(Prompt.Pressed)
    def _pressed(self, event: Prompt.Pressed) -> None:
        event.stop()
        answers: dict[str, Callable[[], object]] = {
            "run": self._run,
            "complete": self._complete,
            "leave": self._leave,
            "search": lambda: self._enter_mode(SEARCH),
            "output": self.query_one(Output).focus,
            "zoom": self._zoom,
            "clear": self.query_one(Output).clear,
            "interrupt": self._interrupt,
            "move": lambda: self._move(event.by),
            "page": lambda: self._page(event.by),
        }
        answers[event.what]()

    def _run(self) -> None:
        prompt, marked = self.query_one(Prompt), self.query_one(OptionList).highlighted
        if self._listing and marked is not None:
            self._take(marked)
        elif self._mode == SEARCH:
            self._leave_mode(self._kept)
        elif self._mode == FIND:
            count = self.query_one(Output).find(prompt.value)
            self._leave_mode(self._kept)
            lines = "1 line holds" if count == 1 else f"{count} lines hold"
            self._tell(f"{lines} it · n next · N previous" if count else "not in the output")
            if count:
                self.query_one(Output).focus()
        elif prompt.value.strip():
            self._list([])
            self.post_message(self.Submitted(prompt.value))

    def _complete(self) -> None:
        if self._listing:
            self._move(1)
        elif self._mode == COMMAND:
            self._asked = True
            self.post_message(self.CompletionWanted(self._before_cursor))

    def _move(self, by: int) -> None:
        choices = self.query_one(OptionList)
        if self._listing and choices.option_count:
            at = choices.highlighted
            first = 0 if by > 0 else choices.option_count - 1
            choices.highlighted = first if at is None else (at + by) % choices.option_count
        elif self._mode == COMMAND:
            self.query_one(Prompt).earlier(by)

    def _leave(self) -> None:
        if self._mode != COMMAND:
            self._leave_mode(self._kept)
        elif self._listing:
            self._list([])
        elif self.running:
            self.post_message(self.StopWanted())
        else:
            self.close()

    def _interrupt(self) -> None:
        if self.running:
            self.post_message(self.StopWanted())
        else:
            self.query_one(Prompt).done()

    def _page(self, by: int) -> None:
        output = self.query_one(Output)
        if by < 0:
            output.scroll_page_up(animate=False)
        else:
            output.scroll_page_down(animate=False)

    def _zoom(self) -> None:
        self.toggle_class("-zoomed")
        self._say_zoom()

    def _say_zoom(self) -> None:
        self.screen.set_class(self.has_class("-zoomed"), "-console-zoomed")

    @on(Output.FindWanted)
    def _find_wanted(self, event: Output.FindWanted) -> None:
        event.stop()
        self._enter_mode(FIND)

    @on(Output.Left)
    def _output_left(self, event: Output.Left) -> None:
        event.stop()
        self.query_one(Prompt).focus()

    def _enter_mode(self, mode: str) -> None:
        prompt = self.query_one(Prompt)
        if self._mode == COMMAND:
            self._kept = prompt.value
        self._mode = mode
        self.query_one("#mode", Static).update(mode)
        prompt.focus()
        prompt.put("")
        if mode == SEARCH:
            self._list([escape(line) for line in self._history.matching("")])
            self._tell("type a part of it · ↑ ↓ choose · Enter takes · Esc back")
        else:
            self._list([])
            self._tell("type a text · Enter finds it in the output · Esc back")

    def _leave_mode(self, line: str) -> None:
        self._mode = COMMAND
        self.query_one("#mode", Static).update(COMMAND)
        self._list([])
        self._tell(RUNNING if self.running else "")
        self._putting = line
        self.query_one(Prompt).put(line)

    def _tell(self, text: str) -> None:
        self.border_subtitle = escape(text)


def _quoted(word: str) -> str:
    """A word as it has to be typed."""
    plain = all(char.isalnum() or char in "-_./=:,@%+*?[]{}" for char in word)
    return word if plain else "'" + word.replace("'", "'\\''") + "'"
