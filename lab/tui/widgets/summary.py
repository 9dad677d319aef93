"""What an exercise is about, beside the catalogue: before one starts it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.markup import escape
from textual.widgets import Static

from lab.model.progress import Standing
from lab.tui.wording import STANDING_SIGN, stars

if TYPE_CHECKING:
    from lab.model.exercise import Exercise
    from lab.model.progress import Progress


class Summary(Static):
    """Title, standing, objectives, what comes before; never what is broken."""

    def show(self, exercise: Exercise | None, progress: Progress) -> None:
        """Show this exercise, or that the search found nothing."""
        if exercise is None:
            self.update("Nothing matches. [b]Esc[/b] shows everything again.")
        else:
            self.update(describe(exercise, progress))


def describe(exercise: Exercise, progress: Progress) -> str:
    """The summary as markup."""
    header, record = exercise.header, progress.of(exercise.name)
    sign, tone, word = STANDING_SIGN[record.standing]
    parts = [
        f"[b]{escape(exercise.title)}[/b]\n[dim]{escape(exercise.name)}[/dim]",
        f"[{tone.value}]{sign} {word}[/]   {stars(header.difficulty)}   about {header.minutes} min",
    ]
    if header.objectives:
        parts.append("Afterwards you can\n" + "\n".join(f"  • {escape(one)}" for one in header.objectives))
    if header.prerequisites:
        lines = (
            f"  {STANDING_SIGN[progress.of(name).standing][0]} {escape(name)}"
            for name in header.prerequisites
        )
        parts.append("Comes after\n" + "\n".join(lines))
    if header.requires:
        parts.append(f"Needs a cluster with {escape(', '.join(header.requires))}")
    enter = "starts it" if record.standing is Standing.NEW else "takes it up where you were"
    new = "" if progress.records else ", with a two-minute tour of its screen"
    parts.append(f"[b]Enter[/b] {enter}{new}")
    return "\n\n".join(parts)
