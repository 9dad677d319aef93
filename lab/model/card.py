"""What the catalogue shows of an exercise before it is started; all else of it is read when it is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from lab.model.exercise import Exercise

TRACKS = {"probes": "Probes", "availability": "Availability", "crashloop": "CrashLoopBackOff"}
"""Titles of the tracks, in the order of the catalogue; others follow by name, and are called by it."""


class Card(NamedTuple):
    """One line of the catalogue, and what is told beside it."""

    name: str
    title: str
    track: str
    order: int
    difficulty: int
    """1 to 5."""
    minutes: int
    """What a learner will take, about."""
    objectives: tuple[str, ...] = ()
    prerequisites: tuple[str, ...] = ()
    """Names of exercises that come before."""
    requires: tuple[str, ...] = ()
    """Capabilities a cluster needs."""

    @classmethod
    def of(cls, exercise: Exercise) -> Card:
        """The card of an exercise that was read whole."""
        header = exercise.header
        return cls(
            header.name,
            header.title,
            header.track,
            exercise.order,
            header.difficulty,
            header.minutes,
            header.objectives,
            header.prerequisites,
            header.requires,
        )
