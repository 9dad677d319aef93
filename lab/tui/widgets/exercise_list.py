"""The catalogue as a list: tracks as headings, an exercise a line with standing, difficulty and minutes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len, set_cell_size
from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.visual import Visual
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from lab.model.card import TRACKS
from lab.model.progress import Standing
from lab.tui.shelf import UNREADABLE, Shelf
from lab.tui.wording import STANDING_SIGN, stars

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.css.styles import RulesMap
    from textual.strip import Strip
    from textual.style import Style
    from textual.visual import RenderOptions

    from lab.errors import ContentError
    from lab.model.card import Card


WIDE = 100
"""Cells in which no title is cut."""


class Fitted(Visual):
    """One line that is made for the width it is drawn at: columns are known before the window is."""

    def __init__(self, make: Callable[[int], Content]) -> None:
        """`make`: the line for so many cells."""
        self._make = make

    def __str__(self) -> str:
        """The line's words, as a wide window has them."""
        return self._make(WIDE).plain

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:  # noqa: ARG002 (the protocol's)
        """All there is."""
        return container_width

    def get_height(self, rules: RulesMap, width: int) -> int:  # noqa: ARG002 (the protocol's)
        """One line."""
        return 1

    def render_strips(
        self, width: int, height: int | None, style: Style, options: RenderOptions
    ) -> list[Strip]:
        """The line."""
        return self._make(width).render_strips(width, height, style, options)


class ExerciseList(OptionList):
    """Exercises by track, filtered by the words of a search."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Open", tooltip="Start the exercise, or take it up where you were"),
        Binding("j", "cursor_down", "Down", show=False),
        Binding("k", "cursor_up", "Up", show=False),
    ]

    class Chosen(Message):
        """Enter on an exercise."""

        def __init__(self, exercise: Card) -> None:
            super().__init__()
            self.exercise = exercise

    class Highlighted(Message):
        """The cursor is on this exercise, on one that cannot be read, or on nothing."""

        def __init__(self, exercise: Card | None, problem: ContentError | None = None) -> None:
            super().__init__()
            self.exercise = exercise
            self.problem = problem

    def __init__(self, shelf: Shelf) -> None:
        self._search = ""
        self._take(shelf)
        super().__init__(*self._rows(), id="exercises")

    def show(self, shelf: Shelf) -> None:
        """Show what is on the shelf; the cursor stays where it was."""
        self._take(shelf)
        self._fill()

    def search(self, words: str) -> None:
        """Only exercises in which every word occurs, in name, title, track or objectives."""
        self._search = words
        self._fill()

    @property
    def names(self) -> list[str]:
        """Names of the exercises in view."""
        return [str(option.id) for option in self.options if option.id in self._exercises]

    def go_to(self, name: str) -> bool:
        """Put the cursor on an exercise; False when it is not in view."""
        if name not in self.names:
            return False
        self.highlighted = self.get_option_index(name)
        return True

    def next_unsolved(self) -> bool:
        """Put the cursor on the next exercise that is not solved, going round; False when there is none."""
        names = self.names
        option = self.highlighted_option
        start = names.index(str(option.id)) + 1 if option and str(option.id) in names else 0
        return self.go_to(self._shelf.next_of(names, start))

    def _take(self, shelf: Shelf) -> None:
        self._exercises = {one.name: one for one in shelf.exercises}
        self._shelf = shelf

    def _fill(self) -> None:
        option = self.highlighted_option
        before = str(option.id) if option else ""
        options = self._rows()
        self.set_options(options)
        if before in {option.id for option in options}:
            self.highlighted = self.get_option_index(before)
        elif self.names:
            self.go_to(self.names[0])
        if self._exercises and not self.names:
            self.post_message(self.Highlighted(None))

    def _rows(self) -> list[Option]:
        options: list[Option] = []
        track = ""
        for exercise in filter(self._matches, self._exercises.values()):
            if exercise.track != track:
                track = exercise.track
                options.append(Option(self._heading(track), disabled=True))
            options.append(Option(Fitted(partial(self._line, exercise)), id=exercise.name))
        if self._shelf.problems and not self._search:
            options.append(Option(Content.from_markup("[b]Cannot be read[/b]"), disabled=True))
            options += [
                Option(Fitted(partial(_unreadable, problem)), id=f"{UNREADABLE}{number}")
                for number, problem in enumerate(self._shelf.problems)
            ]
        return options

    def _matches(self, exercise: Card) -> bool:
        text = " ".join(
            (
                exercise.name,
                exercise.title,
                exercise.track,
                *exercise.objectives,
                STANDING_SIGN[self._shelf.standing(exercise)][2],
            )
        ).casefold()
        return all(word in text for word in self._search.casefold().split())

    def _heading(self, track: str) -> Content:
        of_track = [one for one in self._exercises.values() if one.track == track]
        solved = sum(1 for one in of_track if self._shelf.standing(one) is Standing.SOLVED)
        return Content.from_markup(
            "[b]$track[/b]  [dim]$solved of $all solved[/dim]",
            track=TRACKS.get(track, track),
            solved=str(solved),
            all=str(len(of_track)),
        )

    def _line(self, exercise: Card, width: int) -> Content:
        sign, tone, _word = self._shelf.sign(exercise)
        tail = f"{stars(exercise.difficulty)}  {exercise.minutes:>3} min"
        room = max(width - cell_len(tail) - 7, 12)
        title = (
            exercise.title
            if cell_len(exercise.title) <= room
            else set_cell_size(exercise.title, room - 1) + "…"
        )
        return Content.assemble(
            (f" {sign} ", tone.value),
            set_cell_size(title, room),
            "  ",
            (tail, "dim"),
        )

    @on(OptionList.OptionHighlighted)
    def _moved(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        of = str(event.option_id)
        number = of.removeprefix(UNREADABLE)
        problem = self._shelf.problems[int(number)] if number != of else None
        self.post_message(self.Highlighted(self._exercises.get(of), problem))

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        exercise = self._exercises.get(str(event.option_id))
        if exercise is not None:
            self.post_message(self.Chosen(exercise))


def _unreadable(problem: ContentError, width: int) -> Content:
    place = str(problem.where or problem.what)
    room = max(width - 3, 12)
    # The end of a path says more than its beginning.
    shown = place if cell_len(place) <= room else "…" + place[-(room - 1) :]
    return Content.assemble((" ✗ ", "$text-error"), shown)
