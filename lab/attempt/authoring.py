"""For authors: which exercises are meant, what is wrong with their files, whether they hold their promise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.catalogue import ContentProblems, lint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.attempt.lab import Lab
    from lab.errors import ContentError
    from lab.model.exercise import Exercise


def chosen(lab: Lab, names: Sequence[str]) -> tuple[Exercise, ...]:
    """The exercises of these names, in the catalogue's order; all when none is named.

    Raises:
        UsageError: there is no exercise of one of these names.
    """
    wanted = {lab.exercise(name).name for name in names}
    return tuple(one for one in lab.exercises() if not wanted or one.name in wanted)


def check(lab: Lab, names: Sequence[str]) -> tuple[ContentError, ...]:
    """Everything that is wrong with the files of these exercises (of all when none is named)."""
    try:
        everything = lab.exercises()
    except ContentProblems as found:
        return found.problems
    return tuple(problem for one in chosen(lab, names) for problem in lint(one, everything))
