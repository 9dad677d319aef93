"""The catalogue as it stands for one learner: what is solved, what is next, what the cluster lacks. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lab.attempt.onward import Way
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

    @property
    def way(self) -> Way:
        """What is open, and what comes next."""
        return Way(self.exercises, self.progress, self.offer.capabilities if self.offer.provider else None)

    def standing(self, exercise: Card) -> Standing:
        """How far the learner is with it."""
        return self.way.standing(exercise)

    def waits_for(self, exercise: Card) -> tuple[str, ...]:
        """Prerequisites that are not solved, and are here to be solved."""
        return self.way.waits_for(exercise)

    def lacking(self, exercise: Card) -> tuple[str, ...]:
        """What it needs and the cluster does not offer; none where the cluster is not known."""
        return self.way.lacking(exercise)

    def sign(self, exercise: Card) -> tuple[str, Tone, str]:
        """Sign, tone and words of where it stands; before it was begun also what stands in its way."""
        standing = self.standing(exercise)
        if standing is Standing.NEW and (obstacle := self.way.obstacle(exercise)):
            return "✗" if self.lacking(exercise) else "…", Tone.QUIET, obstacle
        return STANDING_SIGN[standing]

    def where_left(self) -> Card | None:
        """The exercise one is most likely to go on with: the last one taken up, or the next after it."""
        known = {one.name: one for one in self.exercises}
        current = known.get(self.progress.current)
        if current is None:
            return next(iter(self.exercises), None)
        if self.standing(current) is not Standing.SOLVED:
            return current
        return known.get(self.way.after(current.name).name, current)

    def next_of(self, names: list[str], start: int) -> str:
        """The next one of `names` that is not solved, from `start` going round; those open first."""
        known = {one.name: one for one in self.exercises}
        return self.way.first(known[name] for name in names[start:] + names[:start])
