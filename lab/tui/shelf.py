"""The catalogue as it stands for one learner: what is solved, what is next, what the cluster cannot do. Pure.

Prerequisites are advice, never a lock: whoever knows the ground, or teaches a class, begins where it is of
use. They are told, and the way to the next unsolved exercise goes first to one whose prerequisites are
solved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lab.model.progress import Progress, Standing
from lab.tui.wording import STANDING_SIGN, Tone

if TYPE_CHECKING:
    from lab.errors import ContentError
    from lab.model.card import Card

UNREADABLE = "unreadable:"
"""What the ids of exercises begin with that cannot be read."""


class Offer(NamedTuple):
    """What a cluster can do."""

    provider: str
    """Its name; empty: it is not known which one it will be."""
    capabilities: frozenset[str] = frozenset()


UNKNOWN = Offer("")


class Shelf(NamedTuple):
    """All there is to show."""

    exercises: tuple[Card, ...] = ()
    progress: Progress = Progress()
    problems: tuple[ContentError, ...] = ()
    """Exercises, or their parts, that cannot be read, each with file and line."""
    offer: Offer = UNKNOWN

    def standing(self, exercise: Card) -> Standing:
        """How far the learner is with it."""
        return self.progress.of(exercise.name).standing

    def waits_for(self, exercise: Card) -> tuple[str, ...]:
        """Prerequisites that are not solved, and are here to be solved."""
        known = {one.name for one in self.exercises}
        return tuple(
            name
            for name in exercise.prerequisites
            if name in known and self.progress.of(name).standing is not Standing.SOLVED
        )

    def lacking(self, exercise: Card) -> tuple[str, ...]:
        """What it needs and the cluster does not offer; none where the cluster is not known."""
        if not self.offer.provider:
            return ()
        return tuple(sorted(set(exercise.requires) - self.offer.capabilities))

    def open(self, exercise: Card) -> bool:
        """Whether it can be begun here, and nothing is advised before it."""
        return not self.waits_for(exercise) and not self.lacking(exercise)

    def sign(self, exercise: Card) -> tuple[str, Tone, str]:
        """Sign, tone and words of where it stands; before it was begun also what stands in its way."""
        standing = self.standing(exercise)
        if standing is Standing.NEW and self.lacking(exercise):
            return "✗", Tone.QUIET, "not on this cluster"
        if standing is Standing.NEW and (before := self.waits_for(exercise)):
            return "…", Tone.QUIET, f"better after {', '.join(before)}"
        return STANDING_SIGN[standing]

    def where_left(self) -> Card | None:
        """The exercise one is most likely to go on with: the last one taken up, or the next after it."""
        names = [one.name for one in self.exercises]
        current = self.progress.current
        if current not in names:
            return self.exercises[0] if self.exercises else None
        at = names.index(current)
        solved = self.standing(self.exercises[at]) is Standing.SOLVED
        name = self.next_of(names, at + 1) if solved else current
        return self.exercises[names.index(name or current)]

    def next_of(self, names: list[str], start: int) -> str:
        """The next one of `names` that is not solved, from `start` going round; those open first."""
        turned = names[start:] + names[:start]
        known = {one.name: one for one in self.exercises}
        left = [known[name] for name in turned if self.standing(known[name]) is not Standing.SOLVED]
        return next((one.name for one in (*filter(self.open, left), *left)), "")
