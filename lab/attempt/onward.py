"""Which exercise comes next, and what is passed over on the way: one rule for all front ends. Pure.

Prerequisites are advice, never a lock: whoever knows the ground, or teaches a class, begins where it is of
use. But the way on leads first to what is open: prerequisites solved, and nothing needed that the cluster
lacks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lab.model.card import Card
from lab.model.progress import Ahead, Progress, Standing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lab.model.exercise import Exercise


class Way(NamedTuple):
    """All exercises, in the catalogue's order, as they stand for one learner on one cluster."""

    exercises: tuple[Card, ...] = ()
    progress: Progress = Progress()
    capabilities: frozenset[str] | None = None
    """What the cluster can do; None: that is not known."""

    @classmethod
    def of(
        cls, exercises: Iterable[Exercise], progress: Progress, capabilities: frozenset[str] | None
    ) -> Way:
        """Of exercises that were read whole."""
        return cls(tuple(map(Card.of, exercises)), progress, capabilities)

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
        if self.capabilities is None:
            return ()
        return tuple(sorted(set(exercise.requires) - self.capabilities))

    def obstacle(self, exercise: Card) -> str:
        """What stands in its way, in words; empty: it is open."""
        if self.lacking(exercise):
            return "not on this cluster"
        before = self.waits_for(exercise)
        return f"better after {', '.join(before)}" if before else ""

    def first(self, candidates: Iterable[Card]) -> str:
        """The first of these that is not solved, those open before the others; empty: all are solved."""
        left = [one for one in candidates if self.standing(one) is not Standing.SOLVED]
        opened = [one for one in left if not self.obstacle(one)]
        return next((one.name for one in (*opened, *left)), "")

    def after(self, name: str) -> Ahead:
        """What comes after an exercise, going round at the list's end."""
        known = self.exercises
        start = next((at for at, one in enumerate(known, 1) if one.name == name), 0)
        turned = [one for one in (*known[start:], *known[:start]) if one.name != name]
        found = self.first(turned)
        at = next((at for at, one in enumerate(known) if one.name == found), 0)
        between = (*known[start:], *known[:at]) if at < start else known[:at]
        passed = [one for one in between if one.name != name and self.standing(one) is not Standing.SOLVED]
        begun = tuple(
            one.name
            for one in known
            if self.standing(one) is Standing.STARTED and one.name not in {name, found} and one not in passed
        )
        return Ahead(found, tuple(map(self._named, passed)), begun)

    def _named(self, exercise: Card) -> str:
        """By name, with what stands in its way, if something does."""
        obstacle = self.obstacle(exercise)
        return f"{exercise.name} ({obstacle})" if obstacle else exercise.name
