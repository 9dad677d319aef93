"""All errors of a file or a catalogue at once: an author mends them in one go instead of one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.errors import ContentError

if TYPE_CHECKING:
    from collections.abc import Sequence


class ContentProblems(ContentError):  # noqa: N818 (several errors, not one)
    """One or more content errors; its text is theirs, one after the other."""

    def __init__(self, problems: Sequence[ContentError]) -> None:
        first = problems[0]
        super().__init__(first.what, where=first.where, remedy=first.remedy)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        """Every problem with its place and remedy."""
        return "\n".join(str(problem) for problem in self.problems)
