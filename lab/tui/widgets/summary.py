"""What an exercise is about, beside the catalogue: before one starts it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.markup import escape
from textual.widgets import Static

from lab.model.progress import Standing
from lab.tui.wording import STANDING_SIGN, stars

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lab.errors import ContentError
    from lab.model.card import Card
    from lab.tui.shelf import Shelf


class Summary(Static):
    """Title, standing, objectives, what comes before; never what is broken."""

    def __init__(self, exercise: Card | None, shelf: Shelf) -> None:
        self._shown = "" if exercise is None else describe(exercise, shelf)
        super().__init__(self._shown)

    def show(self, exercise: Card | None, shelf: Shelf) -> None:
        """Show this exercise, or that the search found nothing."""
        if exercise is None:
            self._say("Nothing matches. [b]Esc[/b] shows everything again.")
        else:
            self._say(describe(exercise, shelf))

    def show_problem(self, problem: ContentError) -> None:
        """Show what is wrong with an exercise that cannot be read."""
        where = f"[b]{escape(str(problem.where))}[/b]\n\n" if problem.where else ""
        remedy = f"\n\n[dim]try[/dim]  {escape(problem.remedy)}" if problem.remedy else ""
        self._say(f"[$text-error]✗ cannot be read[/]\n\n{where}{escape(problem.what)}{remedy}")

    def _say(self, markup: str) -> None:
        if markup != self._shown:
            self._shown = markup
            self.update(markup)


def describe(exercise: Card, shelf: Shelf) -> str:
    """The summary as markup."""
    progress = shelf.progress
    standing = shelf.standing(exercise)
    sign, tone, word = shelf.sign(exercise)
    parts = [
        f"[b]{escape(exercise.title)}[/b]\n[dim]{escape(exercise.name)}[/dim]",
        f"[{tone.value}]{sign} {word}[/]   {stars(exercise.difficulty)}   about {exercise.minutes} min",
    ]
    if exercise.prerequisites:
        before = (
            f"{STANDING_SIGN[progress.of(name).standing][0]} {escape(name)}"
            for name in exercise.prerequisites
        )
        parts[-1] += f"\nComes after {', '.join(before)}"
    new = "" if progress.records else ", with a two-minute tour of its screen"
    anyway = " anyway" if shelf.waits_for(exercise) else ""
    enter = f"starts it{anyway}{new}" if standing is Standing.NEW else "takes it up where you were"
    parts[-1] += f"\n[b]Enter[/b] {enter}"
    lacking = shelf.lacking(exercise)
    if lacking:
        parts.append(
            f"[$text-error]✗ Not on {escape(shelf.offer.provider)}:[/] "
            f"it lacks {_named(lacking)}. [b]S[/b] chooses another cluster."
        )
    if exercise.objectives:
        parts.append("Afterwards you can\n" + "\n".join(f"• {escape(one)}" for one in exercise.objectives))
    if exercise.requires and not lacking:
        parts.append(f"Needs a cluster that offers {_named(exercise.requires)}")
    return "\n\n".join(parts)


def _named(capabilities: Iterable[str]) -> str:
    """What a cluster can do, in words: `image builds`."""
    return escape(", ".join(one.replace("-", " ") for one in capabilities))
