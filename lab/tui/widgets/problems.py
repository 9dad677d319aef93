"""What is wrong with the file in view, a line each; Enter goes there. Hidden while nothing is.

In a low window there is a single line instead while one types: the file wants the room.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import on
from textual.markup import escape
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

if TYPE_CHECKING:
    from lab.attempt.linting import Problem


class ProblemList(OptionList):
    """The problems of one file."""

    @dataclass
    class Chosen(Message):
        """Go to this one."""

        problem: Problem

    def __init__(self) -> None:
        super().__init__()
        self.problems: tuple[Problem, ...] = ()

    def show(self, problems: tuple[Problem, ...]) -> None:
        """These, and no others."""
        if problems == self.problems:
            return
        self.problems = problems
        self.clear_options()
        self.add_options([Option(_row(one)) for one in problems])
        self.set_class(bool(problems), "-shown")
        self.border_title = f"{len(problems)} to mend · F8 goes to the next" if problems else ""

    def follow(self, line: int) -> None:
        """Mark the problem at a line (1-based), if there is one."""
        at = next((index for index, one in enumerate(self.problems) if one.line == line), None)
        if at != self.highlighted:
            self.highlighted = at

    def in_short(self, line: int) -> str:
        """How many there are, and the one at a line (1-based), or the next one behind it."""
        here = next((one for one in self.problems if one.line == line), None) or self.beyond(line, 1)
        if here is None:
            return ""
        at = self.problems.index(here) + 1
        return f"[$text-error]✗ {at} of {len(self.problems)}[/] · line {here.line}: {_told(here)}"

    def beyond(self, line: int, by: int) -> Problem | None:
        """The next problem behind (1) or before (-1) a line, going round; None: there are none."""
        found = self.problems
        if by > 0:
            return next((one for one in found if one.line > line), found[0] if found else None)
        return next((one for one in reversed(found) if one.line < line), found[-1] if found else None)

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(self.Chosen(self.problems[event.option_index]))


def _row(problem: Problem) -> str:
    return f"[$text-error]✗[/] {problem.line:>3}  {_told(problem)}"


def _told(problem: Problem) -> str:
    remedy = f": [b]{escape(problem.remedy)}[/b]" if problem.remedy else ""
    return f"{escape(problem.what)}{remedy}"
